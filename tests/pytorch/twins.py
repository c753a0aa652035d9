"""The same thing in glassnet as in PyTorch, and whether the two agree: values, gradients, gradients of gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn
from glassnet.autograd import grad
from glassnet.ops.bfloat16 import dtype_name

torch = pytest.importorskip("torch")

TOLERANCE = {
    "torch.float64": 1e-10, "torch.float32": 1e-5, "torch.float16": 1e-3, "torch.complex128": 1e-10,
    "torch.complex64": 1e-5, "torch.bfloat16": 1e-2,
}  # fmt: skip


class NotHere(Exception):
    """A sample has something that glassnet has not: a dtype, say."""


def twin(value: Any, known: dict[int, Any] | None = None) -> Any:
    """``value``, an argument of PyTorch's, as one of glassnet's. A tensor that stands in it twice is one tensor."""
    known = {} if known is None else known
    if isinstance(value, torch.Tensor):
        if id(value) not in known:
            known[id(value)] = gn.from_numpy(_array(value)).requires_grad_(value.requires_grad)
        return known[id(value)]
    if isinstance(value, tuple | list):
        made = [twin(x, known) for x in value]
        return made if isinstance(value, list) else tuple(made)
    if isinstance(value, slice):
        return slice(*(twin(x, known) for x in (value.start, value.stop, value.step)))
    if isinstance(value, dict):
        return {key: twin(x, known) for key, x in value.items()}
    if isinstance(value, torch.dtype):
        return _there(str(value).removeprefix("torch."))
    if isinstance(value, torch.device):
        return str(value)
    if isinstance(value, torch.memory_format | torch.layout):
        return _there(str(value).removeprefix("torch."))
    if isinstance(value, torch.nn.Module):
        args, kwargs = getattr(value, "made_with", ((), {}))
        module = getattr(nn, type(value).__name__)(*twin(args), **twin(kwargs))
        module.load_state_dict(value.state_dict())
        return module
    if callable(value) and getattr(torch.nn.functional, getattr(value, "__name__", ""), None) is value:
        return getattr(F, value.__name__)
    return value


def _there(name: str) -> Any:
    if not hasattr(gn, name):
        raise NotHere(f"glassnet has no {name}")
    return getattr(gn, name)


def _array(tensor: Any) -> Any:
    """The numbers of ``tensor``, in memory of their own, which is laid out as that of ``tensor``."""
    _there(str(tensor.dtype).removeprefix("torch."))
    if tensor.layout != torch.strided:
        raise NotHere(f"glassnet has no {tensor.layout}")
    tensor = tensor.detach().resolve_conj()
    if tensor.is_contiguous() or not tensor.numel():
        return _copied(tensor)
    reach = 1 + sum((n - 1) * stride for n, stride in zip(tensor.shape, tensor.stride(), strict=True))
    memory = _copied(torch.as_strided(tensor, (reach,), (1,)))
    return np.lib.stride_tricks.as_strided(memory, tensor.shape, [n * memory.itemsize for n in tensor.stride()])


def _copied(tensor: Any) -> Any:
    """A copy of the numbers of ``tensor``: NumPy has no bfloat16, glassnet has it as a kind of float32."""
    if tensor.dtype == torch.bfloat16:
        return tensor.float().numpy().view(gn.bfloat16)
    return tensor.numpy().copy()


def leaves(value: Any) -> list[Any]:
    """The tensors in nested tuples, lists and dicts, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [leaf for x in value for leaf in leaves(x)]
    return [value] if isinstance(value, torch.Tensor | gn.Tensor) else []


def check_close(what: str, ours: Any, theirs: Any, tolerance: float) -> None:
    """Same shape, same dtype, same numbers; no gradient is a gradient of 0."""
    if ours is None or theirs is None:
        ours, theirs = (
            np.zeros(())
            if x is None
            else x.detach().numpy()
            if isinstance(x, gn.Tensor)
            else x.detach().numpy(force=True)
            for x in (ours, theirs)
        )
    else:
        theirs = theirs.to_dense() if theirs.is_sparse else theirs.resolve_conj()
        assert ours.shape == tuple(theirs.shape), f"{what}: {ours.shape}, PyTorch's is {tuple(theirs.shape)}"
        dtype = dtype_name(ours.dtype)
        assert f"torch.{dtype}" == str(theirs.dtype), f"{what}: {dtype}, PyTorch's is {theirs.dtype}"
        if theirs.dtype == torch.bfloat16:
            ours, theirs = ours.float(), theirs.float()
        ours, theirs = ours.detach().numpy(), theirs.detach().numpy(force=True)
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance, err_msg=what)


