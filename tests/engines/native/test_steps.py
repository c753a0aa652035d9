"""Steps that run as C: the bits are the same by any number of threads, and what is wrong is said as NumPy says it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.nn.functional as F
from glassnet import nn, optim
from glassnet.engines import engine_class
from glassnet.engines.native.compilers import compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="there is no C compiler here")


def compiled_step(model: nn.Module, optimizer: optim.Optimizer, engine: str) -> Any:
    """A training step of a classifier, compiled."""

    def step(x: gn.Tensor, y: gn.Tensor) -> gn.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return gn.compile(step, engine=engine)


def trained(engine: str, steps: int = 4, rows: int = 70) -> tuple[list[float], Any, Any]:
    """The losses of a network of some widths that are no multiples of a vector, its parameters, and the step."""
    gn.manual_seed(0)
    first, second = (nn.Linear(37, 70), nn.Tanh(), nn.LayerNorm(70)), (nn.Linear(70, 33), nn.ReLU(), nn.Linear(33, 3))
    model = nn.Sequential(*first, *second)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    x, y = gn.randn(rows, 37), gn.randint(0, 3, (rows,))
    compiled = compiled_step(model, optimizer, engine)
    losses = [compiled(x, y).item() for _ in range(steps)]
    return losses, [p.array.copy() for p in model.parameters()], compiled


def test_a_network_learns_as_by_numpy() -> None:
    losses, parameters, _ = trained("native")
    expected, others, _ = trained("numpy")
    np.testing.assert_allclose(losses, expected, rtol=2e-5)
    for p, q in zip(parameters, others, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-3, atol=1e-5)


def test_the_bits_do_not_depend_on_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = []
    for threads in ("1", "2", "3"):
        monkeypatch.setenv("GLASSNET_THREADS", threads)
        losses, parameters, _ = trained("native")
        outcomes.append((losses, parameters))
    for losses, parameters in outcomes[1:]:
        assert losses == outcomes[0][0]
        for p, q in zip(parameters, outcomes[0][1], strict=True):
            np.testing.assert_array_equal(p, q)


def test_the_update_follows_the_product_that_makes_its_gradient() -> None:
    source = trained("native", 3)[2].source
    function = source.split("static void update_linear0_weight(")[1].split("\n}\n")[0]
    assert "linear0_weight_m" in function
    assert "sqrtf(" in function


def test_every_instruction_knows_its_function_which_says_so_above_itself() -> None:
    step = trained("native", 3)[2]
    specialisation = step.specialisations[-1]
    functions = specialisation.engine.functions
    computed = [i.output.name for i in specialisation.engine.program if not i.is_view]
    assert len(computed) - len(functions.keys() & set(computed)) < len(computed) / 10, computed
    for function, times in Counter(functions.values()).items():
        above = step.source.split(f"static void {function}(")[0].rpartition("/*")[2]
        assert len(above.splitlines()) == times, above


def test_a_label_that_is_no_class_is_refused_as_by_numpy_and_nothing_is_changed() -> None:
    model = nn.Linear(4, 3)
    compiled = compiled_step(model, optim.SGD(model.parameters(), lr=0.1), "native")
    x = gn.randn(5, 4)
    compiled(x, gn.tensor([0, 1, 2, 0, 1]))
    before = [p.array.copy() for p in model.parameters()]
    with pytest.raises(IndexError, match="expected class labels from 0 to 2, got 7"):
        compiled(x, gn.tensor([0, 1, 7, 0, 1]))
    for p, q in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.array, q)
    compiled(x, gn.tensor([0, 1, 2, 0, 1]))


PRODUCTS = [
    (1, 1, 1), (1, 64, 5), (5, 64, 1), (3, 3, 3), (64, 1, 64), (17, 16, 33), (100, 700, 20), (9, 1300, 50),
    (30, 300, 600), (300, 520, 136), (2, 700, 130),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "depth", "columns"), PRODUCTS)
def test_products_of_all_orders(rows: int, depth: int, columns: int) -> None:
    rng = np.random.default_rng(0)

    def products(a: gn.Tensor, b: gn.Tensor) -> Any:
        return a @ b, a @ b.t().contiguous().t(), (b.t() @ a.t()) + 1, a.t().contiguous().t() @ b

    a, b = (gn.from_numpy(rng.standard_normal(shape)) for shape in ((rows, depth), (depth, columns)))
    for found, expected in zip(gn.compile(products, engine="native")(a, b), products(a, b), strict=True):
        np.testing.assert_allclose(found.array, expected.array, rtol=1e-12, atol=1e-12)


def test_a_program_runs_alone_in_memory_of_its_own() -> None:
    double = gn.compile(lambda x: (x * 2, x + 1), engine="native")
    first = double(gn.ones(3))
    second = double(gn.zeros(3))
    assert [t.tolist() for t in (*first, *second)] == [[2.0] * 3, [2.0] * 3, [0.0] * 3, [1.0] * 3]


@pytest.mark.parametrize("rows", [3, 3000])
def test_inputs_are_read_as_they_lie_and_results_are_copies(rows: int) -> None:
    """Small inputs are copied, large ones are read where they are."""
    f = gn.compile(lambda x: (x + 1, x.t(), x.sum(0)), engine="native")
    numbers = np.arange(rows * 4, dtype=np.float32).reshape(rows, 4)
    kept = [(array, f(gn.from_numpy(array))) for array in (numbers, numbers.copy(order="F"), (numbers * 2)[::-1])]
    for array, (one_more, turned, total) in kept:
        np.testing.assert_array_equal(one_more.numpy(), array + 1)
        np.testing.assert_array_equal(turned.numpy(), array.T)
        np.testing.assert_allclose(total.numpy(), array.sum(0, dtype=np.float64), rtol=1e-6)


def test_the_engine_is_in_the_table() -> None:
    assert engine_class("native").__name__ == "NativeEngine"


def test_a_mask_is_compared_where_it_is_read() -> None:
    """The derivative of a ReLU reads its result again; no mask of it is written."""
    gn.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 3))
    compiled = compiled_step(model, optim.SGD(model.parameters(), lr=0.1), "native")
    x, y = gn.randn(8, 6), gn.randint(0, 3, (8,))
    losses = [compiled(x, y).item() for _ in range(3)]
    assert "uint8_t *restrict" not in compiled.source
    gn.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 3))
    eager = compiled_step(model, optim.SGD(model.parameters(), lr=0.1), "numpy")
    np.testing.assert_allclose(losses, [eager(x, y).item() for _ in range(3)], rtol=1e-5)
