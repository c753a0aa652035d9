"""Ways to prune a parameter: what each leaves out, and how one follows another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

from glassnet.nn.hooks import Hook
from glassnet.nn.module import Module
from glassnet.nn.parameter import Parameter
from glassnet.nn.utils.parametrize import Computed, compute_attribute, computed_attributes, keep_attribute
from glassnet.ops.shapes import written
from glassnet.tensor import Tensor
from glassnet.tensor.sampling import rand

Amount = float | int


class BasePruningMethod(ABC):
    """The base of all ways to prune. A subclass has a `compute_mask`, and says its ``PRUNING_TYPE``.

    That is "unstructured" for one that chooses numbers, "structured" for one that chooses indices of a dimension,
    ``dim``, and "global" for one that looks at all; a second pruning is given of a tensor what the first has left, in
    that sense.

    >>> class EveryOther(nn.utils.prune.BasePruningMethod):
    ...     PRUNING_TYPE = "unstructured"
    ...
    ...     def compute_mask(self, t, default_mask):
    ...         mask = default_mask.clone()
    ...         mask.view(-1)[::2] = 0
    ...         return mask
    >>> layer = nn.Linear(4, 1)
    >>> method = EveryOther.apply(layer, "weight")
    >>> layer.weight_mask
    tensor([[0., 1., 0., 1.]])
    """

    PRUNING_TYPE: ClassVar[str] = "unstructured"
    _tensor_name: str

    def __call__(self, module: Module, inputs: Any) -> None:
        """A hook before forward, as in PyTorch: by it ``module`` is known as pruned; masks are applied when read."""
        return None  # noqa: RET501

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask for a tensor of these importances, of which ``default_mask`` has left out some already."""

    def apply_mask(self, module: Module) -> Tensor:
        """The parameter of ``module`` without what is left out."""
        original = getattr(module, f"{self._tensor_name}_orig")
        masked: Tensor = getattr(module, f"{self._tensor_name}_mask").to(dtype=original.dtype) * original
        return masked

    @classmethod
    def apply(
        cls, module: Module, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune ``module.name`` by a method of those arguments; ``importance_scores`` stand for its numbers."""
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        current = getattr(module, name)
        scores = _checked_scores(importance_scores, current)
        earlier = method_of(module, name)
        if earlier is None:
            mask = method.compute_mask(scores.detach(), current.new_ones(current.shape))
            _let_be_pruned(module, name, method, mask)
            return method
        container = PruningContainer(*(earlier if isinstance(earlier, PruningContainer) else (earlier,)), method)
        mask = container.compute_mask(scores.detach(), getattr(module, f"{name}_mask").detach().clone())
        module.register_buffer(f"{name}_mask", mask)
        _let_be_hooked(module, name, container)
        return container

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """``t`` with zeros in the place of what is left out; no module is changed."""
        scores = _checked_scores(importance_scores, t)
        mask = t.new_ones(t.shape) if default_mask is None else default_mask
        pruned: Tensor = t * self.compute_mask(scores.detach(), mask)
        return pruned

    def remove(self, module: Module) -> None:
        """Make the pruned parameter an ordinary one again, with zeros in the place of what was left out."""
        name = self._tensor_name
        weight = self.apply_mask(module).detach()
        original: Parameter = module._parameters[f"{name}_orig"]
        keep_attribute(module, name)
        _unhook(module, name)
        delattr(module, f"{name}_orig")
        delattr(module, f"{name}_mask")
        original.data = weight
        module.register_parameter(name, original)


def _let_be_pruned(module: Module, name: str, method: BasePruningMethod, mask: Tensor) -> None:
    parameter = module._parameters[name]
    delattr(module, name)
    module.register_parameter(f"{name}_orig", parameter)
    module.register_buffer(f"{name}_mask", mask)
    _let_be_hooked(module, name, method)


def _let_be_hooked(module: Module, name: str, method: BasePruningMethod) -> None:
    if name in computed_attributes(module):
        keep_attribute(module, name)
        _unhook(module, name)
    compute_attribute(module, name, Computed(Masked(method)))
    module._add_hook(Hook("before", method), prepend=False)


@dataclass(frozen=True)
class Masked:
    """A parameter of a module without what ``method`` leaves out."""

    method: BasePruningMethod

    def __call__(self, module: Module) -> Tensor:
        """The parameter, now."""
        return self.method.apply_mask(module)


def _unhook(module: Module, name: str) -> None:
    for key, hook in list(module._call_hooks.items()):
        if isinstance(hook.function, BasePruningMethod) and hook.function._tensor_name == name:
            del module._call_hooks[key]


def methods_of(module: Module) -> Iterator[BasePruningMethod]:
    """Those that prune parameters of ``module``."""
    for hook in module._hooks_in_order():
        if isinstance(hook.function, BasePruningMethod):
            yield hook.function


def method_of(module: Module, name: str) -> BasePruningMethod | None:
    """The one that prunes ``module.name``; None if none does."""
    return next((method for method in methods_of(module) if method._tensor_name == name), None)


def _checked_scores(scores: Tensor | None, current: Tensor) -> Tensor:
    if scores is None:
        return current
    if scores.shape != current.shape:
        raise AssertionError(
            f"expected importance_scores of the parameter's shape {written(current.shape)}, got {written(scores.shape)}"
        )
    return scores


class PruningContainer(BasePruningMethod):
    """Several prunings of one parameter, one after another.

    >>> layer = nn.Linear(4, 2)
    >>> first = nn.utils.prune.l1_unstructured(layer, "weight", amount=2)
    >>> container = nn.utils.prune.L1Unstructured.apply(layer, "weight", amount=3)
    >>> [type(method).__name__ for method in container], int(layer.weight_mask.sum())
    (['L1Unstructured', 'L1Unstructured'], 3)
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods = args[0] if len(args) == 1 and not isinstance(args[0], BasePruningMethod) else args
        if not isinstance(methods, Iterable):
            methods = (methods,)
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add another. Raises TypeError for what is none, ValueError for one of a parameter of another name."""
        if method is None:
            return
        if not isinstance(method, BasePruningMethod):
            raise TypeError(f"expected a BasePruningMethod, got {type(method).__name__}")
        own = getattr(self, "_tensor_name", None)
        if own is not None and method._tensor_name != own:
            raise ValueError(
                f"expected a pruning of the parameter {own!r:.80}, got one of {method._tensor_name!r:.80}; give each "
                "parameter a container of its own"
            )
        self._tensor_name = method._tensor_name
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: int) -> BasePruningMethod:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last of them, for what ``default_mask`` has left, within that."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(dtype=t.dtype).clone()
        if method.PRUNING_TYPE == "unstructured":
            left: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            dim = _along(t, getattr(method, "dim", -1))
            left = (slice(None),) * dim + (mask.sum(dim=_others(t, dim)) != 0,)
        elif method.PRUNING_TYPE == "global":
            left = (slice(None),) * t.ndim
        else:
            raise ValueError(
                "expected a PRUNING_TYPE of 'unstructured', 'structured' or 'global', got "
                f"{method.PRUNING_TYPE!r:.80} of {type(method).__name__}"
            )
        mask[left] = method.compute_mask(t[left], default_mask[left]).to(dtype=mask.dtype)
        return mask


class _Unstructured(BasePruningMethod):
    """A pruning of ``amount`` numbers: a whole number of them, or a part of all."""

    def __init__(self, amount: Amount) -> None:
        _check_amount(type(self).__name__, amount)
        self.amount = amount

    def _without(self, default_mask: Tensor, importance: Tensor) -> Tensor:
        """``default_mask`` with zeros where ``importance`` is least."""
        number = _number_of(self.amount, importance.numel())
        mask = default_mask.clone()
        if number:
            mask.view(-1)[importance.reshape(-1).topk(number, largest=False)[1]] = 0
        return mask


class RandomUnstructured(_Unstructured):
    """Leaves out any ``amount`` of numbers; see `random_unstructured`.

    >>> nn.utils.prune.RandomUnstructured(amount=3).prune(glassnet.ones(4)).sum()
    tensor(1.)
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, by random numbers."""
        return self._without(default_mask, rand(*t.shape))


class L1Unstructured(_Unstructured):
    """Leaves out the ``amount`` of smallest numbers; see `l1_unstructured`.

    >>> nn.utils.prune.L1Unstructured(amount=0.5).prune(glassnet.tensor([3.0, 1.0, 0.5, -2.0]))
    tensor([ 3.,  0.,  0., -2.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, by the size of ``t``."""
        return self._without(default_mask, t.abs())


class _Structured(BasePruningMethod):
    """A pruning of ``amount`` indices of ``dim``: a whole number of them, or a part of all."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Amount, dim: int = -1) -> None:
        _check_amount(type(self).__name__, amount)
        self.amount = amount
        self.dim = dim

    def _importance(self, t: Tensor, dim: int) -> Tensor:
        raise NotImplementedError

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, which is the same for all elements of an index."""
        dim = _along(t, self.dim)
        number = _number_of(self.amount, t.shape[dim])
        if number == 0:
            return default_mask
        kept = self._importance(t, dim).topk(t.shape[dim] - number, largest=True)[1]
        mask = t.new_zeros(t.shape)
        mask[(slice(None),) * dim + (kept,)] = 1
        masked: Tensor = mask * default_mask.to(dtype=mask.dtype)
        return masked


class RandomStructured(_Structured):
    """Leaves out any ``amount`` of the indices of a dimension; see `random_structured`.

    >>> nn.utils.prune.RandomStructured(amount=1, dim=0).prune(glassnet.ones(3, 2)).sum()
    tensor(4.)
    """

    def _importance(self, t: Tensor, dim: int) -> Tensor:
        return rand(t.shape[dim])


class LnStructured(_Structured):
    """Leaves out the ``amount`` of indices of a dimension with the smallest norm; see `ln_structured`.

    >>> nn.utils.prune.LnStructured(amount=1, n=2, dim=0).prune(glassnet.tensor([[3.0, 4.0], [0.0, 6.0]]))
    tensor([[0., 0.],
            [0., 6.]])
    """

    def __init__(self, amount: Amount, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _importance(self, t: Tensor, dim: int) -> Tensor:
        return t.norm(self.n, dim=_others(t, dim))


class Identity(BasePruningMethod):
    """Leaves out nothing; see `identity`.

    >>> nn.utils.prune.Identity().prune(glassnet.ones(2))
    tensor([1., 1.])
    """

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask as it is."""
        return default_mask


class CustomFromMask(BasePruningMethod):
    """Leaves out what a mask has 0 for; see `custom_from_mask`.

    >>> nn.utils.prune.CustomFromMask(glassnet.tensor([1, 0])).prune(glassnet.tensor([3.0, 4.0]))
    tensor([3., 0.])
    """

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The given mask, within the other. Raises AssertionError for one of another shape."""
        if default_mask.shape != self.mask.shape:
            raise AssertionError(
                f"expected a mask of the parameter's shape {written(default_mask.shape)}, got "
                f"{written(self.mask.shape)}"
            )
        mask: Tensor = default_mask * self.mask.to(dtype=default_mask.dtype)
        return mask


def _check_amount(what: str, amount: Any) -> None:
    if not isinstance(amount, Real):
        raise TypeError(f"{what}: expected an amount as a number, got {amount!r:.80}")
    if float(amount) < 0 or (not isinstance(amount, Integral) and float(amount) > 1):
        raise ValueError(f"{what}: expected an amount of 0 or more, a part from 0.0 to 1.0, got {amount}")


def _number_of(amount: Amount, size: int) -> int:
    """How many of ``size`` are ``amount``."""
    if not isinstance(amount, Integral):
        return round(amount * size)
    if amount > size:
        raise ValueError(f"expected an amount of {size} at most, as many as there are, got {amount}")
    return int(amount)


def _along(t: Tensor, dim: int) -> int:
    """``dim`` counted from the front. Raises ValueError for a vector, IndexError for a dimension that is not there."""
    if t.ndim <= 1:
        raise ValueError(f"expected a tensor of 2 dimensions or more to prune along one, got {written(t.shape)}")
    if not -t.ndim <= dim < t.ndim:
        raise IndexError(f"expected a dim from {-t.ndim} to {t.ndim - 1} for {written(t.shape)}, got dim={dim}")
    return dim % t.ndim


def _others(t: Tensor, dim: int) -> tuple[int, ...]:
    return tuple(d for d in range(t.ndim) if d != dim)
