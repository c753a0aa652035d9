"""The next value of a series from the last 24, by an LSTM: windows, and a split in time."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(4)
np.random.seed(4)
t = np.arange(1500)
series = np.sin(2 * np.pi * t / 24) + 0.5 * np.sin(2 * np.pi * t / 168) + 0.1 * np.random.randn(len(t))
mean, std = series[:1000].mean(), series[:1000].std()
scaled = ((series - mean) / std).astype(np.float32)


def windows(values, length=24):
    inputs = np.stack([values[i : i + length] for i in range(len(values) - length)])
    targets = values[length:]
    return torch.from_numpy(inputs).unsqueeze(-1), torch.from_numpy(targets).unsqueeze(-1)


train_x, train_y = windows(scaled[:1000])
valid_x, valid_y = windows(scaled[1000:])


class Forecaster(nn.Module):
    def __init__(self, hidden=48, layers=2):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=hidden, num_layers=layers, batch_first=True, dropout=0.1)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        output, (h_n, c_n) = self.lstm(x)
        return self.head(output[:, -1, :])


model = Forecaster()
loader = DataLoader(TensorDataset(train_x, train_y), batch_size=64, shuffle=True, drop_last=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3, factor=0.5)
loss_fn = nn.SmoothL1Loss()
best = float("inf")
for epoch in range(15):
    model.train()
    losses = []
    for x, y in loader:
        optimizer.zero_grad(set_to_none=True)
        loss = loss_fn(model(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        valid = loss_fn(model(valid_x), valid_y).item()
    scheduler.step(valid)
    best = min(best, valid)
    print(f"epoch {epoch}  train {np.mean(losses):.4f}  valid {valid:.4f}  lr {optimizer.param_groups[0]['lr']:.4f}")
naive = loss_fn(valid_x[:, 0], valid_y).item()
print(f"best {best:.4f}, the value of a day before {naive:.4f}")
