"""Of `optim`: the known differences of steps and of refusals, by optimizer and what PyTorch's samples call them."""

from __future__ import annotations

_BFLOAT16 = "PyTorch makes the step orthogonal in bfloat16, glassnet in the parameter's dtype"
_WHOLE = "a sparse parameter is taken as whole"

STEPS = {
    ("Muon", "default"): _BFLOAT16,
    ("Muon", "non-default lr"): _BFLOAT16,
    ("Muon", "Tensor lr"): _BFLOAT16,
    ("Muon", "non-default weight_decay"): _BFLOAT16,
    ("Muon", "non-default momentum"): _BFLOAT16,
    ("Muon", "passing alternative ns_steps"): _BFLOAT16,
    ("Muon", "passing alternative ns_coefficients"): _BFLOAT16,
}

REFUSALS = {
    ("SparseAdam", "SparseAdam requires dense parameter tensors"): _WHOLE,
}
