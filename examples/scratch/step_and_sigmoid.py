"""The step function, sigmoid and ReLU, with the slope of each (seed 004).

Run it: python examples/scratch/step_and_sigmoid.py --out step_and_sigmoid.png
"""

import numpy as np
from helpers import BLUE, GREEN, GROUND, ORANGE, options, plt, save

from glassnet.scratch import numerical_diff, relu, sigmoid, step

args = options(__doc__.splitlines()[0], "step_and_sigmoid.png")

x = np.array([-1, 1, 2])
print("x       ", x)
for function in (step, sigmoid, relu):
    print(f"{function.__name__:8}", function(x))

# A step written with `if` works for one number only: for an array, "is it above 0?" has no single answer.
try:
    y = 1 if x > 0 else 0
except ValueError as error:
    print("if x > 0:", error)

# linspace puts a point on 0 exactly; arange(-5, 5, 0.1) would miss it by a rounding error and stop at 4.9
x = np.linspace(-5, 5, 101 if args.quick else 1001)
left, right = x[x < 0], x[x > 0]  # the step and the slope of ReLU jump at 0: drawn in two pieces

figure, (values, slopes) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
figure.suptitle("Learning follows slopes, and a step has none")

values.plot(left, step(left), color=ORANGE, linewidth=5, label="step")
values.plot(right, step(right), color=ORANGE, linewidth=5)
values.plot(0, 0, "o", color=ORANGE, markersize=11)  # at 0 itself the step is 0 …
values.plot(0, 1, "o", color=ORANGE, markersize=11, markerfacecolor=GROUND, markeredgewidth=3)  # … and not yet 1
values.plot(x, sigmoid(x), color=BLUE, label="sigmoid")
values.plot(x, relu(x), color=GREEN, label="ReLU")
values.set(title="value", xlabel="x", ylim=(-0.1, 2.1), yticks=(0, 0.5, 1, 1.5, 2))
values.legend(loc="upper left")

apart = np.abs(x) > 1e-3  # a difference quotient across a jump means nothing
slopes.plot(x[apart], numerical_diff(step, x[apart]), color=ORANGE, linewidth=5, label="step: 0 on both sides")
slopes.plot(x, sigmoid(x) * (1 - sigmoid(x)), color=BLUE, label="sigmoid: y(1 − y), at most ¼")
for side in (left, right):
    slopes.plot(side, numerical_diff(relu, side), color=GREEN, label="ReLU: 0, then 1" if side is left else None)
slopes.set(title="slope", xlabel="x", ylim=(-0.1, 1.6), yticks=(0, 0.25, 0.5, 1, 1.5))
slopes.legend(loc="upper left")
save(figure, args.out)
