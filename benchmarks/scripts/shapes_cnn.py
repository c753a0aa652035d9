"""Drawn squares, discs and crosses told apart by a convolutional network with batch normalisation."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(2)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SIZE = 28


def draw(count):
    rows = torch.arange(SIZE).view(1, SIZE, 1).float()
    columns = torch.arange(SIZE).view(1, 1, SIZE).float()
    labels = torch.randint(0, 3, (count,))
    center = torch.randint(9, SIZE - 9, (count, 2)).float()
    radius = torch.randint(4, 9, (count, 1, 1)).float()
    dy = (rows - center[:, 0].view(-1, 1, 1)).abs()
    dx = (columns - center[:, 1].view(-1, 1, 1)).abs()
    square = (dx <= radius) & (dy <= radius)
    disc = dx**2 + dy**2 <= radius**2
    cross = ((dx <= 1) & (dy <= radius)) | ((dy <= 1) & (dx <= radius))
    pictures = torch.stack([square, disc, cross], dim=1)[torch.arange(count), labels]
    return pictures.float().unsqueeze(1) + 0.5 * torch.randn(count, 1, SIZE, SIZE), labels


class ConvNet(nn.Module):
    def __init__(self):
        super(ConvNet, self).__init__()
        self.layer1 = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=5, stride=1, padding=2),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        self.layer2 = nn.Sequential(
            nn.Conv2d(16, 32, kernel_size=5, stride=1, padding=2),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=2, stride=2),
        )
        self.fc1 = nn.Linear(7 * 7 * 32, 64)
        self.drop = nn.Dropout(0.3)
        self.fc2 = nn.Linear(64, 3)

    def forward(self, x):
        out = self.layer2(self.layer1(x))
        out = out.reshape(out.size(0), -1)
        return F.log_softmax(self.fc2(self.drop(F.relu(self.fc1(out)))), dim=1)


def train(model, loader, optimizer, epoch):
    model.train()
    for index, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(model(data), target)
        loss.backward()
        optimizer.step()
        if index % 20 == 0:
            print(
                "Train Epoch: {} [{}/{}]\tLoss: {:.4f}".format(
                    epoch, index * len(data), len(loader.dataset), loss.item()
                )
            )


def test(model, loader):
    model.eval()
    loss, correct = 0, 0
    with torch.no_grad():
        for data, target in loader:
            output = model(data.to(device))
            loss += F.nll_loss(output, target, reduction="sum").item()
            correct += output.argmax(dim=1, keepdim=True).eq(target.view_as(output[:, :1].long())).sum().item()
    print(
        "Test set: average loss {:.4f}, accuracy {}/{}".format(loss / len(loader.dataset), correct, len(loader.dataset))
    )


train_loader = DataLoader(TensorDataset(*draw(4000)), batch_size=100, shuffle=True)
test_loader = DataLoader(TensorDataset(*draw(1000)), batch_size=500)
model = ConvNet().to(device)
optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
print(sum(p.numel() for p in model.parameters() if p.requires_grad), "parameters")
for epoch in range(1, 4):
    train(model, train_loader, optimizer, epoch)
    test(model, test_loader)
