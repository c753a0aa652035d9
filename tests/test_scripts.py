"""The first promise: a PyTorch beginner's script runs when ``torch`` becomes ``glassnet``, and learns.

Each script ends with ``first`` and ``last``, the loss before and after, or ``accuracy``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

BY_HAND = """
import torch

torch.manual_seed(0)
x = torch.linspace(0, 1, 50).unsqueeze(1)
y = 3 * x + 2 + 0.05 * torch.randn(50, 1)

w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
learning_rate = 0.5

for step in range(300):
    prediction = x * w + b
    loss = ((prediction - y) ** 2).mean()
    if step == 0:
        first = loss.item()
    loss.backward()
    with torch.no_grad():
        w -= learning_rate * w.grad
        b -= learning_rate * b.grad
        w.grad.zero_()
        b.grad = None
    if step % 100 == 0:
        print(f"step {step}: loss {loss.item():.4f}, w {w.item():.3f}")

last = loss.item()
assert abs(w.item() - 3) < 0.2 and abs(b.item() - 2) < 0.1
print("w =", w, "b =", b.detach().numpy())
"""

MLP = """
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(1)
np.random.seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Rings(Dataset):
    def __init__(self, n=200):
        angle = np.random.rand(n) * 2 * np.pi
        radius = np.where(np.arange(n) % 2, 1.0, 2.5) + 0.1 * np.random.randn(n)
        points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
        self.points = torch.from_numpy(points).float()
        self.labels = torch.from_numpy(np.arange(n) % 2).long()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.points[index], self.labels[index]


class Net(nn.Module):
    def __init__(self, hidden=16):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.dropout = nn.Dropout(0.1)
        self.fc2 = nn.Linear(hidden, 2)
        nn.init.xavier_uniform_(self.fc1.weight)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.dropout(x)
        return F.log_softmax(self.fc2(x), dim=1)


dataset = Rings()
loader = DataLoader(dataset, batch_size=20, shuffle=True, num_workers=0)
model = Net().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
history = []
for epoch in range(8):
    model.train()
    running_loss = 0.0
    for batch_idx, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        running_loss += loss.item() * data.size(0)
    history.append(running_loss / len(loader.dataset))
    print("Epoch: {} [{}/{}] loss: {:.6f}".format(epoch, batch_idx + 1, len(loader), history[-1]))

model.eval()
correct = 0
with torch.no_grad():
    for data, target in loader:
        output = model(data)
        pred = output.argmax(dim=1, keepdim=True)
        correct += pred.eq(target.view_as(pred)).sum().item()
accuracy = correct / len(dataset)
first, last = history[0], history[-1]
print(sum(p.numel() for p in model.parameters() if p.requires_grad), "parameters")
"""

SEQUENTIAL = """
import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(2)
X = torch.rand(size=(300, 4)) * 2 - 1
y = (X[:, 0] * 2 - X[:, 1] + X[:, 2] ** 2).unsqueeze(dim=1) + torch.normal(0, 0.01, size=(300, 1))
train, test = random_split(TensorDataset(X, y), [240, 60], generator=torch.Generator().manual_seed(42))
train_loader = DataLoader(train, batch_size=32, shuffle=True, drop_last=True)
test_loader = DataLoader(test, batch_size=60)

model = nn.Sequential(
    nn.Linear(4, 32),
    nn.Tanh(),
    nn.Linear(32, 1),
)
print(model)
criterion = nn.MSELoss()
optimizer = optim.Adam(model.parameters(), lr=0.02, weight_decay=1e-5)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)
losses = torch.zeros(15)
first = criterion(model(X), y).item()
for epoch in range(15):
    model.train()
    for inputs, targets in train_loader:
        loss = criterion(model(inputs), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    with torch.inference_mode():
        losses[epoch] = sum(criterion(model(inputs), targets) for inputs, targets in test_loader) / len(test_loader)
    print(f"{epoch + 1:2d}  {losses[epoch]:.5f}  lr {scheduler.get_last_lr()[0]:.4f} {optimizer.param_groups[0]['lr']}")

last = losses[-1].item()
assert abs(scheduler.get_last_lr()[0] - 0.0025) < 1e-9
assert losses.argmin() > 3 and losses.min() == min(losses.tolist())
"""

EVALUATION = """
import torch
import torch.nn as nn

torch.manual_seed(3)
device = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
centers = torch.tensor([[2.0, 0.0], [-2.0, 0.0], [0.0, 2.5]])
labels = torch.randint(0, 3, (240,), device=device)
points = centers[labels] + 0.5 * torch.randn(240, 2).to(device)
order = torch.randperm(240)
train, test = order[:180], order[180:]

model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 3)).to(device)
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-1)


