"""What is a method of `Tensor` is a function here too: ``glassnet.exp(x)`` is ``x.exp()``."""

from __future__ import annotations

import builtins
from typing import Any

from glassnet.ops.dtypes import Dtype
from glassnet.ops.dtypes import result_type as _result_type
from glassnet.tensor import Tensor

__all__ = [
    "abs",
    "add",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "bincount",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "bmm",
    "broadcast_to",
    "ceil",
    "chunk",
    "clamp",
    "clip",
    "clone",
    "cos",
    "count_nonzero",
    "cumsum",
    "detach",
    "diag",
    "diagonal",
    "div",
    "divide",
    "dot",
    "eq",
    "equal",
    "erf",
    "exp",
    "expm1",
    "flatten",
    "flip",
    "floor",
    "floor_divide",
    "gather",
    "ge",
    "gt",
    "index_select",
    "is_floating_point",
    "is_tensor",
    "isfinite",
    "isinf",
    "isnan",
    "le",
    "log",
    "log1p",
    "log2",
    "log10",
    "log_softmax",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "lt",
    "masked_fill",
    "masked_select",
    "matmul",
    "max",
    "maximum",
    "mean",
    "median",
    "min",
    "minimum",
    "mm",
    "movedim",
    "mul",
    "multiply",
    "mv",
    "narrow",
    "ne",
    "neg",
    "nonzero",
    "norm",
    "numel",
    "outer",
    "permute",
    "pow",
    "prod",
    "ravel",
    "reciprocal",
    "relu",
    "remainder",
    "reshape",
    "result_type",
    "round",
    "rsqrt",
    "select",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "sort",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "std",
    "sub",
    "subtract",
    "sum",
    "swapaxes",
    "t",
    "tan",
    "tanh",
    "topk",
    "trace",
    "transpose",
    "tril",
    "triu",
    "trunc",
    "unbind",
    "unflatten",
    "unique",
    "unsqueeze",
    "var",
]

abs = Tensor.abs
exp = Tensor.exp
log = Tensor.log
log2 = Tensor.log2
log10 = Tensor.log10
log1p = Tensor.log1p
expm1 = Tensor.expm1
sqrt = Tensor.sqrt
rsqrt = Tensor.rsqrt
square = Tensor.square
sign = Tensor.sign
sin = Tensor.sin
cos = Tensor.cos
tan = Tensor.tan
tanh = Tensor.tanh
erf = Tensor.erf
floor = Tensor.floor
ceil = Tensor.ceil
round = Tensor.round
trunc = Tensor.trunc
neg = Tensor.neg
reciprocal = Tensor.reciprocal
sigmoid = Tensor.sigmoid
relu = Tensor.relu
isnan = Tensor.isnan
isinf = Tensor.isinf
isfinite = Tensor.isfinite
logical_not = Tensor.logical_not
logical_and = Tensor.logical_and
logical_or = Tensor.logical_or
logical_xor = Tensor.logical_xor
bitwise_not = Tensor.bitwise_not
bitwise_and = Tensor.bitwise_and
bitwise_or = Tensor.bitwise_or
bitwise_xor = Tensor.bitwise_xor
eq = Tensor.eq
equal = Tensor.equal
allclose = Tensor.allclose
ne = Tensor.ne
lt = Tensor.lt
le = Tensor.le
gt = Tensor.gt
ge = Tensor.ge
add = Tensor.add
sub = Tensor.sub
subtract = Tensor.subtract
mul = Tensor.mul
multiply = Tensor.multiply
div = Tensor.div
divide = Tensor.divide
pow = Tensor.pow
maximum = Tensor.maximum
minimum = Tensor.minimum
remainder = Tensor.remainder
floor_divide = Tensor.floor_divide
clamp = Tensor.clamp
clip = Tensor.clip
matmul = Tensor.matmul
mm = Tensor.mm
bmm = Tensor.bmm
mv = Tensor.mv
dot = Tensor.dot
outer = Tensor.outer
softmax = Tensor.softmax
log_softmax = Tensor.log_softmax
masked_fill = Tensor.masked_fill
sum = Tensor.sum
mean = Tensor.mean
prod = Tensor.prod
var = Tensor.var
std = Tensor.std
norm = Tensor.norm
logsumexp = Tensor.logsumexp
amax = Tensor.amax
amin = Tensor.amin
max = Tensor.max
min = Tensor.min
argmax = Tensor.argmax
argmin = Tensor.argmin
all = Tensor.all
any = Tensor.any
cumsum = Tensor.cumsum
median = Tensor.median
count_nonzero = Tensor.count_nonzero
argsort = Tensor.argsort
sort = Tensor.sort
topk = Tensor.topk
gather = Tensor.gather
nonzero = Tensor.nonzero
unique = Tensor.unique
bincount = Tensor.bincount
diag = Tensor.diag
diagonal = Tensor.diagonal
trace = Tensor.trace
tril = Tensor.tril
triu = Tensor.triu
flip = Tensor.flip
reshape = Tensor.reshape
flatten = Tensor.flatten
unflatten = Tensor.unflatten
ravel = Tensor.ravel
squeeze = Tensor.squeeze
unsqueeze = Tensor.unsqueeze
permute = Tensor.permute
transpose = Tensor.transpose
swapaxes = Tensor.swapaxes
movedim = Tensor.movedim
t = Tensor.t
broadcast_to = Tensor.broadcast_to
split = Tensor.split
chunk = Tensor.chunk
unbind = Tensor.unbind
narrow = Tensor.narrow
select = Tensor.select
index_select = Tensor.index_select
masked_select = Tensor.masked_select
clone = Tensor.clone
detach = Tensor.detach
numel = Tensor.numel
is_floating_point = Tensor.is_floating_point


def is_tensor(x: Any) -> builtins.bool:
    """Whether ``x`` is a `Tensor`."""
    return isinstance(x, Tensor)


def result_type(*inputs: Any) -> Dtype:
    """The dtype that an operation on these tensors and numbers gives."""
    return _result_type(*inputs)
