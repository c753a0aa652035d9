"""What NumPy says where a number becomes infinite or none: nothing within glassnet, and all that it did elsewhere.

Warnings are errors in these tests, so that an operation which gives one fails.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet.ops import registry
from glassnet.tensor import apply
from glassnet.tensor.silence import SILENT, Errstate, found, settings, under
from tests.ops.elementwise import PARAMS, SPECIAL

EDGES = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 700.0, -700.0, 6e4, -6e4, 3e-8])
NUMBERS = [
    op
    for op in registry.values()
    if op.elementwise and op.name not in SPECIAL and op.name != "binary_cross_entropy"  # which raises
]


@pytest.fixture(autouse=True, params=["warn", "raise"])
def settings_of_a_person(request: pytest.FixtureRequest) -> Any:
    with np.errstate(all=request.param):
        before = np.geterr()
        yield
        assert np.geterr() == before


@pytest.mark.parametrize("op", NUMBERS, ids=lambda op: op.name)
def test_operations_and_their_derivatives_are_silent(op: Any) -> None:
    for dtype in (np.float16, np.float32, np.float64):
        with np.errstate(all="ignore"):
            edges = EDGES.astype(dtype) * (1 if dtype is np.float16 else np.finfo(dtype).max / dtype(1e5))
        inputs = [gn.from_numpy(np.roll(edges, 3 * i)).requires_grad_() for i in range(len(op.vjp))]
        y = apply(op, *inputs, **PARAMS.get(op.name, [{}])[0])
        if y.requires_grad:
            (g,) = gn.autograd.grad(y.sum(), inputs[:1], create_graph=True, allow_unused=True)
            if g is not None and g.requires_grad:
                gn.autograd.grad(g.sum(), inputs[:1], allow_unused=True)


CALLS: dict[str, Callable[[], Any]] = {
    "mean of nothing": lambda: gn.zeros(0).mean(),
    "mean of no rows": lambda: gn.zeros(0, 3).mean(0),
    "var of one": lambda: gn.ones(1).var(),
    "std of nothing": lambda: gn.zeros(0).std(),
    "mse of nothing": lambda: F.mse_loss(gn.zeros(0, 2), gn.zeros(0, 2)),
    "cross entropy of nothing": lambda: F.cross_entropy(gn.zeros(0, 2), gn.zeros(0, dtype=gn.int64)),
    "0/0": lambda: gn.zeros(2) / 0,
    "0/0 in place": lambda: gn.zeros(2).div_(0),
    "a number too large": lambda: gn.ones(2) * 1e300,
    "half of a number too large": lambda: gn.ones(2).half() * 1e9,
    "a tensor of a number too large": lambda: gn.tensor([1e300], dtype=gn.float32),
    "nan to int": lambda: gn.tensor([np.nan, np.inf]).long(),
    "nan to uint8": lambda: gn.tensor([np.nan, 300.0, -1.0]).to(gn.uint8),
    "float64 to half": lambda: gn.tensor([1e300]).half(),
    "softmax": lambda: gn.tensor([-np.inf, -np.inf]).softmax(0),
    "log_softmax": lambda: gn.tensor([np.inf, np.inf]).log_softmax(0),
    "logsumexp": lambda: gn.tensor([-np.inf, -np.inf]).logsumexp(0),
    "sum": lambda: gn.tensor([np.inf, -np.inf]).sum(),
    "cumsum": lambda: gn.tensor([3e38, 3e38]).cumsum(0),
    "matmul": lambda: gn.full((2, 2), 3e38) @ gn.full((2, 2), 3e38),
    "linear": lambda: F.linear(gn.full((2, 2), 3e38), gn.full((2, 2), 3e38)),
    "inf − inf": lambda: gn.tensor([np.inf]) - gn.tensor([np.inf]),
    "norm": lambda: gn.full((2,), 3e38).norm(),
    "item": lambda: gn.tensor([np.inf]).item(),
    "printing": lambda: repr(gn.tensor([np.nan, np.inf, 1e-45, 3e38])),
    "batch norm": lambda: F.batch_norm(gn.full((2, 2), 3e38), None, None, training=True),
    "conv": lambda: F.conv1d(gn.full((1, 1, 3), 3e38), gn.full((1, 1, 2), 3e38)),
    "integers": lambda: gn.tensor([2**62]) * 4,
    "power": lambda: gn.tensor([10.0]) ** 400,
    "0 to a negative power": lambda: gn.tensor([0.0]) ** -1,
    "linspace": lambda: gn.linspace(-3e38, 3e38, 3),
    "cosine similarity": lambda: F.cosine_similarity(gn.zeros(1, 2), gn.zeros(1, 2)),
    "optimizer": lambda: _step(gn.optim.Adam),
    "momentum": lambda: _step(gn.optim.SGD, momentum=0.9),
    "clipping": lambda: _clip(),
    "lstm": lambda: gn.nn.LSTM(2, 2)(gn.full((2, 1, 2), 3e38)),
    "attention": lambda: F.scaled_dot_product_attention(*(gn.full((1, 2, 2), 1e38) for _ in range(3))),
}


def _step(optimizer: Any, **options: Any) -> None:
    w = gn.full((2,), 1.0, requires_grad=True)
    (w * 3e38 * 10).sum().backward()
    optimizer([w], 0.1, **options).step()


def _clip() -> None:
    w = gn.full((2,), 1.0, requires_grad=True)
    (w * 3e38).sum().backward()
    gn.nn.utils.clip_grad_norm_([w], 1.0)


@pytest.mark.parametrize("name", CALLS)
def test_what_pytorch_is_silent_about(name: str) -> None:
    CALLS[name]()


def test_compiled_steps_are_silent() -> None:
    step = gn.compile(lambda x: (x.exp() / 0 - x.exp()).log())
    for _ in range(2):
        step(gn.tensor([700.0, -1.0]))


def test_hooks_run_under_the_settings_of_the_person() -> None:
    seen = []
    x = gn.ones(2, requires_grad=True)
    y = x.exp()
    y.register_hook(lambda g: seen.append(np.geterr()))
    x.register_hook(lambda g: seen.append(np.geterr()))
    y.sum().backward()
    assert seen == [np.geterr()] * 2


def test_an_error_leaves_the_settings_as_they_were() -> None:  # which the fixture looks at
    with pytest.raises(RuntimeError):
        gn.ones(2) + gn.ones(3)
    with pytest.raises(RuntimeError):
        gn.ones(2).add_(gn.ones(3))


def test_a_numpy_without_a_variable_of_the_context_is_silenced_too() -> None:
    by_errstate, silent = Errstate(), dict.fromkeys(np.geterr(), "ignore")
    assert by_errstate.get() == np.geterr()
    token = by_errstate.set(silent)
    assert np.geterr() == silent
    by_errstate.reset(token)
    assert found()[0] is settings  # this NumPy has one
    assert under(SILENT, np.geterr) == silent
