"""What is a method of `Tensor` is a function here too: ``glassnet.exp(x)`` is ``x.exp()``.

This is the table of them. `glassnet` offers every name defined here.
"""

from __future__ import annotations

import builtins as _builtins
from typing import Any as _Any

from glassnet.ops.dtypes import Dtype as _Dtype
from glassnet.ops.dtypes import result_type as _result_type
from glassnet.tensor.tensor import Tensor

_IMPORTED = frozenset(globals())

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
sub = subtract = Tensor.sub
mul = multiply = Tensor.mul
div = divide = Tensor.div
pow = Tensor.pow
maximum = Tensor.maximum
minimum = Tensor.minimum
remainder = Tensor.remainder
floor_divide = Tensor.floor_divide
clamp = clip = Tensor.clamp
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
transpose = swapaxes = swapdims = Tensor.transpose
movedim = moveaxis = Tensor.movedim
adjoint = Tensor.adjoint
t = Tensor.t
broadcast_to = Tensor.expand
split = Tensor.split
chunk = Tensor.chunk
unbind = Tensor.unbind
narrow = Tensor.narrow
select = Tensor.select
index_select = Tensor.index_select
repeat_interleave = Tensor.repeat_interleave
masked_select = Tensor.masked_select
clone = Tensor.clone
detach = Tensor.detach
numel = Tensor.numel
is_floating_point = Tensor.is_floating_point


def is_tensor(x: _Any) -> _builtins.bool:
    """Whether ``x`` is a `Tensor`.

    >>> glassnet.is_tensor(glassnet.ones(2)), glassnet.is_tensor([1, 1])
    (True, False)
    """
    return isinstance(x, Tensor)


def result_type(*inputs: _Any) -> _Dtype:
    """The dtype that an operation on these tensors and numbers gives.

    >>> glassnet.result_type(glassnet.tensor([1, 2]), 0.5)
    dtype('float32')
    """
    return _result_type(*inputs)


# Not a plain assignment, which a type checker would have to evaluate: so it reads the names themselves.
globals()["__all__"] = [name for name in globals() if name not in _IMPORTED and not name.startswith("_")]
