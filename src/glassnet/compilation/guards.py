"""Guards: what has to be as it was when a function was recorded, for the recording to serve again."""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_
from typing import Any

from glassnet.compilation.arguments import Arguments
from glassnet.nn.module import Module
from glassnet.observer import mode
from glassnet.ops.dtypes import get_default_dtype
from glassnet.tensor import Tensor
from glassnet.tensor.graph import changes
from glassnet.trace.captures import Captures, Facts, options_of
from glassnet.trace.gradients import Gradients
from glassnet.trace.guard import Same
from glassnet.trace.refusals import TraceError

MODE, MEMORY, KIND = "the mode of ", "the memory of ", "the kind of "  # the first two a function may change


GONE = Same("not there any more")


class Guards:
    """How things stood before a function ran.

    ``facts`` are all that matters, each with a name for people. Looking at every one of them takes
    long, so `hold` first asks whether anything can have changed at all.
    """

    def __init__(self, surroundings: Captures, arguments: Arguments) -> None:
        self.surroundings = surroundings
        self.arguments = arguments
        self.facts = self._facts()
        surroundings.on_new = self._meet
        self._grad, self._dtype = mode.grad, get_default_dtype()
        self._followed = [tensor.requires_grad for _, tensor in arguments.tensors]
        self._pinned: list[tuple[int, Any]] = []  # arguments that the function also reaches by itself
        self._gradients: list[tuple[Any, bool]] = []  # leaves that matter, and whether they had a gradient
        self._had: dict[int, bool] = {}  # the same of all leaves, by id
        self._groups: list[tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]]] = []
        self._owned: list[tuple[Any, Any, Any]] = []
        self._held: list[Any] = []
        self._changes = -1

    def _facts(self) -> Facts:
        return {
            **self.surroundings.facts(),
            "whether gradients are followed": mode.grad,
            "the default dtype": str(get_default_dtype()),
        }

    def _meet(self) -> None:
        """What came to light while the function runs is as it was before it is used."""
        self.facts = {**self._facts(), **self.facts}

    # once, after the function has run ---------------------------------------------------------------------

    def check_unchanged(self) -> list[tuple[Any, bool]]:
        """Refuse a function that has changed what only this call would change.

        What a program can be made to change, it may: gives the modules whose mode is another now, with it.
        """
        self._check_arguments()
        self.surroundings.check_rates()
        now = self._facts()
        new = {name for name in now if name not in self.facts}
        made = {name for name in new if _is_made(now[name])}
        within = tuple(f"{name}." for name in made)
        for fact in (*self.facts, *now):
            is_changed = fact not in made if fact in new else self.facts[fact] != now.get(fact, GONE)
            name = str(fact)
            is_expected = name.startswith((MODE, MEMORY)) or (fact in new and name.startswith((KIND, *within)))
            if is_changed and not is_expected:
                self._refuse(name)
        return [
            (module, module.training)
            for name, module in self.surroundings.named_modules()
            if self.facts.get(MODE + name, now[MODE + name]) != now[MODE + name]
        ]

    def _check_arguments(self) -> None:
        for (name, tensor), followed in zip(self.arguments.tensors, self._followed, strict=True):
            if tensor.requires_grad is not followed:
                raise TraceError(
                    f"the function changes whether gradients of its argument {name} are followed, which the program "
                    f"would do only this once; begin with {name} = {name}.detach().requires_grad_()"
                )

    def _refuse(self, name: str) -> None:
        line = self.surroundings.reach.where_set(name)
        way_out = "Set it outside, or keep the number in a tensor and change that in place: self.count.add_(1)"
        if name.endswith("]"):
            way_out = "Do that outside, where the function is called"
        who = f"{line} sets" if line else "the function sets"
        raise TraceError(f"{who} {name}, which the program would do only this once. {way_out}")

    def settle(self, gradients: Gradients) -> None:
        """Begin to watch, with what came to light while the function ran."""
        self.facts |= {name: fact for name, fact in self._facts().items() if name not in self.facts}
        reached = {id(tensor.array) for _, tensor in self.surroundings.named_state()}
        reached |= set(map(id, self.surroundings.arrays.values()))
        inputs = enumerate(self.arguments.inputs.values())
        self._pinned = [(i, array) for i, array in inputs if id(array) in reached]
        self._gradients = [(leaf, gradient is not None) for leaf, gradient in gradients.needed()]
        self._had = {key: gradient is not None for key, (_, gradient) in gradients.before.items()}
        self.surroundings.reach.let_go()
        self._look_again()

    def _look_again(self) -> None:
        self._changes = changes.count
        self.surroundings.reach.look_again()
        optimizers = list(self.surroundings.optimizers.values())
        groups = [(o, group) for o in optimizers for group in o.param_groups]
        self._owned = [(o, o.param_groups, o.state) for o in optimizers]
        self._groups = [(o, group, dict(group), self._options(o, group)) for o, group in groups]
        self._held = self._held_now()

    def _held_now(self) -> list[Any]:
        """The parameters of optimizers, and what these remember of them."""
        held: list[Any] = []
        for _, groups, state in self._owned:
            held += state.values()
            for memory in state.values():
                held += memory.values()
            for group in groups:
                held += group["params"]
        return held

    def _options(self, optimizer: Any, group: dict[str, Any]) -> dict[str, Any]:
        return options_of(optimizer, group, self.surroundings.reach.reads_rates)

    # at every call ------------------------------------------------------------------------------------------

    def hold(self, arrays: list[Any]) -> bool:
        """Whether things stand so again, for a call with these arrays that is otherwise alike."""
        if mode.grad is not self._grad or get_default_dtype() is not self._dtype:
            return False
        for leaf, was_there in self._gradients:
            if (leaf.grad is not None) is not was_there:
                return False
        for i, array in self._pinned:
            if arrays[i] is not array:
                return False
        if self._changes == changes.count and self.surroundings.reach.is_unchanged() and self._optimizers_hold():
            return True
        if self._facts() != self.facts:
            return False
        self._look_again()
        return True

    def _optimizers_hold(self) -> bool:
        for optimizer, group, before, options in self._groups:
            if group != before:
                if self._options(optimizer, group) != options:
                    return False
                before.update(group)
        for optimizer, groups, state in self._owned:
            if optimizer.param_groups is not groups or optimizer.state is not state:
                return False
        held = self._held_now()
        return len(held) == len(self._held) and all(map(is_, held, self._held))

    # in words -------------------------------------------------------------------------------------------------

    def difference(self, earlier: Guards) -> list[str]:
        """What is not as it was under ``earlier`` conditions, in words."""
        told = _differences(self.arguments.facts, earlier.arguments.facts)
        told += _differences(self.facts, earlier.facts)
        had = [self._had.get(id(leaf), was_there) for leaf, was_there in earlier._gradients]
        if had != [was_there for _, was_there in earlier._gradients]:
            told.append(f"parameters have {'' if any(had) else 'no '}gradients when it begins")
        return told


def _is_made(fact: Any) -> bool:
    """Whether something new is a tensor or a module: at the next call it is there, and that one is recorded."""
    return isinstance(fact, Same) and isinstance(fact.value, Tensor | Module)


def _differences(now: Mapping[Any, Any], before: Mapping[Any, Any]) -> list[str]:
    told = []
    for name in (*now, *(name for name in before if name not in now)):
        if name not in now:
            told.append(f"{name} is not there")
        elif name not in before:
            told.append(f"{name} is {_text(now[name])}, and was not there")
        elif now[name] != before[name]:
            is_other = isinstance(now[name], Same)
            told.append(f"{name} is {_text(now[name])}" + ("" if is_other else f", not {_text(before[name])}"))
    return told


def _text(fact: Any) -> str:
    if isinstance(fact, tuple):
        return " ".join(map(_text, fact)) if any(isinstance(x, str) for x in fact) else str(fact)
    return str(fact)
