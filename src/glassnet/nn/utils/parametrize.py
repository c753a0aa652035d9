"""Parametrizations: a tensor of a module that is computed from others each time it is asked for.

What is computed is a property of the module's class, and what it is computed from are parameters of the module: these
are learned, saved and compiled as all others are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from glassnet.autograd import no_grad
from glassnet.errors import DtypeError, ShapeError
from glassnet.nn.container import ModuleDict, ModuleList
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.nn.registry import joined
from glassnet.observer import mode
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]


# computed attributes ----------------------------------------------------------------------------------


class Computed(NamedTuple):
    """How an attribute is computed, of the module; and how it is set, if it can be."""

    get: Callable[[Any], Tensor]
    set: Callable[[Any, Tensor], None] | None = None


def computed_attributes(module: Module) -> dict[str, Computed]:
    """The attributes of ``module`` that are computed, by name."""
    found: dict[str, Computed] = vars(module).get("_computed_attributes", {})
    return found


def compute_attribute(module: Module, name: str, computed: Computed) -> None:
    """Make the attribute ``name`` of ``module``, which it must not have, one that is computed."""
    _set_computed(module, {**computed_attributes(module), name: computed})


def keep_attribute(module: Module, name: str) -> None:
    """Make the attribute ``name`` of ``module`` an ordinary one again, which is not there yet."""
    _set_computed(module, {other: how for other, how in computed_attributes(module).items() if other != name})


def _set_computed(module: Module, computed: dict[str, Computed]) -> None:
    plain = type_before_parametrizations(module)
    if computed:
        module._computed_attributes = computed
        module.__class__ = _class_with(plain, tuple(computed), "parametrizations" in vars(module))
    else:
        del module._computed_attributes
        module.__class__ = plain


def type_before_parametrizations(module: Module) -> Any:
    """The class of ``module`` without what is computed: that of the layer as it was made.

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    >>> type(layer) is nn.Linear, nn.utils.parametrize.type_before_parametrizations(layer) is nn.Linear
    (False, True)
    """
    return getattr(type(module), "_plain_class", type(module))


@cache
def _class_with(plain: type[Module], names: tuple[str, ...], parametrized: bool) -> type[Module]:
    """The class ``plain`` with properties; a module and its copies have one."""
    members = {name: _property(name) for name in names}
    title = f"Parametrized{plain.__name__}" if parametrized else plain.__name__
    return type(title, (plain,), {**members, "_plain_class": plain, "__doc__": plain.__doc__})


def _property(name: str) -> property:
    def get(self: Any) -> Tensor:
        cache = _cache.get()
        if cache is None or cache.tracer is not mode.tracer:  # who traces is to see it computed
            value: Tensor = self._computed_attributes[name].get(self)
            return value
        return cache.value(self, name)

    def set(self: Any, value: Tensor) -> None:
        setter = self._computed_attributes[name].set
        if setter is None:
            raise AttributeError(f"{name} of {self._get_name()} is computed from others; set those")
        setter(self, value)

    return property(get, set)


# the cache --------------------------------------------------------------------------------------------


class _Cache:
    """What was computed, by module and name; and who was tracing when it was begun."""

    def __init__(self) -> None:
        self.tracer = mode.tracer
        self._known: dict[tuple[int, str], tuple[Module, Tensor]] = {}

    def value(self, module: Module, name: str) -> Tensor:
        key = id(module), name
        if key not in self._known:
            self._known[key] = module, module._computed_attributes[name].get(module)  # the module: no other gets its id
        return self._known[key][1]


_cache: ContextVar[_Cache | None] = ContextVar("computed attributes", default=None)


@contextmanager
def cached() -> Iterator[None]:
    """Within, every parametrized tensor is computed once, at its first use: for a layer that is called many times.

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> with nn.utils.parametrize.cached():
    ...     layer.weight is layer.weight
    True
    >>> layer.weight is layer.weight
    False
    """
    outer = _cache.get()
    token = _cache.set(_Cache()) if outer is None or outer.tracer is not mode.tracer else None
    try:
        yield
    finally:
        if token is not None:
            _cache.reset(token)


# parametrizations -------------------------------------------------------------------------------------


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in the order in which they are applied, and what they are applied to.

    That is ``original``, or, where the first takes several tensors, ``original0``, ``original1`` …

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    >>> sorted(layer.parametrizations.weight.state_dict())
    ['original0', 'original1']
    """

    def __init__(self, modules: Iterable[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        if not len(self):
            raise ValueError("ParametrizationList: expected a parametrization or more, got none")
        self.unsafe = unsafe
        new = self._inverted(original, needed=False)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            _check_alike("right_inverse", new, original, shape=False)
            if new is not original:
                _give(original, new)
            _register(self, "original", original)
        else:
            for i, x in enumerate(new):
                made = x.detach().clone()
                _register(self, f"original{i}", _as_is(made, original))
        if not unsafe:
            with no_grad():
                _check_alike(type(self[0]).__name__, self(), original)

    def _former_names(self, path: str) -> dict[str, str]:
        owner, _, name = path.rpartition(".")
        tensor = joined(owner.removesuffix("parametrizations").removesuffix("."), name)
        endings = getattr(self[0], "former_endings", ())
        return {tensor + ending: joined(path, new) for ending, new in zip(endings, self._names(), strict=False)}

    def _names(self) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def _originals(self) -> list[Tensor]:
        return [getattr(self, name) for name in self._names()]

    def forward(self) -> Tensor:
        """The tensor."""
        first, *others = self
        x: Tensor = first(*self._originals())
        for parametrization in others:
            x = parametrization(x)
        return x

    @no_grad()
    def right_inverse(self, value: Tensor) -> None:
        """Set the originals so that the tensor becomes ``value``, or what the parametrizations can make of it.

        Raises RuntimeError for a parametrization without a method right_inverse, ShapeError or DtypeError for a value
        that does not fit.
        """
        new = self._inverted(value, needed=True)
        for x, y in zip(self._originals(), [new] if isinstance(new, Tensor) else new, strict=True):
            _check_alike("right_inverse", y, x)
            x.data = y.detach().clone()

    @no_grad()
    def _inverted(self, value: Any, needed: bool) -> Any:
        for parametrization in reversed(list(self)):
            inverse = getattr(parametrization, "right_inverse", None)
            if inverse is not None:
                try:
                    value = inverse(value)
                except NotImplementedError:
                    inverse = None
            if inverse is None and needed:
                raise RuntimeError(
                    f"{type(parametrization).__name__} has no right_inverse, which is needed to set the tensor; "
                    "define def right_inverse(self, value)"
                )
        if not isinstance(value, Tensor | Sequence):
            raise ValueError(f"right_inverse: expected a tensor or a sequence of them, got {type(value).__name__}")
        return value


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Let the parameter or buffer ``tensor_name`` of ``module`` be what ``parametrization`` makes of an original.

    ``module.weight`` is computed each time it is asked for; the original, ``module.parametrizations.weight.original``,
    is what is learned and saved. A second parametrization is applied to the result of the first. If it has a method
    ``right_inverse``, the tensor keeps its values, as far as it can, and can be set. Returns ``module``.

    Raises ValueError for a name that is no tensor of the module; unless ``unsafe``, ShapeError or DtypeError where
    the shape or the dtype would change.

    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = nn.utils.parametrize.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> layer.weight.equal(layer.weight.T)
    True
    >>> [name for name, parameter in layer.named_parameters()]
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        _append(module.parametrizations[tensor_name], getattr(module, tensor_name), parametrization, unsafe)
        return module
    if tensor_name not in (*module._parameters, *module._buffers) or getattr(module, tensor_name) is None:
        raise ValueError(
            f"register_parametrization: {module._get_name()} has no parameter or buffer {tensor_name!r:.80}; it has "
            f"{', '.join((*module._parameters, *module._buffers)) or 'none'}"
        )
    parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = parametrizations
    compute_attribute(module, tensor_name, Computed(_Of(tensor_name), _Setting(tensor_name)))
    return module


@dataclass(frozen=True)
class _Of:
    name: str

    def __call__(self, module: Any) -> Tensor:
        value: Tensor = module.parametrizations[self.name]()
        return value


@dataclass(frozen=True)
class _Setting:
    name: str

    def __call__(self, module: Any, value: Tensor) -> None:
        module.parametrizations[self.name].right_inverse(value)


def _append(parametrizations: ParametrizationList, value: Tensor, added: Module, unsafe: bool) -> None:
    """Add another, to what the others give; the tensor keeps its values if it has an inverse."""
    inverse = getattr(added, "right_inverse", None)
    with no_grad():
        if not unsafe:
            before = value if inverse is None else inverse(value)
            _check_alike(type(added).__name__, before, value)
            _check_alike(type(added).__name__, added(before), value)
        parametrizations.append(added)
        parametrizations.unsafe |= unsafe
        if inverse is not None:
            parametrizations.right_inverse(value)


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the tensor ``tensor_name`` of ``module``, or any, is parametrized.

    >>> layer = nn.utils.parametrizations.spectral_norm(nn.Linear(2, 3))
    >>> [nn.utils.parametrize.is_parametrized(layer, name) for name in ("weight", "bias")]
    [True, False]
    """
    held = vars(module).get("parametrizations")
    return isinstance(held, ModuleDict) and (tensor_name in held if tensor_name is not None else len(held) > 0)


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make ``tensor_name`` an ordinary parameter or buffer again: what it is now, or the original if not that.

    Returns ``module``. Raises ValueError for a tensor that is not parametrized, or several originals to choose from.

    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    >>> nn.utils.parametrize.remove_parametrizations(layer, "weight")
    Linear(in_features=2, out_features=3, bias=True)
    """
    _check_parametrized("remove_parametrizations", module, tensor_name)
    parametrizations = module.parametrizations[tensor_name]
    if not (parametrizations.is_tensor or leave_parametrized):
        raise ValueError(
            f"remove_parametrizations: {tensor_name} is made of {parametrizations.ntensors} tensors, none of which is "
            "the original; pass leave_parametrized=True"
        )
    first = parametrizations._originals()[0]
    if leave_parametrized:
        with no_grad():
            now = getattr(module, tensor_name)
        if parametrizations.is_tensor:
            _give(first, now)
        else:
            first = _as_is(now.detach().clone(), first)
    del module.parametrizations[tensor_name]
    if not len(module.parametrizations):
        del module.parametrizations
    keep_attribute(module, tensor_name)
    _register(module, tensor_name, first)
    return module


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Parametrize ``tensor_name`` of ``to_module``, or all that is parametrized, as ``from_module`` does.

    The two then share the parametrizations and the originals. A tensor that ``to_module`` does not have becomes a
    parameter of it. Returns ``to_module``. Raises ValueError for a name that ``from_module`` does not parametrize;
    nothing happens if it parametrizes none.

    >>> layer, other = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3)), nn.Linear(2, 3)
    >>> _ = nn.utils.parametrize.transfer_parametrizations_and_params(layer, other)
    >>> other.weight.equal(layer.weight)
    True
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        _check_parametrized("transfer_parametrizations_and_params", from_module, name)
        given = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            to_module.register_parameter(name, Parameter(getattr(from_module, name).detach().clone()))
        for parametrization in given:
            register_parametrization(to_module, name, parametrization, unsafe=given.unsafe)
        for original, x in zip(given._names(), given._originals(), strict=True):
            setattr(to_module.parametrizations[name], original, x)
    return to_module