def accuracy_fn(y_true, y_pred):
    return torch.eq(y_true, y_pred).sum().item() / len(y_pred) * 100


for epoch in range(30):
    logits = model(points[train])
    loss = loss_fn(logits, labels[train])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch == 0:
        first = loss.detach().cpu().item()
last = float(loss.detach())

model.eval()
total, correct = 0, 0
with torch.no_grad():
    outputs = model(points[test])
    probabilities = torch.softmax(outputs, dim=1)
    assert torch.allclose(probabilities.sum(1), torch.ones(60), atol=1e-5)
    confidence, predicted = torch.max(outputs.data, 1)
    assert torch.equal(predicted, outputs.argmax(1)) and torch.equal(predicted, outputs.argmax(axis=-1))
    total += labels[test].size(0)
    correct += (predicted == labels[test]).sum().item()
    correct2 = (outputs.argmax(1) == labels[test]).type(torch.float).sum().item()
accuracy = correct / total
assert correct == correct2 and abs(accuracy_fn(labels[test], predicted) - 100 * accuracy) < 1e-6
confusion = torch.zeros(3, 3, dtype=torch.int64)
for t, p in zip(labels[test], predicted):
    confusion[t, p] += 1
assert confusion.trace() == correct and confusion.sum() == 60
assert torch.equal(confusion.sum(dim=1), torch.bincount(labels[test], minlength=3))
top = probabilities.topk(2, dim=1)
assert (top.indices[:, 0] == predicted).all() and top.values.shape == (60, 2)
one_hot = torch.zeros(60, 3).scatter_(1, labels[test].unsqueeze(1), 1.0)
assert torch.equal(one_hot, nn.functional.one_hot(labels[test], num_classes=3).float())
print(f"accuracy {accuracy:.2%}", confusion, torch.unique(labels))
"""

SAVING = """
import os

import torch
from torch import nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(3, 6), nn.Linear(6, 1)])
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, x):
        self.seen += 1
        return self.layers[1](torch.sigmoid(self.layers[0](x))) * self.scale


torch.manual_seed(4)
x = torch.FloatTensor([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = torch.FloatTensor([[0], [1], [1], [0]])
model = Model()
criterion = nn.BCEWithLogitsLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
losses = []
for step in range(150):
    loss = criterion(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
first, last = losses[0], losses[-1]

path = os.path.join(folder, "model.pt")
torch.save(model.state_dict(), path)
again = Model()
result = again.load_state_dict(torch.load(path, map_location=torch.device("cpu"), weights_only=True))
print(result)
model.eval()
again.eval()
with torch.no_grad():
    assert torch.equal(model(x), again(x)) and again.seen.item() == 151
for (name, a), (_, b) in zip(model.named_parameters(), again.named_parameters()):
    assert torch.equal(a, b), name
accuracy = ((torch.sigmoid(again(x)) > 0.5).float() == y).float().mean().item()
"""

SCRIPTS = {"by hand": BY_HAND, "mlp": MLP, "sequential": SEQUENTIAL, "evaluation": EVALUATION, "saving": SAVING}


def check(name: str, script: str, folder: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__", "folder": str(folder)}
    exec(compile(script, f"<{name}>", "exec"), names)
    assert names["last"] < 0.35 * names["first"]
    assert names.get("accuracy", 1) > 0.9


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_learns_with_glassnet_in_the_place_of_torch(name: str, tmp_path: Path) -> None:
    check(name, re.sub(r"\btorch\b", "glassnet", SCRIPTS[name]), tmp_path)


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_learns_when_only_its_imports_change(name: str, tmp_path: Path) -> None:
    """The smallest change there is: every ``torch.`` in the code stays."""
    script = re.sub(r"(?m)^((?:from|import) )torch\b", r"\1glassnet", SCRIPTS[name])
    check(name, re.sub(r"(?m)^import glassnet$", "import glassnet as torch", script), tmp_path)


@pytest.mark.parity
@pytest.mark.parametrize("name", SCRIPTS)
def test_script_learns_with_torch(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    check(name, SCRIPTS[name], tmp_path)
