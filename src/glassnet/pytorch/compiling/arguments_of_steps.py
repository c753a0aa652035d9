"""What a step is given when it is a function: the names that it reads, and in their place what it reads of an object.

>>> self.optimizer.zero_grad()              # given self, a step would be another one whenever self.epoch is
>>> optimizer.zero_grad()                   # given self.optimizer, it is not
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from copy import deepcopy
from types import FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

from glassnet.nn.module import Module
from glassnet.optim.optimizer import Optimizer
from glassnet.tensor import Tensor


class Argument(NamedTuple):
    """A name that a step reads, or an attribute of what has that name."""

    name: str
    attribute: str = ""

    @property
    def parameter(self) -> str:
        """What the step calls it."""
        return f"{self.name}_{self.attribute}" if self.attribute else self.name

    def value(self, names: Mapping[str, Any]) -> Any:
        """What it is now. Raises KeyError or AttributeError where it is not there."""
        value = names[self.name]
        return getattr(value, self.attribute) if self.attribute else value


def with_attributes(
    statements: list[ast.stmt], needed: Sequence[str], names: Mapping[str, Any]
) -> tuple[list[ast.stmt], list[Argument]]:
    """The statements, and their arguments, which are attributes where no more is read of an object of the user's."""
    arguments: list[Argument] = []
    for name in needed:
        read = _attributes_read(name, statements)
        value = names[name]
        if _is_object(value) and read is not None and read <= {*vars(value)}:
            arguments += [Argument(name, attribute) for attribute in sorted(read)]
        else:
            arguments.append(Argument(name))
    taken = {part.id for statement in statements for part in ast.walk(statement) if isinstance(part, ast.Name)}
    if any(argument.attribute and argument.parameter in taken for argument in arguments):
        return statements, [Argument(name) for name in needed]
    given = _Given({(argument.name, argument.attribute): argument.parameter for argument in arguments})
    return [given.visit(deepcopy(statement)) for statement in statements], arguments


def _attributes_read(name: str, statements: Sequence[ast.stmt]) -> set[str] | None:
    """The attributes of ``name`` that are read; None where it is used in another way too."""
    parts = [part for statement in statements for part in ast.walk(statement)]
    reads = [
        part
        for part in parts
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Load) and getattr(part.value, "id", "") == name
    ]
    uses = [part for part in parts if isinstance(part, ast.Name) and part.id == name]
    return {part.attr for part in reads} if len(reads) == len(uses) else None


def _is_object(value: Any) -> bool:
    not_objects = (Tensor, Module, Optimizer, type, FunctionType, MethodType, ModuleType)
    return hasattr(value, "__dict__") and not isinstance(value, not_objects)


class _Given(ast.NodeTransformer):
    def __init__(self, parameters: Mapping[tuple[str, str], str]) -> None:
        self.parameters = parameters

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        parameter = self.parameters.get((getattr(node.value, "id", ""), node.attr))
        if parameter is not None and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Name(parameter, ast.Load()), node)
        return self.generic_visit(node)
