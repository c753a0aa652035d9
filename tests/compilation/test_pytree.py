"""Trees are flattened and built again."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, namedtuple
from types import MappingProxyType
from typing import Any

import pytest

from glassnet.pytree import LEAF, flatten, named_leaves

Pair = namedtuple("Pair", "first second")
TREES = [1, (), (1, 2), [1, (2, [3])], {"a": 1, "b": {"c": [2]}}, Pair(1, (2, 3)), [None, "text", {}], {1: {2: 3}}]


@pytest.mark.parametrize("tree", TREES, ids=repr)
def test_there_and_back(tree: Any) -> None:
    leaves, treedef = flatten(tree)
    again = treedef.unflatten(leaves)
    assert again == tree
    assert type(again) is type(tree)
    assert flatten(again) == (leaves, treedef)
    assert hash(flatten(again)[1]) == hash(treedef)
    assert [leaf for _, leaf in named_leaves("x", tree)] == leaves


def test_other_mappings_become_dicts() -> None:
    for tree in (OrderedDict(a=1), defaultdict(int, a=1), MappingProxyType({"a": 1})):
        leaves, treedef = flatten(tree)
        assert treedef.unflatten(leaves) == {"a": 1}
        assert treedef.kind is type(tree)


def test_what_is_put_together_in_another_way_is_not_equal() -> None:
    treedefs = [flatten(tree)[1] for tree in ([1, 2], (1, 2), [1, [2]], {"a": 1, "b": 2}, {"b": 1, "a": 2}, Pair(1, 2))]
    assert all(a != b for i, a in enumerate(treedefs) for b in treedefs[:i])
    assert flatten("text")[1] is LEAF


def test_names_say_where_leaves_are() -> None:
    assert dict(named_leaves("batch", {"x": [1, 2], "y": 3})) == {"batch_x_0": 1, "batch_x_1": 2, "batch_y": 3}
