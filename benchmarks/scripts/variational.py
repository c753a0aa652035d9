"""A variational autoencoder of small pictures: the reparametrisation, the evidence bound, new pictures."""

import torch
import torch.utils.data
from torch import nn, optim
from torch.nn import functional as F

torch.manual_seed(6)
SIDE = 20


def blobs(count):
    grid = torch.stack(torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")).float()
    center = 4 + 12 * torch.rand(count, 2, 1, 1)
    width = 1.5 + 2 * torch.rand(count, 1, 1)
    distance = ((grid - center) ** 2).sum(dim=1)
    return torch.exp(-distance / (2 * width**2)).unsqueeze(1)


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(SIDE * SIDE, 200)
        self.fc21 = nn.Linear(200, 8)
        self.fc22 = nn.Linear(200, 8)
        self.fc3 = nn.Linear(8, 200)
        self.fc4 = nn.Linear(200, SIDE * SIDE)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std)
        return mu + eps * std

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, SIDE * SIDE))
        return self.decode(self.reparameterize(mu, logvar)), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, SIDE * SIDE), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


pictures = blobs(6000)
loader = torch.utils.data.DataLoader(pictures[:5000], batch_size=128, shuffle=True)
held_back = pictures[5000:]
model = VAE()
optimizer = optim.Adam(model.parameters(), lr=1e-3)
for epoch in range(1, 11):
    model.train()
    train_loss = 0
    for data in loader:
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(data)
        loss = loss_function(recon_batch, data, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        recon, mu, logvar = model(held_back)
        test_loss = loss_function(recon, held_back, mu, logvar).item() / len(held_back)
    print(
        "====> Epoch: {} Average loss: {:.4f}, test {:.4f}".format(epoch, train_loss / len(loader.dataset), test_loss)
    )
with torch.no_grad():
    sample = model.decode(torch.randn(64, 8)).view(64, 1, SIDE, SIDE)
print(sample.shape, sample.mean().item())
