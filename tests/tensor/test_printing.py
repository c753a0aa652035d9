"""How tensors print, to the letter."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import glassnet as gn
from glassnet import Tensor, nn

INF, NAN = float("inf"), float("nan")

TEXTS = [
    # whole and other floats
    ("t.tensor(1.)", "tensor(1.)"),
    ("t.tensor(1.5)", "tensor(1.5000)"),
    ("t.tensor([1., 2.5])", "tensor([1.0000, 2.5000])"),
    ("t.tensor([1., -2., 30.])", "tensor([ 1., -2., 30.])"),
    ("t.tensor([[0.1234567, 12.3]])", "tensor([[ 0.1235, 12.3000]])"),
    ("-t.zeros(2)", "tensor([-0., -0.])"),
    ("t.tensor([0.001, 0.9999])", "tensor([0.0010, 0.9999])"),
    ("t.tensor([0.0001, 0.9999])", "tensor([1.0000e-04, 9.9990e-01])"),
    ("t.tensor([1e-8])", "tensor([1.0000e-08])"),
    ("t.tensor([1e10, 1.5])", "tensor([1.0000e+10, 1.5000e+00])"),
    ("t.tensor([123456.789])", "tensor([123456.7891])"),
    ("t.tensor([1234567.5])", "tensor([1234567.5000])"),
    ("t.tensor([12345678.])", "tensor([12345678.])"),
    ("t.tensor(1e-8)", "tensor(1.0000e-08)"),
    # integers and bool
    ("t.tensor(3)", "tensor(3)"),
    ("t.tensor([[1, -2], [30, 4]])", "tensor([[ 1, -2],\n        [30,  4]])"),
    ("t.tensor([1, 1000000])", "tensor([      1, 1000000])"),
    ("t.tensor([True, False])", "tensor([ True, False])"),
    ("t.tensor(True)", "tensor(True)"),
    # not a number, not finite
    ("t.tensor([NAN, 1.5])", "tensor([   nan, 1.5000])"),
    ("t.tensor([INF, 1.5, -2])", "tensor([    inf,  1.5000, -2.0000])"),
    ("t.tensor([-1., INF])", "tensor([-1., inf])"),
    ("t.tensor([NAN])", "tensor([nan])"),
    # dtypes that are not the usual ones
    ("t.tensor([1., 2.], dtype=t.float64)", "tensor([1., 2.], dtype=float64)"),
    ("t.tensor([0.5], dtype=t.float16)", "tensor([0.5000], dtype=float16)"),
    ("t.tensor([1, 2], dtype=t.int32)", "tensor([1, 2], dtype=int32)"),
    ("t.tensor([1], dtype=t.uint8)", "tensor([1], dtype=uint8)"),
    # empty
    ("t.tensor([])", "tensor([])"),
    ("t.zeros(0, dtype=t.int64)", "tensor([], dtype=int64)"),
    ("t.zeros(0, dtype=t.bool)", "tensor([], dtype=bool)"),
    # history
    ("t.ones(2, requires_grad=True)", "tensor([1., 1.], requires_grad=True)"),
    ("t.ones(2, dtype=t.float64, requires_grad=True)", "tensor([1., 1.], dtype=float64, requires_grad=True)"),
    ("t.nn.Parameter(t.ones(2))", "Parameter containing:\ntensor([1., 1.], requires_grad=True)"),
    # several dimensions
    (
        "t.arange(12.).reshape(2, 2, 3)",
        "tensor([[[ 0.,  1.,  2.],\n         [ 3.,  4.,  5.]],\n\n"
        "        [[ 6.,  7.,  8.],\n         [ 9., 10., 11.]]])",
    ),
    ("t.zeros(1, 1, 1)", "tensor([[[0.]]])"),
    ("t.zeros(0, 3)", "tensor([], size=(0, 3))"),
    ("t.zeros(2, 0, dtype=t.int64)", "tensor([], size=(2, 0), dtype=int64)"),
    ("t.tensor([1., INF])", "tensor([1., inf])"),
    ("t.tensor([1., 1e9])", "tensor([1.0000e+00, 1.0000e+09])"),
    ("t.ones(2, requires_grad=True).sum()", "tensor(2., grad_fn=<SumBackward0>)"),
    ("t.ones(2, requires_grad=True) * 2", "tensor([2., 2.], grad_fn=<MulBackward0>)"),
    ("t.ones(2, requires_grad=True).detach()", "tensor([1., 1.])"),
    ("t.arange(1001)", "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    ("t.arange(1000)[997:]", "tensor([997, 998, 999])"),
    (
        "t.arange(10000).reshape(100, 100)",
        "tensor([[   0,    1,    2,  ...,   97,   98,   99],\n"
        "        [ 100,  101,  102,  ...,  197,  198,  199],\n"
        "        [ 200,  201,  202,  ...,  297,  298,  299],\n"
        "        ...,\n"
        "        [9700, 9701, 9702,  ..., 9797, 9798, 9799],\n"
        "        [9800, 9801, 9802,  ..., 9897, 9898, 9899],\n"
        "        [9900, 9901, 9902,  ..., 9997, 9998, 9999]])",
    ),
    (
        "t.full((12,), 0.1)",
        "tensor([0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000, 0.1000,\n"
        "        0.1000, 0.1000, 0.1000])",
    ),
    ("t.tensor([3, 1]).sort()", "return_types.sort(\nvalues=tensor([1, 3]),\nindices=tensor([1, 0]))"),
    ("t.zeros(0)[None]", "tensor([], size=(1, 0))"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "text"), TEXTS, ids=[row[0] for row in TEXTS])
def test_text(expression: str, text: str) -> None:
    assert repr(eval(expression, {"t": gn, "INF": INF, "NAN": NAN})) == text


def test_str_and_format_without_a_spec_are_the_repr() -> None:
    x = gn.tensor([1.5, 2.0])
    assert str(x) == repr(x) == f"{x}"


def test_the_default_dtype_goes_unsaid() -> None:
    x = gn.tensor([1.5], dtype=gn.float64)
    gn.set_default_dtype(gn.float64)
    try:
        assert repr(x) == "tensor([1.5000])"
        assert repr(x.float()) == "tensor([1.5000], dtype=float32)"
    finally:
        gn.set_default_dtype(gn.float32)


def test_a_layer_prints_its_parameters_with_their_values() -> None:
    layer = nn.Linear(1, 1)
    with gn.no_grad():
        layer.weight.fill_(0.25)
    assert repr(layer.weight) == "Parameter containing:\ntensor([[0.2500]], requires_grad=True)"


@pytest.fixture
def options() -> Iterator[None]:
    yield
    gn.set_printoptions(profile="default")


@pytest.mark.usefixtures("options")
def test_print_options() -> None:
    def printed(x: Tensor, **options: int | bool) -> str:
        gn.set_printoptions(**options)
        return repr(x)

    third = gn.tensor([1 / 3, 2.0], dtype=gn.float64)
    assert printed(third, precision=2) == "tensor([0.33, 2.00], dtype=float64)"
    assert printed(third) == "tensor([0.33, 2.00], dtype=float64)"  # it stays
    assert printed(third, precision=4, sci_mode=True) == "tensor([3.3333e-01, 2.0000e+00], dtype=float64)"
    assert printed(gn.tensor([1e-6, 1.5]), sci_mode=False) == "tensor([0.0000, 1.5000])"
    assert printed(gn.tensor([1e-6, 1.5])) == "tensor([1.0000e-06, 1.5000e+00])"
    assert printed(gn.arange(6), threshold=5, edgeitems=1) == "tensor([0,  ..., 5])"
    assert printed(gn.arange(6), threshold=1000, linewidth=16) == "tensor([0, 1, 2,\n        3, 4, 5])"


@pytest.mark.parity
@pytest.mark.parametrize("expression", [row[0] for row in TEXTS])
def test_text_is_torch_s(expression: str) -> None:
    torch = pytest.importorskip("torch")
    names = {"INF": INF, "NAN": NAN}
    theirs = repr(eval(expression, {"t": torch, **names})).replace("torch.", "")
    assert repr(eval(expression, {"t": gn, **names})) == theirs
