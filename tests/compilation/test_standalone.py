"""The printed source, copied into an empty file, needs NumPy alone and does what the function does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from tests.compilation.zoo import mlp

STEPS = 100

# What a person would do with the file: put numbers into its state, and call its function.
DRIVER = """
import runpy, sys
import numpy as np
sys.modules["glassnet"] = None  # importing it fails
source, function, given, came = sys.argv[1:]
names = runpy.run_path(source)
step, names = names[function], names[function].__globals__
data = np.load(given)
for name in data.files:
    if name.startswith("state "):
        names[name[6:]][...] = data[name]
results = []
for i in range(int(data["steps"])):
    result = step(*(data[name][i] for name in data.files if name.startswith("input ")))
    results.append(result)
state = {name[6:]: names[name[6:]] for name in data.files if name.startswith("state ")}
assert not any(name.startswith("glassnet.") for name in sys.modules)
np.savez(came, results=results, **state)
"""


def in_a_process_of_its_own(folder: Path, compiled: gn.Compiled, inputs: dict[str, Any], state: dict[str, Any]) -> Any:
    """What the source makes of a state and a number of inputs: its results, and the state afterwards, by name."""
    source, given, came = folder / "alone.py", folder / "given.npz", folder / "came.npz"
    source.write_text(compiled.source, encoding="utf-8")
    (folder / "driver.py").write_text(DRIVER, encoding="utf-8")
    named: dict[str, Any] = {f"state {name}": x for name, x in state.items()}
    named |= {f"input {name}": x for name, x in inputs.items()}
    np.savez(given, steps=STEPS, **named)
    function = compiled.specialisations[-1].engine.run.__name__
    command = [sys.executable, "-I", "-W", "error", folder / "driver.py", source, function, given, came]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return np.load(came)


def _regressor() -> nn.Module:
    return nn.Sequential(
        nn.Linear(5, 9), nn.Tanh(), nn.Linear(9, 8), nn.GELU(), nn.Linear(8, 8), nn.Softplus(), nn.Linear(8, 3)
    ).double()


CASES: dict[str, tuple[Callable[[], nn.Module], Callable[[Any], optim.Optimizer], Callable[..., Any], bool]] = {
    "SGD": (lambda: mlp(5, 16, 8, 3), lambda p: optim.SGD(p, lr=0.1), F.cross_entropy, True),
    "Adam": (lambda: mlp(5, 16, 8, 3), lambda p: optim.Adam(p, lr=0.01), F.cross_entropy, True),
    "momentum": (_regressor, lambda p: optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=1e-3), F.mse_loss, False),
    "RMSprop": (_regressor, lambda p: optim.RMSprop(p, lr=0.003), F.huber_loss, False),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hundred_steps_of_training(name: str, tmp_path: Path) -> None:
    make_model, make_optimizer, loss_of, is_classifier = CASES[name]
    rng = np.random.default_rng(0)
    xs = rng.standard_normal((STEPS, 6, 5))
    ys = rng.integers(0, 3, (STEPS, 6)) if is_classifier else rng.standard_normal((STEPS, 6, 3))
    model = make_model()
    optimizer = make_optimizer(model.parameters())

    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        optimizer.zero_grad()
        loss: gn.Tensor = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    compiled = gn.compile(step)
    for _ in range(2):
        compiled(gn.tensor(xs[0]), gn.tensor(ys[0]))
    specialisation = compiled.specialisations[-1]
    names = [var.name for var in specialisation.program.state]
    state = {name: specialisation.engine.module[name].copy() for name in names}
    came = in_a_process_of_its_own(tmp_path, compiled, {"x": xs, "y": ys}, state)

    losses = [step(gn.tensor(x), gn.tensor(y)).item() for x, y in zip(xs, ys, strict=True)]
    np.testing.assert_allclose(came["results"], losses, rtol=1e-9)
    assert {f"linear0_{which}" for which in ("weight", "bias")} <= set(names)
    for name in names:  # parameters, and what the optimizer remembers
        np.testing.assert_allclose(came[name], specialisation.engine.module[name], rtol=1e-9, atol=1e-12, err_msg=name)


def test_inference(tmp_path: Path) -> None:
    model = nn.Sequential(mlp(5, 16, 3), nn.Dropout(0.5), nn.Softmax(-1)).eval()
    predict = gn.compile(model)
    xs = np.random.default_rng(0).standard_normal((STEPS, 6, 5))
    with gn.no_grad():
        predict(gn.tensor(xs[0]))
        expected = [model(gn.tensor(x)).array for x in xs]
    specialisation = predict.specialisations[-1]
    state = {var.name: specialisation.engine.module[var.name] for var in specialisation.program.state}
    came = in_a_process_of_its_own(tmp_path, predict, {"x": xs}, state)
    np.testing.assert_allclose(came["results"], expected, rtol=1e-12)


def test_random_numbers_too(tmp_path: Path) -> None:
    f = gn.compile(lambda x: F.dropout(x, 0.5))
    f(gn.ones(1000))
    came = in_a_process_of_its_own(tmp_path, f, {"x": np.ones((STEPS, 1000), np.float32)}, {})
    assert set(np.unique(came["results"])) == {0, 2}
    assert abs(came["results"].mean() - 1) < 0.05
    assert not np.array_equal(came["results"][0], came["results"][1])


def test_the_text_is_what_a_person_would_read() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1 = nn.Linear(784, 64)
            self.fc2 = nn.Linear(64, 10)

        def forward(self, x: gn.Tensor) -> gn.Tensor:
            return self.fc2(F.relu(self.fc1(x)))

    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    @gn.compile
    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    step(gn.randn(64, 784), gn.randint(0, 10, (64,)))
    text = step.source
    assert text.startswith('"""step: one step of a network, written out by glassnet. It needs NumPy alone."""\n')
    sections = [line.split()[1] for line in text.splitlines() if line.startswith("# ") and line.endswith("---")]
    assert sections == ["operations", "state", "constants", "workspace"]
    body = text[text.index("def step(x, y):") :]
    phases = [line.split()[1] for line in body.splitlines() if line.startswith("    # ")]
    assert phases == ["forward", "backward", "update"]
    for line in (
        "    linear(x, fc1_weight, fc1_bias, out=fc1)",
        "    np.maximum(fc1, 0, out=h1)",
        "    return loss.copy()",
    ):
        assert any(written.startswith(line) for written in body.splitlines())
    for name in ("d_fc1_weight", "d_h1", "lr"):
        assert name in body
