"""Creation: what the tables of calls do not say: memory, dtypes, devices, gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import Tensor, tensor

SIZED = ["zeros", "ones", "empty", "rand", "randn"]
LIKE = ["zeros_like", "ones_like", "empty_like", "rand_like", "randn_like"]


@pytest.fixture
def float64_by_default() -> Iterator[None]:
    gn.set_default_dtype("float64")
    yield
    gn.set_default_dtype(gn.float32)


@pytest.mark.usefixtures("float64_by_default")
def test_the_default_dtype() -> None:
    assert gn.get_default_dtype() == gn.float64
    for x in (
        gn.tensor(1.5), gn.tensor([1.0]), gn.as_tensor(2.0), gn.Tensor([1]), gn.zeros(1), gn.ones(1), gn.empty(1),
        gn.full((1,), 0.5), gn.eye(1), gn.arange(1.0), gn.linspace(0, 1, 2), gn.logspace(0, 1, 2), gn.rand(1),
        gn.randn(1), gn.normal(0, 1, (1,)), gn.tensor([1, 2]) / 2, gn.nn.Linear(1, 1).weight,
    ):  # fmt: skip
        assert x.dtype == gn.float64
    assert gn.tensor([1]).dtype == gn.int64
    assert gn.tensor(np.float32(1)).dtype == gn.float32


@pytest.mark.parametrize("name", SIZED)
def test_sizes_are_written_in_three_ways(name: str) -> None:
    make = getattr(gn, name)
    for x in (make(2, 3), make((2, 3)), make([2, 3]), make(size=(2, 3)), make(np.int64(2), gn.tensor(3))):
        assert x.shape == (2, 3)
    assert make(()).shape == make(size=()).shape == ()
    assert make(4).shape == make(size=4).shape == (4,)
    assert make(2, dtype=gn.float64, requires_grad=True, device="cpu").requires_grad


@pytest.mark.parametrize("name", LIKE)
def test_like(name: str) -> None:
    x = gn.zeros(2, 3, dtype=gn.float64)
    y = getattr(gn, name)(x)
    assert (y.shape, y.dtype) == (x.shape, x.dtype)
    y = getattr(gn, name)(x.long(), dtype=gn.float16, requires_grad=True, device="cpu")
    assert (y.shape, y.dtype, y.requires_grad) == (x.shape, gn.float16, True)
    assert getattr(gn, name)(gn.tensor(1.0)).shape == ()


MAKERS: dict[str, Callable[..., Tensor]] = {
    **{name: partial(getattr(gn, name), 2) for name in SIZED},
    **{name: partial(getattr(gn, name), gn.ones(2)) for name in LIKE},
    "tensor": lambda **named: gn.tensor([1.0], **named),
    "full": lambda **named: gn.full((2,), 1.0, **named),
    "full_like": lambda **named: gn.full_like(gn.ones(2), 3, **named),
    "eye": lambda **named: gn.eye(2, **named),
    "arange": lambda **named: gn.arange(2.0, **named),
    "linspace": lambda **named: gn.linspace(0, 1, 2, **named),
    "logspace": lambda **named: gn.logspace(0, 1, 2, **named),
    "normal": lambda **named: gn.normal(0, 1, (2,), **named),
}


@pytest.mark.parametrize("name", MAKERS)
def test_gradients_and_devices(name: str) -> None:
    x = MAKERS[name](requires_grad=True, device=gn.device("cpu"))
    assert x.requires_grad
    assert x.is_leaf
    assert not MAKERS[name]().requires_grad
    with pytest.raises(RuntimeError, match=r"expected device \"cpu\".*got 'cuda:0'"):
        MAKERS[name](device="cuda:0")


def test_integers_are_drawn_and_ordered_on_the_cpu_too() -> None:
    for make in (lambda device: gn.randint(3, (2,), device=device), lambda device: gn.randperm(3, device=device)):
        assert make("cpu").dtype == gn.int64
        with pytest.raises(RuntimeError, match='expected device "cpu"'):
            make("cuda")


def test_tensor_copies_and_as_tensor_does_not() -> None:
    array = np.zeros(2)
    x = gn.from_numpy(array)
    assert not np.shares_memory(gn.tensor(array).array, array)
    assert not np.shares_memory(gn.tensor(x).array, array)
    assert not np.shares_memory(tensor(array).array, array)
    assert np.shares_memory(gn.as_tensor(array).array, array)
    assert gn.as_tensor(x) is x
    assert gn.as_tensor(x, gn.float64) is x
    assert not np.shares_memory(gn.as_tensor(array, gn.float32).array, array)
    assert gn.tensor(x.requires_grad_()).requires_grad is False


def test_a_tensor_itself_makes_whole_and_other_lists_floats() -> None:
    assert Tensor([1, 2]).dtype == gn.float32
    assert Tensor([1, 2], dtype=gn.int64).dtype == gn.int64
    assert tensor(np.array([1, 2])).dtype == gn.int64
    assert Tensor().shape == (0,)
    x = Tensor([1, 2], requires_grad=True)
    (x * x).sum().backward()
    assert x.grad.tolist() == [2, 4]


def test_nested_data() -> None:
    assert gn.tensor(([1, 2], (3, gn.tensor(4)))).tolist() == [[1, 2], [3, 4]]
    assert gn.tensor([np.zeros(2), np.ones(2)]).dtype == gn.float64
    assert gn.tensor([[np.float32(0.5)]]).dtype == gn.float32
    assert gn.tensor([np.int32(1)]).dtype == gn.int32
    assert gn.tensor([0.5, np.int64(1)]).dtype == gn.float32


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("Float", "float32"), ("Double", "float64"), ("Half", "float16"), ("Long", "int64"), ("Int", "int32"),
     ("Short", "int16"), ("Char", "int8"), ("Byte", "uint8"), ("Bool", "bool")],
)  # fmt: skip
def test_the_old_constructors(name: str, dtype: str) -> None:
    make = getattr(gn, f"{name}Tensor")
    assert make([[1, 0]]).tolist() == [[1, 0]]
    assert make([1.0]).dtype == make(2, 3).dtype == make().dtype == dtype
    assert make(2, 3).shape == (2, 3)
    assert make().shape == (0,)
    assert dtype in make.__doc__


def test_stacking_and_joining_are_differentiable() -> None:
    a, b = gn.ones(2, requires_grad=True), gn.ones(2, requires_grad=True)
    for joined in (gn.cat([a, b * 2]), gn.stack([a, b * 2]), gn.vstack([a, b * 2]), gn.hstack([a, b * 2])):
        a.grad = b.grad = None
        joined.sum().backward()
        assert (a.grad.tolist(), b.grad.tolist()) == ([1, 1], [2, 2])


def test_constants_and_dtypes_have_torch_s_names() -> None:
    assert gn.inf == float("inf")
    assert gn.nan != gn.nan
    assert (round(gn.pi, 5), round(gn.e, 5)) == (3.14159, 2.71828)
    assert (gn.float, gn.double, gn.half) == (gn.float32, gn.float64, gn.float16)
    assert (gn.long, gn.int, gn.short) == (gn.int64, gn.int32, gn.int16)


# devices ----------------------------------------------------------------------------------------


def test_there_is_one_device() -> None:
    assert gn.device("cpu") == gn.device() == gn.ones(1).device == gn.device(gn.device("cpu"))
    assert gn.device("cpu") != "cuda"
    assert hash(gn.device("cpu")) == hash(gn.device())
    assert (str(gn.device()), repr(gn.device()), gn.device().index) == ("cpu", "device(type='cpu')", None)


def test_no_other_device_is_available() -> None:
    for place in (gn.cuda, gn.accelerator, gn.backends.cudnn, gn.backends.mps):
        assert place.is_available() is False
        assert place.device_count() == 0
    gn.cuda.manual_seed(0)
    gn.cuda.manual_seed_all(0)


@pytest.mark.parametrize(
    "move", [lambda x: x.cuda(), lambda x: x.cuda(0), lambda x: x.to("mps"), lambda x: x.to(device="xpu")]
)
def test_moving_to_another_device_says_what_to_do(move: Callable[[Tensor], Any]) -> None:
    with pytest.raises(RuntimeError, match=r'expected device "cpu", the only one.*glassnet\.cuda\.is_available\(\)'):
        move(gn.ones(1))


def test_moving_to_the_cpu_changes_nothing() -> None:
    x = gn.ones(1)
    for same in (x.cpu(), x.to("cpu"), x.to(gn.device("cpu")), x.to(x), x.to(x.device, x.dtype, True), x.to(None)):
        assert same is x
    assert x.to("cpu", copy=True) is not x


def test_whole_numbers_evenly_spaced_have_no_fractions():
    assert gn.linspace(1, 3.5, 6, dtype=gn.int64).tolist() == [1, 1, 1, 2, 2, 3]
    assert gn.linspace(-5, 5, 10, dtype=gn.int64).tolist() == [-5, -3, -2, -1, 0, 0, 1, 2, 3, 5]
    assert gn.logspace(1, 7, 4, base=2.5, dtype=gn.int64).tolist() == [2, 15, 97, 610]
    assert gn.arange(1.7, 9.9, 1.6, dtype=gn.int64).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert gn.arange(0, 2.5, 0.5, dtype=gn.int32).tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_ends_are_met_exactly(steps):
    numbers = gn.linspace(0.1, 0.7, steps, dtype=gn.float64).tolist()
    assert numbers[0] == 0.1
    assert steps == 1 or numbers[-1] == 0.7


def test_where_of_a_condition_alone_says_where_it_holds():
    rows, columns = gn.where(gn.tensor([[True, False], [False, True]]))
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [0, 1])
    with pytest.raises(RuntimeError, match="where: expected a mask of bool, got int64"):
        gn.where(gn.tensor([1, 0]), 1.0, 2.0)


def test_a_tensor_of_one_element_in_a_list_is_a_number() -> None:
    one = gn.ones(1)
    assert gn.tensor([one, 2 * one]).tolist() == [1, 2]
    assert gn.tensor([[one], [gn.ones(1, 1)]]).shape == (2, 1)
    assert gn.Tensor([one, 3]).tolist() == [1, 3]
    assert gn.tensor([gn.tensor([True]), False]).dtype == gn.bool


@pytest.mark.parametrize("made", [gn.tensor, gn.as_tensor, gn.Tensor])
def test_a_tensor_of_several_elements_in_a_list_is_none(made: Any) -> None:
    """As in PyTorch, where it is nearly always a stack that was meant."""
    for rows in ([gn.ones(2), gn.ones(2)], [[gn.ones(2)]], [gn.ones(0)], (gn.ones(2, 2), 1)):
        with pytest.raises(ValueError, match=r"tensors of one number, got a tensor .*; put tensors .*stack"):
            made(rows)
    assert made([np.ones(2), np.zeros(2)]).shape == (2, 2)
