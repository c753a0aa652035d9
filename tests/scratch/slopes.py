"""What every layer is held to: its backward gives the slopes of its forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.scratch import numerical_gradient


def weights_like(y: Any, seed: int = 0) -> np.ndarray:
    """Numbers from 0.5 to 1 in size, of either sign: what a loss makes of each element of an output."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.uniform(0.5, 1, np.shape(y)) * rng.choice([-1, 1], np.shape(y)))


def check_slopes(
    forward: Callable[[], Any],
    backward: Callable[[Any], Any],
    checked: Sequence[tuple[str, np.ndarray, Callable[[], Any]]],
) -> None:
    """Hold the gradients of Σ w·forward() against its slopes in arrays that ``forward`` looks at.

    ``checked``: what each array is called, the array, and how its gradient is read after ``backward(w)``.
    """
    here = np.array(forward())
    w = weights_like(here)
    backward(w)
    gradients = [np.asarray(read()).copy() for _, _, read in checked]
    for (name, x, _), gradient in zip(checked, gradients, strict=True):
        # of differences from where it stands: large outputs that x does not change leave no rounding
        slope = numerical_gradient(lambda _: np.sum(w * (forward() - here)), x, h=1e-5)
        assert gradient.shape == x.shape, f"{name}: a gradient of {gradient.shape} for {x.shape}"
        assert gradient.dtype == x.dtype, f"{name}: a gradient of {gradient.dtype} for {x.dtype}"
        np.testing.assert_allclose(gradient, slope, rtol=1e-5, atol=1e-7, err_msg=name)


def check_layer(layer: Any, *inputs: Any) -> None:
    """The gradients by all floating inputs that have one, and by the layer's parameters."""
    arrays = [np.array(x) if np.ndim(x) == 0 and isinstance(x, float) else x for x in inputs]
    places = [i for i, x in enumerate(arrays) if isinstance(x, np.ndarray) and x.dtype.kind == "f"]
    result: list[Any] = []

    def backward(w: Any) -> None:
        gradients = layer.backward(w)
        result[:] = gradients if isinstance(gradients, tuple) else (gradients,)

    layer.forward(*arrays)
    backward(weights_like(layer.forward(*arrays)))
    checked = [(f"input {i}", arrays[i], lambda i=i: result[i]) for i in places if result[i] is not None]
    checked += [(f"params[{i}]", p, lambda i=i: layer.grads[i]) for i, p in enumerate(layer.params)]
    assert checked, "nothing to check"
    check_slopes(lambda: layer.forward(*arrays), backward, checked)
