"""The guards of one specialisation: when its program stands for a call, and what has changed when it does not.

They are gathered before the function runs: what `Captures` says a trace depends on, the arguments, and the modes of
the thread. Afterwards they are used three times: to refuse a function that has changed something that its program
would not change again (`check_unchanged`), to ask at each call whether everything is as it was (`hold`), and to say
what was new about a call that had to be traced again (`difference`).
"""

from __future__ import annotations

from operator import is_
from typing import Any

from glassnet.compilation.arguments import Arguments
from glassnet.nn.module import Module
from glassnet.observer import mode
from glassnet.ops.dtypes import get_default_dtype
from glassnet.tensor import Tensor
from glassnet.tensor.graph import changes
from glassnet.trace.captures import Captures, options_of
from glassnet.trace.gradients import Gradients
from glassnet.trace.guard import Guard, Guarded, Same
from glassnet.trace.refusals import TraceError

GONE = Same("not there any more")


class Guards:
    """What has to be as it was before the function ran.

    ``values`` has every guard. To compare all of them takes long, so `hold` first asks whether anything can have
    changed at all: whether `changes` counted one, and whether names stand for the very objects they stood for.
    """

    def __init__(self, captures: Captures, arguments: Arguments) -> None:
        self.captures = captures
        self.arguments = arguments
        self.values = self._values_now()
        captures.on_new = self._add_new
        self._grad, self._dtype = mode.grad, get_default_dtype()
        self._requires_grad = [tensor.requires_grad for _, tensor in arguments.tensors]
        self._pinned: list[tuple[int, Any]] = []  # arguments that the function also captures
        self._gradients: list[tuple[Any, bool]] = []  # leaves that matter, and whether they had a gradient
        self._had_gradient: dict[int, bool] = {}  # the same of all leaves, by id
        self._groups: list[tuple[Any, dict[str, Any], dict[str, Any], dict[str, Any]]] = []
        self._optimizers: list[tuple[Any, Any, Any]] = []
        self._slots: list[Any] = []
        self._changes = -1

    def _values_now(self) -> Guarded:
        modes = {Guard("grad_mode"): mode.grad, Guard("default_dtype"): str(get_default_dtype())}
        return self.captures.guards() | modes

    def _add_new(self) -> None:
        """Add what is captured only now, while the function runs, as it is before it is used."""
        self.values = self._values_now() | self.values

    # once, after the function has run ---------------------------------------------------------------------

    def check_unchanged(self) -> list[tuple[Module, bool]]:
        """Refuse a function that has changed what its program would not change again.

        The modes of modules, and the state of optimizers, may change: gives the modules whose mode is another now,
        with that mode.
        """
        self._check_arguments()
        self.captures.check_rates()
        now = self._values_now()
        made = {guard for guard in now if guard not in self.values and _is_made(now[guard])}
        for guard in self.values | now:
            is_new = guard not in self.values
            is_changed = guard not in made if is_new else self.values[guard] != now.get(guard, GONE)
            if is_changed and not _may_change(guard, is_new, made):
                self._refuse(guard)
        return [
            (module, module.training)
            for path, module in self.captures.named_modules()
            if self.values.get(Guard("mode", path), now[Guard("mode", path)]) != now[Guard("mode", path)]
        ]

    def _check_arguments(self) -> None:
        for (name, tensor), requires_grad in zip(self.arguments.tensors, self._requires_grad, strict=True):
            if tensor.requires_grad is not requires_grad:
                raise TraceError(
                    f"changes whether gradients of its argument {name} are followed, which the program would do only "
                    f"this once; begin with {name} = {name}.detach().requires_grad_()"
                )

    def _refuse(self, guard: Guard) -> None:
        way_out = "Set it outside, or keep the number in a tensor and change that in place: self.count.add_(1)"
        if guard.kind == "entry":
            way_out = "Do that outside, where the function is called"
        raise TraceError(
            f"sets {guard}, which the program would do only this once. {way_out}",
            self.captures.free_variables.line_that_sets(guard),
        )

    def settle(self, gradients: Gradients) -> None:
        """Begin to watch, with what was captured while the function ran."""
        self.values = self._values_now() | self.values
        captured = {id(tensor.array) for _, tensor in self.captures.named_state()}
        captured |= set(map(id, self.captures.arrays.values()))
        inputs = enumerate(self.arguments.inputs.values())
        self._pinned = [(i, array) for i, array in inputs if id(array) in captured]
        self._gradients = [(leaf, gradient is not None) for leaf, gradient in gradients.needed()]
        self._had_gradient = {key: gradient is not None for key, (_, gradient) in gradients.before.items()}
        self.captures.free_variables.let_go()
        self._look_again()
        self._changes = -1  # another thread may have set something since the function began: the next call compares all

    def _look_again(self) -> None:
        """Remember which objects are there now, for the quick look of the next call."""
        self._changes = changes.last
        self.captures.free_variables.look_again()
        optimizers = list(self.captures.optimizers.values())
        groups = [(o, group) for o in optimizers for group in o.param_groups]
        self._optimizers = [(o, o.param_groups, o.state) for o in optimizers]
        self._groups = [(o, group, dict(group), self._options(o, group)) for o, group in groups]
        self._slots = self._slots_now()

    def _slots_now(self) -> list[Any]:
        """The parameters of optimizers, and their state."""
        slots: list[Any] = []
        for _, groups, state in self._optimizers:
            slots += state.values()
            for slots_of_one in state.values():
                slots += slots_of_one.values()
            for group in groups:
                slots += group["params"]
        return slots

    def _options(self, optimizer: Any, group: dict[str, Any]) -> dict[str, Any]:
        return options_of(optimizer, group, self.captures.free_variables.reads_rates)

    # at every call ------------------------------------------------------------------------------------------

    def hold(self, arrays: list[Any]) -> bool:
        """Whether everything is as it was, for a call with these arrays that is otherwise alike."""
        if mode.grad is not self._grad or get_default_dtype() is not self._dtype:
            return False
        for leaf, had_gradient in self._gradients:
            if (leaf.grad is not None) is not had_gradient:
                return False
        for i, array in self._pinned:
            if arrays[i] is not array:
                return False
        unchanged = self._changes == changes.last and self.captures.free_variables.is_unchanged()
        if unchanged and self._optimizers_hold():
            return True
        self._look_again()  # first: what another thread sets meanwhile is then seen at the next call
        if self._values_now() == self.values:
            return True
        self._changes = -1
        return False

    def _optimizers_hold(self) -> bool:
        for optimizer, group, before, options in self._groups:
            if group != before:
                if self._options(optimizer, group) != options:
                    return False
                before.update(group)
        for optimizer, groups, state in self._optimizers:
            if optimizer.param_groups is not groups or optimizer.state is not state:
                return False
        slots = self._slots_now()
        return len(slots) == len(self._slots) and all(map(is_, slots, self._slots))

    # in words -------------------------------------------------------------------------------------------------

    def difference(self, earlier: Guards) -> list[str]:
        """What is not as under ``earlier`` guards, one sentence each."""
        sentences = _differences(self.arguments.guards, earlier.arguments.guards)
        sentences += _differences(self.values, earlier.values)
        had = [self._had_gradient.get(id(leaf), had_gradient) for leaf, had_gradient in earlier._gradients]
        if had != [had_gradient for _, had_gradient in earlier._gradients]:
            sentences.append(f"parameters have {'' if any(had) else 'no '}gradients when it begins")
        return sentences


def _is_made(value: Any) -> bool:
    """Whether something new is a tensor or a module: at the next call it is there, and that call is traced."""
    return isinstance(value, Same) and isinstance(value.value, Tensor | Module)


def _may_change(guard: Guard, is_new: bool, made: set[Guard]) -> bool:
    """Whether a program changes it too, or it comes with the tensors and modules that were ``made``."""
    if guard.kind in ("mode", "slots"):
        return True
    comes_with = guard.name and any(guard.path.startswith(f"{one.path}.") for one in made)
    return is_new and (guard.kind == "tensor" or bool(comes_with))


def _differences(now: Guarded, before: Guarded) -> list[str]:
    sentences = []
    for guard in now | before:
        if guard not in now:
            sentences.append(f"{guard} is not there")
        elif guard not in before:
            sentences.append(f"{guard} is {guard.text(now[guard])}, and was not there")
        elif now[guard] != before[guard]:
            is_other = isinstance(now[guard], Same)
            was = "" if is_other else f", not {guard.text(before[guard])}"
            sentences.append(f"{guard} is {guard.text(now[guard])}{was}")
    return sentences
