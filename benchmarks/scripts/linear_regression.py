"""A line through points, three times: by hand, with autograd, with a module and an optimizer."""

import torch
from torch import nn

torch.manual_seed(0)
x = torch.linspace(-3, 3, 200).unsqueeze(1)
y = 2.5 * x - 1.0 + 0.3 * torch.randn_like(x)

# by hand
w, b = torch.zeros(1), torch.zeros(1)
for step in range(4000):
    error = w * x + b - y
    loss = (error**2).mean()
    w = w - 0.01 * (2 * error * x).mean()
    b = b - 0.01 * (2 * error).mean()
    if step % 1000 == 0:
        print(f"by hand   step {step:5d}  loss {loss.item():.4f}")
print("by hand  ", w.item(), b.item())

# with autograd
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for step in range(4000):
    loss = ((w * x + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.01 * w.grad
        b -= 0.01 * b.grad
    w.grad.zero_()
    b.grad.zero_()
    if step % 1000 == 0:
        print(f"autograd  step {step:5d}  loss {loss.item():.4f}")
print("autograd ", w.item(), b.item())

# with a module
model = nn.Linear(1, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
criterion = nn.MSELoss()
for epoch in range(4000):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if epoch % 1000 == 0:
        print(f"module    step {epoch:5d}  loss {loss.item():.4f}")
print("module   ", model.weight.item(), model.bias.item())
