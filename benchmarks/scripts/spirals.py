"""Three spirals told apart by a small network: a dataset, loaders, a schedule, the best weights kept."""

import copy
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(1)


class Spirals(Dataset):
    def __init__(self, points, classes=3, noise=0.15):
        self.samples, self.labels = [], []
        for label in range(classes):
            radius = torch.linspace(0.1, 1, points)
            angle = radius * 4 + 2 * math.pi * label / classes + noise * torch.randn(points)
            self.samples.append(torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1))
            self.labels.append(torch.full((points,), label))
        self.samples = torch.cat(self.samples)
        self.labels = torch.cat(self.labels)

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index], self.labels[index]


class Net(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, 3)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = self.dropout(F.relu(self.fc2(x)))
        return self.fc3(x)


def evaluate(model, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for samples, labels in loader:
            predicted = model(samples).argmax(dim=1)
            correct += (predicted == labels).sum().item()
    return correct / len(loader.dataset)


dataset = Spirals(1000)
train_set, test_set = random_split(dataset, [2400, 600])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True)
test_loader = DataLoader(test_set, batch_size=200)

model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=1e-5)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=10, gamma=0.5)

best, best_weights = 0.0, None
for epoch in range(40):
    model.train()
    running = 0.0
    for samples, labels in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(samples), labels)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(samples)
    scheduler.step()
    accuracy = evaluate(model, test_loader)
    if accuracy > best:
        best, best_weights = accuracy, copy.deepcopy(model.state_dict())
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1:3d}  loss {running / len(train_set):.4f}  accuracy {accuracy:.3f}")
model.load_state_dict(best_weights)
print(f"best accuracy {evaluate(model, test_loader):.3f}")
