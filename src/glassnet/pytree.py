"""PyTree: tuples, lists and dicts within one another, flattened to their leaves and built again around others.

>>> leaves, treedef = flatten({"loss": 0.5, "outputs": (1, 2)})
>>> leaves
[0.5, 1, 2]
>>> treedef.unflatten([0.25, 3, 4])
{'loss': 0.25, 'outputs': (3, 4)}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple


class TreeDef(NamedTuple):
    """A tree without its leaves. Those of trees that are put together alike are equal, and have one hash.

    ``kind`` is the class of the container, None for a leaf; ``keys`` are those of a dict, None for all else.
    """

    kind: type | None = None
    children: tuple[TreeDef, ...] = ()
    keys: tuple[Any, ...] | None = None

    def unflatten(self, leaves: Iterable[Any]) -> Any:
        """The tree with these leaves."""
        return self._build(iter(leaves))

    def _build(self, leaves: Iterator[Any]) -> Any:
        kind: Any = self.kind
        if kind is None:
            return next(leaves)
        children = [child._build(leaves) for child in self.children]
        if self.keys is not None:
            pairs = dict(zip(self.keys, children, strict=True))
            return kind(pairs) if kind.__init__ is dict.__init__ else pairs
        return kind(*children) if hasattr(kind, "_fields") else kind(children)


LEAF = TreeDef()


def flatten(tree: Any) -> tuple[list[Any], TreeDef]:
    """The leaves of a tree, in order, and how it is put together."""
    leaves: list[Any] = []
    return leaves, _flatten(tree, leaves)


def _flatten(tree: Any, leaves: list[Any]) -> TreeDef:
    kind: Any = type(tree)
    form = _form(kind)
    if form is None:
        leaves.append(tree)
        return LEAF
    if form is Mapping:
        return TreeDef(kind, tuple([_flatten(child, leaves) for child in tree.values()]), tuple(tree))
    return TreeDef(kind, tuple([_flatten(child, leaves) for child in tree]))


@cache  # asked of every leaf at every call, and slow to find out
def _form(kind: Any) -> type | None:
    """What a class is as a tree: a Sequence, a Mapping, or None for a leaf."""
    if issubclass(kind, list | tuple):
        return Sequence
    return Mapping if issubclass(kind, Mapping) else None


def named_leaves(name: str, tree: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a tree that is called ``name``, with names that say where in it they are: batch_0, batch_x."""
    kind: Any = type(tree)
    form = _form(kind)
    if form is None:
        yield name, tree
        return
    children: Iterable[tuple[Any, Any]] = tree.items() if form is Mapping else enumerate(tree)
    for key, child in children:
        yield from named_leaves(f"{name}_{key}", child)
