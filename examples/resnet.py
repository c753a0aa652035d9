"""A small ResNet reads handwritten digits: each block adds to its input what two convolutions found in it.

He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2015): 3×3 kernels, batch normalization, and a mean
over the picture in place of large linear layers. After two epochs it reads 99.2% of the test pictures right (2 min on
one thread).

Run it: python examples/resnet.py --data mnist --out resnet.png
"""

from lenet import draw_mistakes, draw_training, fit, read
from scratch.helpers import options, plt, save

import glassnet
from glassnet import nn


class Block(nn.Module):
    """y = relu(x + bn(conv(relu(bn(conv(x)))))); with a stride, x is made smaller by a convolution of 1×1."""

    def __init__(self, channels_in, channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.shortcut = nn.Sequential()
        if stride > 1:
            shrink = nn.Conv2d(channels_in, channels, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(shrink, nn.BatchNorm2d(channels))

    def forward(self, x):
        found = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (found + self.shortcut(x)).relu()


class ResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.stage1 = Block(16, 16)  # [N, 16, 14, 14]
        self.stage2 = Block(16, 32, stride=2)  # [N, 32, 7, 7]
        self.stage3 = Block(32, 64, stride=2)  # [N, 64, 4, 4]
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.stage3(self.stage2(self.stage1(self.pool(self.stem(x)))))
        return self.fc(self.mean(x).flatten(1))


def main():
    args = options(__doc__.splitlines()[0], "resnet.png", data="mnist")
    glassnet.manual_seed(0)
    x, t = read(args.data, True, 800 if args.quick else None)
    x_test, t_test = read(args.data, False, 500 if args.quick else None)
    net = ResNet()
    curves = fit(net, x, t, x_test, t_test, epochs=2, lr=1e-2)

    figure = plt.figure(figsize=(14, 5.5), layout="constrained")
    figure.suptitle(f"A small ResNet on MNIST: {curves[1][-1]:.2%} of the test pictures right")
    training, inside, wrong = figure.subfigures(1, 3, width_ratios=[1.1, 1.2, 1])
    draw_training(training.subplots(), *curves)
    inside.suptitle("a digit, and five maps of each stage", fontsize=13)
    axes = inside.subplots(4, 5)
    for ax in axes.flat:
        ax.axis("off")
    axes[0, 0].imshow(x_test[0, 0].numpy(), cmap="gray_r")
    with glassnet.no_grad():
        maps = net.pool(net.stem(x_test[:1]))
        for row, stage in enumerate([net.stage1, net.stage2, net.stage3], 1):
            maps = stage(maps)
            axes[row, 0].set_title(f"stage {row}", fontsize=11, loc="left", pad=4)
            strongest = maps[0].mean((1, 2)).argsort(descending=True)[:5]
            for ax, channel in zip(axes[row], strongest.tolist(), strict=True):
                ax.imshow(maps[0, channel].numpy(), cmap="gray_r")
    draw_mistakes(wrong, net, x_test, t_test)
    save(figure, args.out)


if __name__ == "__main__":
    main()
