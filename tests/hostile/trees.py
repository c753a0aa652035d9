"""Trees of JSON and TOML, each node of which becomes something else: of another type, too large, too deep."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple


class Raw(NamedTuple):
    """A value by its text, which need be nothing that a writer of JSON would write."""

    text: str


VALUES = tuple(
    map(
        Raw,
        (
            "null", "true", "false", "0", "-1", "-0.0", "0.5", "1e400", "-1e400", "NaN", "Infinity", "1e-320", "1e308",
            "9223372036854775808", "4611686018427387904", "18446744073709551615", "9" * 400, "1" * 5000, '"\\ud800"',
            '"\\u0000"', '"\\u001b[31m\\u202e"', '""', '"x"', '"1"', '"nan"', '"../../x"', '"/dev/zero"',
            '"한글"', f'"{"w" * 10_000}"', "[]", "{}", "[[]]", "[true, 2]", "[1, 2, 3]", '["a"]', '{"a": 1}',
            "[4611686018427387904]", "[-1, 3]", "[0]", "[" * 60 + "]" * 60, "[" * 990 + "]" * 990,
            '{"type": "MSELoss"}', '{"type": "ModuleList", "modules": {}}', '{"type": "Tanh"}',
            '{"a":' * 990 + "1" + "}" * 990, "[" * 50_000 + "]" * 50_000, "[" + "0," * 50_000 + "0]", "", "?", "'",
        ),
    )
)  # fmt: skip
NAMES = (
    "Linear", "PReLU", "Sequential", "Conv2d", "LSTM", "Embedding", "BatchNorm1d", "Module", "os.system", "__class__",
    "table", "numbers", "picture", "classification", "regression", "cosine", "sgd", "xor", "digits", "relu",
)  # fmt: skip


def nodes(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every node below the root."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from nodes(inner, (*path, key))


def at(tree: Any, path: Sequence[Any]) -> Any:
    """The node at ``path``."""
    for key in path:
        tree = tree[key]
    return tree


class Pairs(NamedTuple):
    """An object whose keys may be there twice."""

    pairs: tuple[tuple[str, Any], ...]


def changed(tree: Any, random: Random) -> Any:
    """``tree``, which is spent, with one node that is something else. A text that holds JSON is a tree of its own."""
    paths = list(nodes(tree))
    if not paths or random.random() < 0.03:
        return random.choice(VALUES)
    *above, key = random.choice(paths)
    parent = at(tree, above)
    value = parent[key]
    inside = _inside(value)
    if inside is not None and random.random() < 0.9:
        parent[key] = written(changed(inside, random))
        return tree
    how = random.randrange(10)
    if how <= 4:
        parent[key] = random.choice(VALUES)
    elif how == 5:
        parent[key] = random.choice(NAMES)
    elif how == 6:
        del parent[key]
    elif how == 7:
        parent[key] = copy.deepcopy(at(tree, random.choice(paths))) if not isinstance(value, dict | list) else []
    elif how == 8:
        parent[key] = _near(value, random)
    elif isinstance(parent, dict):
        return _with_another_key(tree, parent, key, random)
    else:
        parent *= random.choice((2, 500))
    return tree


def _near(value: Any, random: Random) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return [value]
    if isinstance(value, str):
        return random.choice((value * 2, value.upper(), value + "\u202e", value[1:], f" {value}", [value]))
    return random.choice((value + 1, -value, value * 10**6, value / 3, str(value), float(value)))


def _with_another_key(tree: Any, parent: dict[str, Any], key: str, random: Random) -> Any:
    """The key has another name; or is there twice."""
    if random.random() < 0.5:
        parent[random.choice(("", "x", "__class__", "\u001b[31m", key.upper(), "w" * 5000))] = parent.pop(key)
        return tree
    double = Pairs((*parent.items(), (key, random.choice(VALUES))))
    return _replaced(tree, parent, double)


def _replaced(tree: Any, old: Any, new: Any) -> Any:
    if tree is old:
        return new
    if isinstance(tree, dict):
        return {key: _replaced(value, old, new) for key, value in tree.items()}
    return [_replaced(value, old, new) for value in tree] if isinstance(tree, list) else tree


def _inside(value: Any) -> Any:
    if not (isinstance(value, str) and value[:1] in ("{", "[")):
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return None


def written(tree: Any, *, toml: bool = False) -> str:
    """The text of ``tree``."""
    if isinstance(tree, Raw):
        return tree.text
    if isinstance(tree, Pairs | dict):
        pairs = tree.pairs if isinstance(tree, Pairs) else tree.items()
        colon = " = " if toml else ": "
        return "{" + ", ".join(f"{json.dumps(key)}{colon}{written(value, toml=toml)}" for key, value in pairs) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(written(value, toml=toml) for value in tree) + "]"
    return str(tree) if toml and isinstance(tree, float) else json.dumps(tree)


def json_tree(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A file of JSON."""
    tree = json.loads(data)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        if not isinstance(tree, dict | list):
            break
        tree = changed(tree, random)
    return written(tree).encode("utf-8", "surrogatepass")


def toml_tree(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A file of TOML."""
    tree = changed(tomllib.loads(data.decode()), random)
    if isinstance(tree, Raw):
        return tree.text.encode("utf-8", "surrogatepass")
    pairs = tree.pairs if isinstance(tree, Pairs) else tree.items()
    text = "\n".join(f"{json.dumps(key)} = {written(value, toml=True)}" for key, value in pairs) + "\n"
    return text.encode("utf-8", "surrogatepass")
