"""What each method says of input it cannot take: the class of the error, and pieces of its message."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import DimensionError, DtypeError, GlassnetError, GradientError, RangeError, ShapeError

OPERANDS = {
    "x": np.arange(12, dtype=np.float32).reshape(3, 4),
    "n": np.arange(12).reshape(3, 4),
    "b": np.arange(12).reshape(3, 4) > 3,
    "s": np.array(1.5, np.float32),
    "v": np.arange(5, dtype=np.float32),
    "z": np.zeros((2, 3, 4), np.float32),
    "e": np.zeros((0, 3), np.float32),
}

# fmt: off
SHAPES = [
    ("x.view(5)", ShapeError, "view", "[3, 4] has 12 elements", "[5] holds 5"),
    ("x.T.view(12)", ShapeError, "[4, 3]", "without copying", "use reshape()"),
    ("x.view(-1, -1)", ShapeError, "at most one dimension can be -1", "[-1, -1]"),
    ("x.view(-2, 6)", ShapeError, "0 or more", "[-2, 6]"),
    ("x.reshape(-2, 6)", ShapeError, "reshape", "0 or more", "[-2, 6]"),
    ("x.reshape(5, -1)", ShapeError, "12 is not a multiple of 5"),
    ("x.reshape(2.5, 2)", TypeError, "whole numbers", "(2.5, 2)"),
    ("x.reshape('a')", TypeError, "whole numbers", "'a'"),
    ("x.flatten(1, 0)", DimensionError, "start_dim must not come after end_dim", "1 and 0"),
    ("x.flatten(2)", DimensionError, "flatten", "-2 and 1", "got 2"),
    ("x.unflatten(1, (3, -1))", ShapeError, "unflatten", "4 is not a multiple of 3"),
    ("x.unflatten(2, (2, 2))", DimensionError, "unflatten", "got 2"),
    ("x.squeeze(2)", DimensionError, "squeeze", "got 2"),
    ("x.squeeze((0, 0))", DimensionError, "named once", "(0, 0)"),
    ("x.unsqueeze(3)", DimensionError, "unsqueeze", "-3 and 2", "got 3"),
    ("x.permute(0)", DimensionError, "each of the 2 dimensions of [3, 4] once", "(0,)"),
    ("x.permute(0, 0)", DimensionError, "once", "(0, 0)"),
    ("x.transpose(0, 2)", DimensionError, "transpose", "got 2"),
    ("s.transpose(0, 1)", DimensionError, "0-dimensional tensor has no dimension 1"),
    ("x.movedim(0, 3)", DimensionError, "movedim", "got 3"),
    ("x.movedim((0, 1), (0, 0))", DimensionError, "movedim", "(0, 1) to (0, 0)"),
    ("z.t()", ShapeError, "at most 2 dimensions", "[2, 3, 4]", "transpose or permute"),
    ("x.expand(3)", ShapeError, "[3, 4] cannot be repeated to fill [3]"),
    ("x.expand(3, 5)", ShapeError, "[3, 4] cannot be repeated to fill [3, 5]"),
    ("x.expand(-1, 3, 4)", ShapeError, "-1 keeps a size", "give the size"),
    ("x.expand(3, 3, 4).add_(1)", ShapeError, "expanded", "x.clone()"),
    ("x.repeat(2)", ShapeError, "each of the 2 dimensions, got 1"),
    ("x.split(0)", ShapeError, "size 1 or more, got 0", "chunk(n)"),
    ("x.split([1, 1])", ShapeError, "add up to 3", "dim 0", "[1, 1]"),
    ("x.split([4, -1])", ShapeError, "add up to 3", "[4, -1]"),
    ("x.split(2, 5)", DimensionError, "split", "got 5"),
    ("s.split(1)", DimensionError, "at least 1 dimension"),
    ("x.chunk(0)", ValueError, "1 chunk or more, got 0"),
    ("s.chunk(2)", DimensionError, "at least 1 dimension"),
    ("s.unbind()", DimensionError, "at least 1 dimension"),
    ("x.narrow(0, 2, 2)", RangeError, "2 from 2 on", "dim 0 of size 3"),
    ("x.narrow(0, -4, 1)", RangeError, "from -4 on"),
    ("x.narrow(0, 0, -1)", RangeError, "-1 from 0 on"),
    ("x.select(0, 3)", IndexError, "index 3 is out of bounds", "[3, 4]"),
    ("x.select(2, 0)", DimensionError, "select", "got 2"),
    ("x.stride(5)", DimensionError, "stride", "got 5"),
    ("x.size(2)", DimensionError, "size", "got 2"),
    ("x.flip(2)", DimensionError, "flip", "got 2"),
    ("x.flip(0, 0)", DimensionError, "named once"),
    ("x.flip('a')", TypeError, "whole numbers"),
    ("v.tril()", ShapeError, "tril", "a matrix", "[5]"),
    ("s.triu()", ShapeError, "triu", "a matrix", "[]"),
    ("v.trace()", ShapeError, "trace", "a matrix", "[5]"),
    ("z.diag()", ShapeError, "a vector or a matrix", "[2, 3, 4]", "use diagonal"),
    ("v.diagonal()", ShapeError, "at least 2 dimensions", "[5]"),
    ("x.diagonal(dim1=1, dim2=-1)", DimensionError, "two different dimensions", "dim1=1 and dim2=-1"),
]
INDICES = [
    ("x[3]", IndexError, "[3, 4]", "index 3 is out of bounds"),
    ("x[0, 0, 0]", IndexError, "too many indices", "3 were indexed"),
    ("x[1.0]", TypeError, "ints, slices, None", "got float"),
    ("x['a']", TypeError, "got str"),
    ("x[gn.tensor([5])]", IndexError, "index 5 is out of bounds"),
    ("x[gn.tensor([0.5])]", TypeError, "got Tensor of float32"),
    ("x[gn.tensor([True, False])]", IndexError, "boolean index did not match"),
    ("x.__setitem__(0, [1.0, 2.0])", ShapeError, "[4] and [2]", "sizes must be equal"),
    ("x.__setitem__(5, 1.0)", IndexError, "index 5 is out of bounds"),
    ("x.__setitem__(0, 'a')", TypeError, "tensor or numbers", "str"),
    ("n.__setitem__(0, gn.inf)", RangeError, "int64 holds", "inf"),
    ("x.index_select(0, gn.tensor([3]))", RangeError, "0 to 2", "3"),
    ("x.index_select(0, gn.tensor([[0]]))", DimensionError, "a vector of integers", "[1, 1]"),
    ("x.index_select(0, gn.tensor([0.5]))", TypeError, "float32"),
    ("x.masked_select(n)", DtypeError, "bool mask, got int64"),
    ("x.masked_select(gn.tensor([True, False]))", ShapeError, "[3, 4] and [2]"),
    ("x.gather(1, gn.tensor([0]))", DimensionError, "as many dimensions as the tensor ([3, 4])", "got [1]"),
    ("x.gather(1, gn.tensor([[4]]))", IndexError, "0 to 3, got 4"),
    ("x.gather(1, gn.tensor([[-1]]))", IndexError, "0 to 3, got -1"),
    ("x.gather(0, gn.tensor([[0, 0, 0, 0, 0]]))", DimensionError, "no larger", "[1, 5]"),
    ("x.gather(2, n)", DimensionError, "gather", "got 2"),
    ("x.gather(1, x / 4)", DtypeError, "integer indices, got float32", "index.long()"),
    ("x.index_fill_(2, [0], 1.0)", DimensionError, "index_fill_", "got 2"),
    ("x.index_fill_(0, [7], 1.0)", IndexError, "index 7 is out of bounds"),
    ("x.scatter_(1, gn.tensor([0]), 1.0)", DimensionError, "scatter_", "as many dimensions", "got [1]"),
    ("x.scatter_(1, gn.tensor([[9]]), 1.0)", IndexError, "scatter_", "0 to 3, got 9"),
    ("x.scatter_(2, gn.tensor([[0]]), 1.0)", DimensionError, "scatter_", "got 2"),
    ("x.topk(5)", ShapeError, "k from 0 to 4", "got 5"),
    ("x.topk(2, 3)", DimensionError, "topk", "got 3"),
    ("s.topk(1)", ShapeError, "at least 1 dimension"),
    ("x.argsort(2)", DimensionError, "argsort", "got 2"),
    ("x.sort(4)", DimensionError, "got 4"),
    ("x.unique(dim=5)", DimensionError, "unique", "got 5"),
    ("x.bincount()", DtypeError, "whole numbers, got float32", "x.long()"),
    ("n.bincount()", ShapeError, "a vector, got [3, 4]", "x.flatten()"),
    ("(-n[0]).bincount()", RangeError, "from 0 on, got -3"),
]
ARITHMETIC = [
    ("x + gn.ones(3)", ShapeError, "add", "[3, 4] and [3]", "4", "unsqueeze(1)"),
    ("x @ s", ShapeError, "1 dimension or more", "[]", "use *"),
    ("x.matmul(x)", ShapeError, "(4) must equal", "(3)", "b.T"),
    ("x.mm(v)", ShapeError, "mm", "2-dimensional", "[5]", "matmul (@)"),
    ("x.bmm(x)", ShapeError, "bmm", "3-dimensional", "[3, 4]"),
    ("v.mv(v)", ShapeError, "mv", "2-dimensional", "[5]"),
    ("x.mv(x.T)", ShapeError, "mv", "1-dimensional", "[4, 3]"),
    ("x.mv(v)", ShapeError, "(4) must equal", "(5)"),
    ("v.dot(x)", ShapeError, "dot", "1-dimensional", "[3, 4]"),
    ("v.dot(gn.ones(3))", ShapeError, "(5) must equal", "(3)"),
    ("v.outer(x)", ShapeError, "outer", "1-dimensional"),
    ("b - b", DtypeError, "sub", "numbers, got bool", "x.int()"),
    ("-b", DtypeError, "neg", "numbers, got bool"),
    ("~x", DtypeError, "bitwise_not", "bool or integers, got float32", "compare first"),
    ("x & n", DtypeError, "bitwise_and", "bool or integers, got float32"),
    ("n.bitwise_or(x)", DtypeError, "bitwise_or", "got float32"),
    ("x.clamp()", ValueError, "min, max or both, got neither"),
    ("x.clamp_()", ValueError, "clamp_", "got neither"),
    ("x.div(2, rounding_mode='up')", ValueError, '"floor" or "trunc"', "got 'up'"),
    ("x.where(gn.tensor([True, False]), 0)", ShapeError, "where", "[2] and [3, 4]"),
    ("x.masked_fill(gn.tensor([True, False]), 0)", ShapeError, "[2]", "[3, 4]"),
    ("x.softmax(2)", DimensionError, "softmax", "got 2"),
    ("x.log_softmax(3)", DimensionError, "log_softmax", "got 3"),
]
REDUCED = [
    ("x.sum(2)", DimensionError, "sum", "-2 and 1", "got 2"),
    ("x.sum((0, 0))", DimensionError, "named once", "(0, 0)"),
    ("s.mean(1)", DimensionError, "0-dimensional tensor has no dimension 1"),
    ("x.sum(foo=1)", TypeError, "sum", "'foo'", "dim, keepdim"),
    ("x.mean(out=x)", TypeError, "mean", "'out'"),
    ("x.max(1, keep=True)", TypeError, "argmax", "'keep'"),
    ("n.mean()", DtypeError, "mean", "floating tensor, got int64", "x.float()"),
    ("b.mean()", DtypeError, "got bool"),
    ("n.std()", DtypeError, "floating tensor, got int64"),
    ("n.norm()", DtypeError, "norm", "got int64"),
    ("n.norm(1)", DtypeError, "norm", "got int64"),
    ("x.norm('nuc')", ValueError, '"fro"', "got 'nuc'"),
    ("n.logsumexp(0)", DtypeError, "logsumexp", "got int64"),
    ("e.max()", ShapeError, "at least one element", "[0, 3]"),
    ("e.max(0)", ShapeError, "at least one element", "dim=0"),
    ("e.argmin()", ShapeError, "argmin", "at least one element"),
    ("e.median()", ShapeError, "median", "at least one element", "[0]"),
    ("e.median(0)", ShapeError, "median", "[0, 3]"),
    ("x.max((0, 1))", TypeError, "max: expected one dimension", "(0, 1)", "amax takes several"),
    ("x.min(2)", DimensionError, "got 2"),
    ("x.argmax(5)", DimensionError, "argmax", "got 5"),
    ("x.cumsum(2)", DimensionError, "cumsum", "got 2"),
    ("x.cumsum_(4)", DimensionError, "cumsum", "got 4"),
    ("x.median(3)", DimensionError, "median", "got 3"),
]
IN_PLACE = [
    ("v.copy_(x)", ShapeError, "copy_", "[3, 4]", "[5]"),
    ("x[0].copy_(x)", ShapeError, "[3, 4] does not fit into [4]"),
    ("x.fill_(v)", ShapeError, "one number", "copy_()"),
    ("n.exp_()", DtypeError, "exp in place", "float32", "int64 cannot hold", "x.float()"),
    ("n.masked_fill_(b, 0.5)", DtypeError, "int64 cannot hold"),
    ("x.masked_fill_(gn.tensor([True, False]), 0.0)", ShapeError, "[2]", "[3, 4]"),
    ("x.uniform_(2, 1)", ValueError, "low ≤ high", "2 and 1"),
    ("n.uniform_()", DtypeError, "uniform_", "got int64", "random_(low, high)"),
    ("x.normal_(0, -1)", ValueError, "0 or more", "std=-1"),
    ("n.normal_()", DtypeError, "normal_", "got int64"),
    ("x.bernoulli_(2)", ValueError, "0 to 1", "p=2"),
    ("n.random_(5, 5)", ValueError, "low below high", "5 and 5"),
    ("n.random_(0)", ValueError, "0 and 0"),
    ("n.requires_grad_()", DtypeError, "floating", "int64"),
]
CREATED = [
    ("gn.tensor([[1, 2], [3]])", ShapeError, "nested lists of one length", "ragged"),
    ("gn.tensor([v, s])", ShapeError, "ragged"),
    ("gn.tensor(['a'])", DtypeError, "numbers", "['a']", "encode"),
    ("gn.tensor(None)", DtypeError, "numbers", "None"),
    ("gn.tensor([1, None])", DtypeError, "None"),
    ("gn.tensor(1j)", DtypeError, "complex128"),
    ("gn.tensor(2**70)", DtypeError, "numbers"),
    ("gn.tensor([300], dtype=gn.uint8)", RangeError, "uint8 holds whole numbers from 0 to 255", "got 300"),
    ("gn.tensor([1, 70000], dtype=gn.int16)", RangeError, "int16", "1 to 70000"),
    ("gn.LongTensor([gn.nan])", RangeError, "int64", "nan"),
    ("gn.from_numpy([1, 2])", TypeError, "a NumPy array, got list", "tensor()"),
    ("gn.zeros(-1)", ValueError, "negative dimensions"),
    ("gn.zeros(2.5)", TypeError, "whole numbers", "2.5"),
    ("gn.full((2,), [1, 2, 3])", ShapeError, "one number", "[3]"),
    ("gn.full((2,), 'a')", DtypeError, "numbers", "'a'"),
    ("gn.arange(0, 5, -1)", ValueError, "lead from 0 to 5", "step=-1"),
    ("gn.arange(5, 0)", ValueError, "lead from 5 to 0", "step=1"),
    ("gn.arange(0, 5, 0)", ValueError, "step=0"),
    ("gn.linspace(0, 1, -1)", ValueError, "-1", "non-negative"),
    ("gn.rand(2, dtype=gn.int64)", DtypeError, "rand", "floating dtype, got int64", "randint"),
    ("gn.randn_like(n)", DtypeError, "randn", "got int64"),
    ("gn.randint(5)", ValueError, "(high, size) or (low, high, size)", "None"),
    ("gn.randint(5, 2, (2,))", ValueError, "low below high", "(5, 2, (2,))"),
    ("gn.randperm(-1)", ValueError, "0 or more, got -1"),
    ("gn.normal(0, -1, (2,))", ValueError, "standard deviation of 0 or more", "-1"),
    ("gn.normal(x, 1.0, (2,))", ValueError, "a size of their own", "(2,)"),
    ("gn.normal(x, gn.ones(3))", ShapeError, "normal", "[3, 4] and [3]"),
    ("gn.multinomial(gn.zeros(2), 1)", ValueError, "not all 0"),
    ("gn.multinomial(gn.tensor([-1.0, 2.0]), 1)", ValueError, "0 or more"),
    ("gn.multinomial(gn.tensor([gn.nan, 2.0]), 1)", ValueError, "finite"),
    ("gn.multinomial(e[:, :0], 1)", ValueError, "weights"),
    ("gn.multinomial(gn.tensor([1.0, 0.0]), 2)", ValueError, "the 1 weights that are not 0", "replacement=True"),
    ("gn.multinomial(gn.ones(2), 0)", ValueError, "1 sample or more", "got 0"),
    ("gn.multinomial(s, 1)", ShapeError, "a row of weights", "0 dimensions"),
    ("gn.cat([])", ShapeError, "at least one tensor"),
    ("gn.cat(x)", TypeError, "cat", "a list of tensors", "[3, 4]"),
    ("gn.cat([x, v])", ShapeError, "except in dimension 0", "[3, 4], [5]"),
    ("gn.cat([x, x], 2)", DimensionError, "got 2"),
    ("gn.stack([])", ShapeError, "at least one tensor"),
    ("gn.stack(x)", TypeError, "stack", "a list of tensors"),
    ("gn.stack([x, v])", ShapeError, "tensors of one shape", "[3, 4], [5]"),
    ("gn.hstack([])", ShapeError, "at least one tensor"),
    ("gn.vstack([x, v])", ShapeError, "except in dimension 0"),
    ("gn.meshgrid(x)", ShapeError, "vectors, got [3, 4]"),
    ("gn.meshgrid(v, indexing='zz')", ValueError, '"ij" or "xy"', "'zz'"),
]
OTHERS = [
    ("x.to('float99')", TypeError, "float99"),
    ("x.to(dtype='c8')", TypeError, "bool, integer and floating", "complex64"),
    ("gn.zeros(2, dtype=complex)", TypeError, "bool, integer and floating", "complex128"),
    ("gn.tensor([1, 2], dtype='c8')", TypeError, "bool, integer and floating", "complex64"),
    ("gn.device('tpu')", RuntimeError, '"cpu"', "got 'tpu'", "leave the device out"),
    ("gn.manual_seed(1.5)", TypeError, "whole number", "float: 1.5"),
    ("gn.manual_seed(True)", TypeError, "whole number", "bool"),
    ("gn.Generator(device='cuda')", RuntimeError, '"cpu"', "'cuda'"),
    ("gn.Generator('cuda')", RuntimeError, '"cpu"', "'cuda'"),
    ("gn.set_default_dtype(gn.int64)", TypeError, "must be floating", "int64"),
    ("gn.result_type()", TypeError, "at least one"),
    ("x.requires_grad_().numpy()", GradientError, "detach().numpy()"),
]
# fmt: on
CASES = [*SHAPES, *INDICES, *ARITHMETIC, *REDUCED, *IN_PLACE, *CREATED, *OTHERS]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_message_and_nothing_changed(case: Any) -> None:
    expression, error, *pieces = case
    operands = {name: gn.from_numpy(array.copy()) for name, array in OPERANDS.items()}
    with pytest.raises(error) as raised:
        eval(expression, {"gn": gn, **operands})
    message = str(raised.value)
    for piece in pieces:
        assert piece in message
    for name, array in OPERANDS.items():
        np.testing.assert_array_equal(operands[name].array, array)


def test_an_error_is_also_the_one_that_torch_raises() -> None:
    for error in (ShapeError, DtypeError, GradientError, RangeError):
        assert issubclass(error, RuntimeError)
    for error in (DimensionError, RangeError):
        assert issubclass(error, IndexError)
    assert issubclass(DtypeError, TypeError)
    assert issubclass(ShapeError, GlassnetError)