def _weighted(outputs: Sequence[Any], tensor: Any) -> Any:
    """One real number of all floating outputs, in which each element counts differently."""
    rng = np.random.default_rng(0)
    parts = [(y * tensor(rng.standard_normal(tuple(y.shape)))).sum() for y in outputs if y.requires_grad]
    parts = [(part * (1 - 2j)).real if part.is_complex() else part for part in parts]
    return sum(parts[1:], parts[0]) if parts else None


def check_numbers(ours: Any, theirs: Any, tolerance: float | None = None) -> None:
    """``ours`` are the results that ``theirs`` are: tensors in any nesting, or a number, a bool, a shape."""
    if isinstance(theirs, bool | int | float):
        assert isinstance(ours, type(theirs)), f"{ours!r}, PyTorch's is {theirs!r}"
        assert ours == theirs
    ours, theirs = leaves(ours), leaves(theirs)
    assert len(ours) == len(theirs), f"{len(ours)} results, PyTorch has {len(theirs)}"
    for i, (y, z) in enumerate(zip(ours, theirs, strict=True)):
        check_close(f"result {i}", y, z, TOLERANCE.get(str(z.dtype), 0) if tolerance is None else tolerance)


def check_memory(ours: Any, theirs: Any, mine: Any, other: Any) -> None:
    """``ours`` look into the memory of the inputs ``mine``, and of one another, where ``theirs`` do."""
    seen = [_looks(leaves(results), leaves(inputs)) for results, inputs in ((ours, mine), (theirs, other))]
    assert seen[0] == seen[1], f"memory: {seen[0]}, PyTorch's: {seen[1]}"


def _looks(results: Sequence[Any], inputs: Sequence[Any]) -> list[str]:
    arrays, given = ([_memory(x) for x in tensors] for tensors in (results, inputs))
    looks = [f"result {i} of input {j}" for i, y in enumerate(arrays) for j, x in enumerate(given) if _shared(x, y)]
    return looks + [f"result {i} of {j}" for i, y in enumerate(arrays) for j in range(i) if _shared(arrays[j], y)]


def _shared(x: Any, y: Any) -> bool:
    try:
        return np.shares_memory(x, y, max_work=10_000)
    except np.exceptions.TooHardError:
        return np.may_share_memory(x, y)


def _memory(tensor: Any) -> Any:
    """An array of the memory of ``tensor``, as it is."""
    if isinstance(tensor, gn.Tensor):
        return tensor.array
    if tensor.layout != torch.strided:
        return np.empty(0)
    tensor = (tensor.conj() if tensor.is_conj() else tensor).detach().resolve_neg()
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def check_agree(ours: Any, theirs: Any, mine: Sequence[Any], other: Sequence[Any]) -> None:
    """``ours`` are the results that ``theirs`` are, and so are their gradients by ``mine`` and by ``other``, twice."""
    check_numbers(ours, theirs)
    ours, theirs = leaves(ours), leaves(theirs)
    for order in ("gradient", "second gradient"):
        total, wanted_total = _weighted(ours, gn.tensor), _weighted(theirs, torch.tensor)
        if wanted_total is None:
            assert total is None, f"{order}: PyTorch's results require no gradient"
            return
        try:
            wanted = torch.autograd.grad(wanted_total, other, create_graph=True, allow_unused=True)
        except RuntimeError as error:
            if "not implemented" not in str(error):
                raise
            return  # PyTorch has no second derivative
        found = [None] * len(mine) if total is None else grad(total, mine, create_graph=True, allow_unused=True)
        for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
            check_close(f"{order} by input {i} {tuple(other[i].shape)}", a, b, 1e-8)
        pairs = [(a, b) for a, b in zip(found, wanted, strict=True) if a is not None and b is not None]
        pairs = [(a, b) for a, b in pairs if a.requires_grad and b.requires_grad]
        ours, theirs = [a for a, _ in pairs], [b for _, b in pairs]
