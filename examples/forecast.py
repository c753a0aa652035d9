"""An LSTM forecasts two weeks of a daily series from the eight weeks before them: it corrects the mean week.

Hochreiter and Schmidhuber, "Long short-term memory" (1997). The series is made here: a week's rhythm that is stronger
in winter than in summer, a year's, a pay day every four weeks, growth, and weather that lasts for days. It is split in
time: what the error is measured on comes after all that the network has learned from. It is 2.4
thousand passengers a day; that of the mean week repeated is 3.5, of last week 4.5.

Run it: python examples/forecast.py --out forecast.png
"""

from math import pi

from scratch.helpers import BLUE, GREEN, INK, MUTED, ORANGE, options, plt, save

import glassnet
from glassnet import nn, optim
from glassnet.nn import functional as F

SEEN, AHEAD = 56, 14  # days


class Forecast(nn.Module):
    """Days [N, SEEN] → the AHEAD days that follow [N, AHEAD]: the mean week, and what the LSTM adds to it."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 32, batch_first=True)
        self.fc = nn.Linear(32, AHEAD)

    def forward(self, x):
        _, (last, _) = self.lstm((x - x.mean(1, keepdim=True))[:, :, None])
        return mean_week(x) + self.fc(last[0])


def last_week(x):
    """The last seven days seen, twice [N, AHEAD]."""
    return x[:, -7:].repeat(1, AHEAD // 7)


def mean_week(x):
    """The mean of the last four weeks, twice [N, AHEAD]."""
    return x[:, -28:].unflatten(1, (4, 7)).mean(1).repeat(1, AHEAD // 7)


def series(days):
    """Passengers on each day, in thousands [days]."""
    day = glassnet.arange(days)
    year = (2 * pi * day / 365.25).cos()  # 1 in winter, −1 in summer
    week = glassnet.tensor([6.0, 7.0, 7.0, 8.0, 10.0, -14.0, -24.0])[day % 7]
    pay = 12 * (-(day % 28) / 4).exp()
    weather = [glassnet.zeros(())]
    for shock in glassnet.randn(days - 1):
        weather.append(0.6 * weather[-1] + 1.5 * shock)
    return 100 + 0.01 * day + 8 * year + week * (1 + 0.5 * year) + pay + glassnet.stack(weather)


def pairs(x, first, end):
    """Every window that forecasts days from `first` on and before `end`: days seen [N, SEEN], days ahead [N, AHEAD]."""
    starts = range(first - SEEN, end - SEEN - AHEAD + 1)
    return glassnet.stack([x[i : i + SEEN + AHEAD] for i in starts]).split([SEEN, AHEAD], 1)


def main():
    args = options(__doc__.splitlines()[0], "forecast.png")
    glassnet.manual_seed(0)
    days = 800 if args.quick else 2200
    x = series(days)
    split = days * 4 // 5
    centre, spread = x[:split].mean(), x[:split].std()
    seen, ahead = pairs((x - centre) / spread, SEEN, split)
    seen_new, ahead_new = pairs((x - centre) / spread, split, days)
    net = Forecast()
    optimizer = optim.Adam(net.parameters(), lr=5e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=15)

    @glassnet.compile
    def step(x, y):
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def errors(forecast):  # the mean absolute one for each day ahead, in thousands of passengers
        return (forecast(seen_new) - ahead_new).abs().mean(0).detach() * spread

    week, mean = errors(last_week).mean().item(), errors(mean_week).mean().item()
    print(f"error in thousands a day: last week repeated {week:.2f}, the mean week repeated {mean:.2f}")
    curve = []
    for epoch in range(1, 16):
        for batch in glassnet.randperm(len(seen)).split(32):
            step(seen[batch], ahead[batch])
        schedule.step()
        curve.append(errors(net).mean().item())
        if epoch % 3 == 0:
            print(f"epoch {epoch:2}   LSTM {curve[-1]:.2f}")

    figure = plt.figure(figsize=(14, 7), layout="constrained")
    figure.suptitle(f"Two weeks ahead: wrong by {curve[-1]:.2f} thousand a day; the mean week repeated, {mean:.2f}")
    top, bottom = figure.subfigures(2, 1)
    ax, (training, by_day) = top.subplots(), bottom.subplots(1, 2)
    forecasts = net(seen_new[: 5 * AHEAD : AHEAD]).detach() * spread + centre
    ax.plot(range(split - 28, split + 5 * AHEAD), x[split - 28 : split + 5 * AHEAD].numpy(), color=INK)
    for first_day, forecast in zip(range(split, days, AHEAD), forecasts, strict=False):
        ax.plot(range(first_day, first_day + AHEAD), forecast.numpy(), color=ORANGE)
        ax.axvline(first_day, color=MUTED, linestyle=":", linewidth=1.2)
    ax.set(title="days never seen (dark), each forecast two weeks ahead", xlabel="day", ylabel="thousand passengers")
    training.plot(range(1, 16), curve, color=BLUE)
    training.hlines([week, mean], 1, 15, colors=[MUTED, GREEN], linestyles="--")
    training.set(title="error on these days, while it learns", xlabel="epoch", ylim=(0, None))
    colors = {"LSTM": BLUE, "last week": MUTED, "mean week": GREEN}
    for forecast, (name, color) in zip([net, last_week, mean_week], colors.items(), strict=True):
        by_day.plot(range(1, AHEAD + 1), errors(forecast).numpy(), color=color, marker="o", label=name)
    by_day.set(title="error by days ahead", xlabel="days ahead", ylim=(0, None))
    by_day.legend(loc="lower right")
    save(figure, args.out)


if __name__ == "__main__":
    main()
