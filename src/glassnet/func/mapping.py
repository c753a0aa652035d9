"""`vmap`: a function of one sample becomes one of many."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from glassnet.func.batching import Batching
from glassnet.ops.indexing import getitem
from glassnet.ops.movement import copy
from glassnet.pytree import flatten
from glassnet.tensor import Tensor, wrap
from glassnet.tensor.joining import cat


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """``func``, written for one sample, for all those along a dimension of its arguments.

    The function sees tensors without that dimension and runs once; each of its operations is carried out for all
    samples. ``in_dims`` says the dimension: a number for all arguments, or a tuple with one each, None for what is the
    same for all samples, as what is given by name always is; trees of them for trees of tensors. ``out_dims`` says
    where it is in the results. ``randomness`` is "error", "different" (each sample its own numbers) or "same". With
    ``chunk_size``, so many samples are done at a time, which takes less memory.

    Raises ValueError for arguments that do not fit ``in_dims``, RuntimeError where the function reads numbers that
    differ from sample to sample, as `if` does.

    >>> rows = glassnet.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> glassnet.vmap(glassnet.dot)(rows, rows)
    tensor([ 5., 25.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f'vmap: expected randomness "error", "different" or "same", got {randomness!r:.80}')
    if chunk_size is not None and not (isinstance(chunk_size, int) and chunk_size > 0):
        raise ValueError(f"vmap: expected chunk_size of 1 or more, or None, got {chunk_size!r:.80}")

    @wraps(func)
    def mapped(*args: Any, **named: Any) -> Any:
        leaves, tree = flatten(list(args))
        dims = _dims_of("in_dims", in_dims, list(args), is_arguments=True)
        named_leaves, named_tree = flatten(named)
        dims += [None] * len(named_leaves)  # what is given by name is the same for all samples
        wholes, size = _to_front(leaves + named_leaves, dims)
        step = size if chunk_size is None else chunk_size
        results = []
        for start in range(0, max(size, 1), max(step, 1)):
            part = [
                x if dim is None or step >= size else x[start : start + step]
                for x, dim in zip(wholes, dims, strict=True)
            ]
            results.append(_run(func, part, dims, len(leaves), tree, named_tree, min(step, size - start), randomness))
        found = [outs[0] if len(outs) == 1 else cat(outs, 0) for outs in zip(*(r[0] for r in results), strict=True)]
        out_tree = results[0][1]
        places = _dims_of("out_dims", out_dims, out_tree.unflatten(found))
        if any(place is None for place in places):
            raise ValueError("vmap: expected out_dims of whole numbers, got None: a result has a place for the samples")
        moved = [x.movedim(0, place) if place else x for x, place in zip(found, places, strict=True)]
        return out_tree.unflatten(moved)

    return mapped


def _run(
    func: Callable[..., Any],
    wholes: list[Any],
    dims: list[int | None],
    arguments: int,
    tree: Any,
    named_tree: Any,
    size: int,
    randomness: str,
) -> tuple[list[Any], Any]:
    """The results for all samples, and how they are put together."""
    batching = Batching(size, randomness)
    samples = []
    for whole, dim in zip(wholes, dims, strict=True):
        if dim is None:
            samples.append(whole)
            continue
        array = copy.forward(getitem.forward(whole.array, index=(0,))) if size else whole.array.sum(0)
        sample = wrap(array.astype(whole.dtype, copy=False))
        batching.take(sample, whole)
        samples.append(sample)
    with batching.observing():
        result = func(*tree.unflatten(samples[:arguments]), **named_tree.unflatten(samples[arguments:]))
    leaves, out_tree = flatten(result)
    for x in leaves:
        if not isinstance(x, Tensor):
            raise ValueError(
                f"vmap: expected a function that gives tensors alone, got {type(x).__name__} from {_name(func)}"
            )
    return [batching.whole(x) for x in leaves], out_tree


def _name(func: Any) -> str:
    return str(getattr(func, "__name__", type(func).__name__))


def _dims_of(name: str, dims: Any, tree: Any, is_arguments: bool = False) -> list[Any]:
    """A dimension for each leaf of a tree: ``dims`` is one for all, or a tree of them that ends where it may."""
    leaves, _ = flatten(tree)
    if dims is None or isinstance(dims, int):
        if is_arguments and dims is not None:
            for x in leaves:
                _check_is_tensor(x)
            return [dims if isinstance(x, Tensor) else None for x in leaves]
        return [dims] * len(leaves)
    if is_arguments and not isinstance(dims, tuple):
        raise ValueError(
            f"vmap: expected {name} as a number or a tuple with one for each argument, got {type(dims).__name__}"
        )
    is_tree = isinstance(tree, list | tuple | dict)
    children = list(tree.values()) if isinstance(tree, dict) else list(tree) if is_tree else []
    parts = (
        [dims[key] for key in tree]
        if isinstance(dims, dict) and isinstance(tree, dict) and dims.keys() == tree.keys()
        else dims
    )
    if not is_tree or isinstance(parts, dict) or len(parts) != len(children):
        if name == "out_dims" and len(leaves) == 1 and isinstance(dims, tuple) and len(dims) == 1:
            return [dims[0]]
        raise ValueError(f"vmap: {name}={dims!r:.80} does not fit what there is, {len(children) or 1} of them")
    found: list[Any] = []
    for part, child in zip(parts, children, strict=True):
        found += _dims_of(name, part, child)
    return found


def _check_is_tensor(x: Any) -> None:
    """ValueError for what cannot be mapped along a dimension."""
    if x is None or isinstance(x, str | bool | int | float):
        raise ValueError(
            f"vmap: expected tensors, got {type(x).__name__}: {x!r:.60}; say that it is the same for all samples: "
            "None in its place of in_dims"
        )


def _to_front(leaves: list[Any], dims: list[Any]) -> tuple[list[Any], int]:
    """The leaves with the dimension of the samples in front, and how many samples there are."""
    sizes: list[int] = []
    wholes = []
    for x, dim in zip(leaves, dims, strict=True):
        if dim is None:
            wholes.append(x)
            continue
        if not isinstance(x, Tensor):
            _check_is_tensor(x)
            raise ValueError(f"vmap: expected a tensor along whose dimension {dim} to map, got {type(x).__name__}")
        if not -x.dim() <= dim < x.dim():
            raise ValueError(f"vmap: there is no dimension {dim} of a tensor of shape {list(x.shape)} to map along")
        sizes.append(x.shape[dim])
        wholes.append(x.movedim(dim, 0) if dim % x.dim() else x)
    if not sizes:
        raise ValueError("vmap: expected one tensor at least to map along; all of in_dims is None, or there is none")
    if len(set(sizes)) > 1:
        raise ValueError(f"vmap: expected as many samples in each argument, got {sizes}")
    return wholes, sizes[0]
