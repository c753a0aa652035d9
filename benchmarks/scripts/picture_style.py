"""A picture is optimized so that its features are another's: Gram matrices, hooks, L-BFGS."""

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(9)
SIDE = 48


def gram_matrix(features):
    batch, channels, height, width = features.size()
    flat = features.view(batch * channels, height * width)
    return torch.mm(flat, flat.t()).div(batch * channels * height * width)


features = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(),
)  # fmt: skip
for module in features:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.zeros_(module.bias)
features.eval().requires_grad_(False)
kept = {}
for index in (1, 3, 6, 8):
    features[index].register_forward_hook(lambda module, inputs, output, index=index: kept.__setitem__(index, output))

y, x = torch.meshgrid(torch.linspace(0, 1, SIDE), torch.linspace(0, 1, SIDE), indexing="ij")
content = torch.stack([x, y, (x - 0.5).abs() * 2]).unsqueeze(0)
style = torch.stack([torch.sin(20 * (x + y)), torch.cos(14 * x), torch.sin(9 * y)]).unsqueeze(0) * 0.5 + 0.5
features(style)
style_grams = {i: gram_matrix(kept[i]).detach() for i in kept}
features(content)
content_features = kept[6].detach()

picture = content.clone().requires_grad_(True)
optimizer = torch.optim.LBFGS([picture], max_iter=20)
runs = [0]
while runs[0] <= 160:

    def closure():
        with torch.no_grad():
            picture.clamp_(0, 1)
        optimizer.zero_grad()
        features(picture)
        style_score = sum(F.mse_loss(gram_matrix(kept[i]), style_grams[i]) for i in style_grams)
        content_score = F.mse_loss(kept[6], content_features)
        loss = style_score * 1e3 + content_score
        loss.backward()
        runs[0] += 1
        if runs[0] % 40 == 0:
            print(f"run {runs[0]}: style loss {style_score.item():.6f} content loss {content_score.item():.4f}")
        return loss

    optimizer.step(closure)
with torch.no_grad():
    picture.clamp_(0, 1)
print(picture.mean().item(), picture.std().item())