def _check_parametrized(what: str, module: Module, name: str) -> None:
    if not is_parametrized(module, name):
        raise ValueError(f"{what}: {module._get_name()} has no parametrization of {name!r:.80}")


def _give(x: Tensor, values: Tensor) -> None:
    """Give ``x``, which optimizers may know, other values."""
    x.data = values.detach().clone()


def _as_is(x: Tensor, original: Tensor) -> Tensor:
    """``x`` as a parameter if ``original`` is one."""
    return Parameter(x, original.requires_grad) if isinstance(original, Parameter) else x


def _register(module: Module, name: str, x: Tensor) -> None:
    if isinstance(x, Parameter):
        module.register_parameter(name, x)
    else:
        module.register_buffer(name, x)


def _check_alike(what: str, value: Any, tensor: Tensor, shape: bool = True) -> None:
    if not isinstance(value, Tensor):
        raise ValueError(f"{what}: expected a tensor, got {type(value).__name__}")
    if value.dtype != tensor.dtype:
        raise DtypeError(f"{what}: expected {tensor.dtype}, as the tensor is, got {value.dtype}")
    if shape and value.shape != tensor.shape:
        raise ShapeError(
            f"{what}: expected shape {written(tensor.shape)}, as the tensor has, got {written(value.shape)}"
        )
