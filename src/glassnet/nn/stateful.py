"""The state of a module: its parameters and buffers by path, saved and loaded, and the hooks on the way."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, Literal, NamedTuple

from glassnet.nn.registry import Registry, joined
from glassnet.nn.state_dict import Entry, Faults, IncompatibleKeys, load_state
from glassnet.tensor import RemovableHandle, Tensor

Function = Callable[..., Any]
When = Literal["saving", "saved", "loading", "loaded"]

EXTRA = "_extra_state"
"""The last part of the path by which a module's extra state is in a state."""

_new_key = count(1).__next__


class StateHook(NamedTuple):
    """One registered function, and when it is called; whether it is given the module."""

    when: When
    function: Function
    with_module: bool = True
    replaces: bool = False  # what it returns takes the place of the state


class Stateful(Registry):
    """The part of a module that saves and loads its state."""

    _state_hooks: dict[int, StateHook] | None = None
    _version: int = 1

    def _with_paths(self, path: str = "") -> Iterator[tuple[str, Stateful]]:
        """This module and all within it, with their paths; one that has several paths at each of them."""
        yield path, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module._with_paths(joined(path, name))

    def _innermost_first(self) -> Iterator[Stateful]:
        for module in self._modules.values():
            if module is not None:
                yield from module._innermost_first()
        yield self

    # saving -----------------------------------------------------------------------------------

    def state_dict(
        self, *, destination: dict[str, Any] | None = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Tensor]:
        """The parameters and the persistent buffers by path, in order, sharing their memory.

        Put into ``destination`` if given, each path behind ``prefix``; detached unless ``keep_vars``.
        """
        state: Any = OrderedDict() if destination is None else destination
        if destination is None:
            state._metadata = OrderedDict()
        about = {"version": self._version}
        if hasattr(state, "_metadata"):
            state._metadata[prefix[:-1]] = about
        for hook in self._hooks_when("saving"):
            hook.function(self, prefix, keep_vars)
        for name, value in self._own_entries():
            state[prefix + name] = value if keep_vars else value.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            state[prefix + EXTRA] = self.get_extra_state()
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._hooks_when("saved"):
            changed = hook.function(self, state, prefix, about)
            if changed is not None and not hook.replaces:
                raise RuntimeError(
                    f"a hook after state_dict must return None, got {type(changed).__name__}; change the state that it "
                    "is given"
                )
            state = state if changed is None else changed
        result: dict[str, Tensor] = state
        return result

    def get_extra_state(self) -> Any:
        """What the state has of this module besides tensors. Define it together with `set_extra_state`."""
        raise RuntimeError(f"{type(self).__name__} has no get_extra_state; define it and set_extra_state, both")

    def _own_entries(self) -> Iterator[tuple[str, Tensor]]:
        for members in (self._parameters, self._buffers):
            for name, value in members.items():
                if value is not None and name not in self._unsaved_buffers:
                    yield name, value

    def _state_entries(self) -> dict[str, Entry]:
        """Every entry of the state: parameters, then buffers, module by module."""
        return {
            joined(path, name): Entry(module, name, value)
            for path, module in self._with_paths()
            for name, value in module._own_entries()
        }

    # loading ----------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy a state that ``state_dict()`` returned, of tensors or arrays, into this module.

        ``strict=False`` skips what only one of the two has, and returns the names of it. ``assign=True``
        uses the tensors themselves, in the dtype they have.

        Raises StateError, which names every missing and unexpected key and every wrong shape;
        nothing is changed then.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: expected a dict from names to tensors, got {type(state_dict).__name__}")
        modules = list(self._with_paths())
        found = Faults([], [], [])
        before = [(path, module, hook) for path, module in modules for hook in module._hooks_when("loading")]
        metadata = getattr(state_dict, "_metadata", {})
        if before:
            state_dict = OrderedDict(state_dict)
        for path, module, hook in before:
            about = (state_dict, joined(path, ""), metadata.get(path, {}), strict, *found)
            hook.function(*([module] if hook.with_module else []), *about)
        return load_state(
            type(self).__name__,
            self._state_entries(),
            {old: new for path, module in modules for old, new in module._former_names(path).items()},
            state_dict,
            strict,
            assign,
            found,
            {
                joined(path, EXTRA): module.set_extra_state
                for path, module in modules
                if type(module).set_extra_state is not Stateful.set_extra_state
            },
            [(module, hook.function) for module in self._innermost_first() for hook in module._hooks_when("loaded")],
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave. Define it together with that."""
        raise RuntimeError(f"{type(self).__name__} has no set_extra_state; define it and get_extra_state, both")

    def _former_names(self, path: str) -> dict[str, str]:
        """The paths by which older states have what is here, and those by which it is here; this is at ``path``."""
        return {}

    # hooks ------------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Function) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before `state_dict` reads this module."""
        return self._add_state_hook(StateHook("saving", hook))

    def register_state_dict_post_hook(self, hook: Function) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after `state_dict` has read this module.

        It may change the state in place; its paths of this module begin with ``prefix``.
        """
        return self._add_state_hook(StateHook("saved", hook))

    def register_load_state_dict_pre_hook(self, hook: Function) -> RemovableHandle:
        """Call a hook before `load_state_dict` compares the state with this module.

        ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)`` may
        change the state, a copy, in place: give entries other names, add or remove some.
        """
        return self._add_state_hook(StateHook("loading", hook))

    def register_load_state_dict_post_hook(self, hook: Function) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` once a state was loaded.

        It may take names out of the lists ``missing_keys`` and ``unexpected_keys``: those are no faults then. A module
        that has such a hook keeps what was loaded even where names are missing, and raises afterwards.
        """
        return self._add_state_hook(StateHook("loaded", hook))

    def _register_state_dict_hook(self, hook: Function) -> RemovableHandle:
        return self._add_state_hook(StateHook("saved", hook, replaces=True))

    def _register_load_state_dict_pre_hook(self, hook: Function, with_module: bool = False) -> RemovableHandle:
        return self._add_state_hook(StateHook("loading", hook, with_module))

    def _add_state_hook(self, hook: StateHook) -> RemovableHandle:
        hooks: dict[int, StateHook] = vars(self).setdefault("_state_hooks", {})
        key = _new_key()
        hooks[key] = hook
        return RemovableHandle(hooks, key)

    def _hooks_when(self, when: When) -> list[StateHook]:
        return [hook for hook in self._state_hooks.values() if hook.when == when] if self._state_hooks else []
