"""What is said of a name of PyTorch's that glassnet does not have: whether it is planned, and the nearest there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Not planned, each with the reason; a name stands for everything within it too.
NOT_PLANNED = {
    "torch.distributed": "glassnet computes in one process; leave the calls out",
    "torch.multiprocessing": "use Python's own multiprocessing",
    "torch.quantization": "there are no kernels for small integers in NumPy",
    "torch.ao": "there are no kernels for small integers in NumPy",
    "torch.fx": "glassnet.trace gives a program that can be read and changed",
    "torch.profiler": "use Python's cProfile: there is no other process or device to look into",
    "torch.sparse": "tensors are dense; use SciPy for sparse ones",
    "torch.hub": "there are no weights to download; build the network, and load_state_dict what you have",
    "torch.utils.cpp_extension": "operations are written in NumPy; see docs/design.md",
    "torch.package": "save_model keeps a network with its description",
    "torchaudio": "read sound with the standard library's wave or with scipy.io.wavfile",
    "torchtext": "its authors have ended it; see docs/layers.md for texts",
}

# What does nearly the same.
INSTEAD = {
    "torchsummary.summary": "print(model), or glassnet.walkthrough(model, x)",
    "torchinfo.summary": "print(model), or glassnet.walkthrough(model, x)",
    "torchmetrics": "glassnet.training.metrics",
}


def reason(name: str) -> str | None:
    """Why ``name``, with its module, is not planned; None if it is."""
    return next((why for of, why in NOT_PLANNED.items() if name == of or name.startswith(f"{of}.")), None)


def explained(module: str, name: str, there: Iterable[str]) -> str:
    """One message: glassnet has no ``name`` in PyTorch's ``module``, where ``there`` are those that it has."""
    whole = f"{module}.{name}" if module else name
    why = reason(whole)
    state = f"and will not have it ({why})" if why else "yet"
    instead = next((what for of, what in INSTEAD.items() if whole == of or whole.startswith(f"{of}.")), None)
    near = [] if why else get_close_matches(name, list(there), n=1, cutoff=0.75)
    hint = f"; nearest: {instead}" if instead else f"; nearest: {module}.{near[0]}" if near and module else ""
    return f"glassnet has no {whole} {state}{hint}"
