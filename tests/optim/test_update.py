"""The update operations: what the registry's tests do not ask of them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

from glassnet import DtypeError, GradientError, ShapeError, Tensor, optim, tensor
from glassnet.ops import registry
from glassnet.ops.update import adam_update, common, sgd_update
from glassnet.tensor import apply
from glassnet.tensor.graph import version_of
from tests.optim.samples import OPTIONS, label

OPTIMIZERS = [
    optim.SGD, optim.Adagrad, optim.RMSprop, optim.Adadelta, optim.Adam, optim.Adamax, optim.NAdam, optim.RAdam,
    optim.SparseAdam, optim.Rprop, optim.ASGD, optim.Adafactor, optim.Muon,
]  # fmt: skip


def inputs_of(name: str, options: dict[str, Any], grad: np.ndarray, lr: Any = 0.1) -> tuple[Any, list[Any], Any]:
    """The operation of an optimizer, and the inputs and options of its second step."""
    rng = np.random.default_rng(0)
    param = tensor(rng.standard_normal(grad.shape).astype(grad.dtype), requires_grad=True)
    optimizer = getattr(optim, name)([param], **options)
    param.grad = tensor(grad)
    optimizer.step()
    kept = optimizer.state[param]
    names = [slot.name for slot in optimizer.slots]
    state = [kept[n].array if n in kept else None for n in names]
    (group,) = optimizer.param_groups
    return optimizer.update, [param.array, grad, lr, *state], {k: group[k] for k in optimizer._options}


def copies(inputs: list[Any]) -> list[Any]:
    return [x.copy(order="K") if isinstance(x, np.ndarray) else x for x in inputs]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_state_is_what_the_operation_takes(kind: type[optim.Optimizer]) -> None:
    code = kind.update.forward.__code__
    assert code.co_varnames[:3] == ("param", "grad", "lr")
    state = tuple(name for name in code.co_varnames[3 : code.co_argcount] if name != "momentum_now")
    assert tuple(slot.name for slot in kind.slots) == state
    assert kind.update.writes == (0, *range(3, 3 + len(state)))
    assert registry[kind.update.name] is kind.update


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_class_has_every_option_of_its_operation_with_the_same_default(kind: type[optim.Optimizer]) -> None:
    parameters = inspect.signature(kind).parameters
    for option, default in kind._options.items():
        assert parameters[option].default == default
        assert option in kind([Tensor([[1.0]])]).defaults


def test_an_option_that_the_class_does_not_take_keeps_the_default_of_the_operation() -> None:
    class Plain(optim.Optimizer):
        update = sgd_update

        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": 0.5})

    w = Tensor([1.0], requires_grad=True)
    optimizer = Plain([w])
    w.grad = Tensor([1.0])
    optimizer.step()
    assert w.tolist() == [0.5]
    assert optimizer.param_groups[0]["weight_decay"] == 0


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
def test_complex_numbers_are_two_real_ones(name: str, options: dict[str, Any]) -> None:
    if name in ("Adafactor", "SparseAdam"):  # which refuse them
        return
    grad = np.random.default_rng(1).standard_normal((3, 4, 2))
    op, inputs, params = inputs_of(name, options, grad)
    as_complex = [x.view(complex)[..., 0] if isinstance(x, np.ndarray) and x.shape else x for x in copies(inputs)]
    expanded = op.expand(*[tensor(x) if isinstance(x, np.ndarray) else x for x in copies(as_complex)], **params)
    op.forward(*inputs, **params)
    op.forward(*as_complex, **params)
    for position, new in zip(op.writes, expanded, strict=True):
        if inputs[position] is None:
            continue
        written = as_complex[position]
        np.testing.assert_allclose(new.numpy(), written, rtol=1e-12)
        if written.shape:
            np.testing.assert_array_equal(np.stack([written.real, written.imag], -1), inputs[position])


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_expansion_gives_what_is_written(name: str, options: dict[str, Any], dtype: Any) -> None:
    grad = np.random.default_rng(1).standard_normal((3, 4)).astype(dtype)
    op, inputs, params = inputs_of(name, options, grad)
    expanded = op.expand(*[tensor(x) if isinstance(x, np.ndarray) else x for x in copies(inputs)], **params)
    result = op.forward(*inputs, **params)
    assert result is inputs[0]
    assert len(expanded) == len(op.writes)
    for position, new in zip(op.writes, expanded, strict=True):
        if inputs[position] is None:
            assert new is None
        else:
            assert new.dtype == inputs[position].dtype
            np.testing.assert_allclose(new.numpy(), inputs[position], rtol=1e-12 if dtype is np.float64 else 1e-4)


@pytest.mark.parametrize(("name", "options"), OPTIONS, ids=label)
@pytest.mark.parametrize("shape", [(7, 3), (50,), (3, 2, 5), (1, 40)])
def test_in_blocks_as_at_once(
    name: str, options: dict[str, Any], shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    op, inputs, params = inputs_of(name, options, np.random.default_rng(1).standard_normal(shape))
    at_once = copies(inputs)
    op.forward(*at_once, **params)
    monkeypatch.setattr(common, "BLOCK", 8)
    op.forward(*inputs, **params)
    for x, y in zip(inputs, at_once, strict=True):
        np.testing.assert_array_equal(x, y)


def test_blocks_are_views_that_cover_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "BLOCK", 8)
    a = np.zeros((7, 3))
    seen = []
    for block, nothing, scratch, spare in common.blocks(a, None):
        assert nothing is None
        assert block.shape == scratch.shape == spare.shape
        assert block.size <= 8
        assert np.shares_memory(block, a)
        assert not np.shares_memory(scratch, spare)
        block += 1
        seen.append(len(block))
    assert seen == [2, 2, 2, 1]
    assert (a == 1).all()


def test_any_layout_in_memory() -> None:
    rng = np.random.default_rng(0)
    w, g = rng.standard_normal((4, 6)), rng.standard_normal((4, 6))
    expected = w - 0.1 * g
    columns, every_other = np.asfortranarray(w), np.zeros((4, 12))[:, ::2]
    every_other[...] = w
    for param in (columns, every_other):
        assert sgd_update(param, np.asfortranarray(g), 0.1) is param
        np.testing.assert_allclose(param, expected, rtol=1e-15)


@pytest.mark.parametrize("shape", [(), (0,), (0, 3)])
def test_a_number_and_nothing(shape: tuple[int, ...]) -> None:
    param = np.ones(shape)
    assert sgd_update(param, np.full(shape, 2.0), np.array(0.25)) is param
    np.testing.assert_array_equal(param, np.full(shape, 0.5))


def test_the_learning_rate_may_be_an_array_or_a_number() -> None:
    for lr in (0.5, np.array(0.5), np.float32(0.5), tensor(0.5)):
        param = tensor(np.ones(2, np.float32))
        apply(sgd_update, param, tensor(np.ones(2, np.float32)), lr)
        assert param.dtype == np.float32
        assert param.tolist() == [0.5, 0.5]


def test_counts_its_steps_unless_refused() -> None:
    w, m, v, step = np.ones(3), np.zeros(3), np.zeros(3), np.array(4.0)
    adam_update(w, np.ones(3), 0.1, step, m, v)
    assert step == 5
    for bad in (np.ones(2), np.ones((3, 1)), np.ones(3, np.float32)):
        with pytest.raises(ValueError, match="expected arrays of shape"):
            adam_update(w, bad, 0.1, step, m, v)
    assert step == 5


def test_autograd_notices() -> None:
    w = Tensor([1.0, 2.0], requires_grad=True)
    loss = (w * w).sum()
    state = tensor(np.zeros((), np.float64))
    before = tensor(np.zeros(2, np.float32))
    result = apply(adam_update, w, Tensor([1.0, 1.0]), 0.1, state, before, Tensor([0.0, 0.0]))
    assert not result.requires_grad
    assert version_of(w).written > 0
    assert version_of(before).written > 0
    assert state.item() == 1
    with pytest.raises(GradientError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        (([1.0, 2.0], [[1.0, 2.0]]), ShapeError, "gradient of the parameter's shape [2], got [1, 2]"),
        (([1.0, 2.0], np.ones(2)), DtypeError, "gradient of the parameter's dtype float32, got float64"),
        (([1.0, 2.0], [1.0, 2.0], 0.1, [1.0]), ShapeError, "state of the parameter's shape [2], got [1]"),
        (([1.0, 2.0], [1.0, 2.0], 0.1, np.ones(2)), DtypeError, "state of the parameter's dtype float32, got float64"),
    ],
)
def test_refuses_what_does_not_fit(inputs: tuple[Any, ...], error: type[Exception], words: str) -> None:
    param, grad, *rest = (tensor(x) if not isinstance(x, float) else x for x in inputs)
    lr, *state = rest or [0.1]
    with pytest.raises(error) as raised:
        apply(sgd_update, param, grad, lr, *state, momentum=0.9)
    assert words in str(raised.value)
    assert param.tolist() == [1.0, 2.0]


def test_shape_rule() -> None:
    spec = sgd_update.shape(Tensor([1.0, 2.0]), Tensor([0.0, 0.0]), 0.1, None, momentum=0.5)
    assert spec.shape == (2,)
    assert spec.dtype == np.float32
