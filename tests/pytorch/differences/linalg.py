"""Of matrices, products and statistics."""

from __future__ import annotations

from typing import Any

import glassnet as gn

_WHOLE = "whole numbers are not multiplied by others: PyTorch drops their digits in silence"
_SIGN = "eigenvectors are so up to a sign, or in complex numbers a phase"
_TRIANGLE = "the entries of a triangular factor that are not read have no gradient"
_EQUAL = "which of equal elements is picked is not said"
_TIMES = "PyTorch's entry works out another expression"
_SLOPE = "0 where PyTorch's second derivative at a kink is NaN"

_NUMBER = "a number may stand in the place of a tensor"
_NO_OUT = "there is no out="

KNOWN: dict[tuple[str, str], dict[int, str] | str] = {
    **{(name, dtype): {1: _WHOLE} for name in ("addbmm", "baddbmm") for dtype in ("int64", "int8", "uint8")},
    ("addbmm", "in place"): {2: "the result is larger: PyTorch broadcasts the tensor"},
    **{(name, "float64"): _TRIANGLE for name in ("cholesky_inverse", "cholesky_solve")},
    ("cov", "float64"): dict.fromkeys((2, 6), "float32 weights of float64: PyTorch computes their gradient in float32"),
    **{("kthvalue", dtype): _EQUAL for dtype in ("int64", "int8", "uint8")},
    **{("mode", dtype): {2: _EQUAL} for dtype in ("bool", "int64", "int8", "uint8")},
    **{("linalg.eig", dtype): _SIGN for dtype in ("float32", "float64")},
    ("complex", "errors"): {2: _NO_OUT},
    ("kthvalue", "errors"): _NO_OUT,
    ("linalg.eigh", "float64"): _SIGN,
    **{("linalg.lstsq.grad_oriented", dtype): _TIMES for dtype in ("float32", "float64")},
    ("linalg.norm.subgradients_at_zero", "float64"): _SLOPE,
    ("linalg.pinv.hermitian", "float64"): _TIMES,
    **{("linalg.pinv.singular", dtype): _TIMES for dtype in ("float32", "float64")},
    ("matrix_exp", "float32"): {1: "the rounding of float32"},
    ("polar", "errors"): _NUMBER,
    **{(name, dtype): _EQUAL for name in ("argsort", "sort") for dtype in ("bool", "int8", "uint8")},
    **{("topk", dtype): _EQUAL for dtype in ("int64", "int8", "uint8")},
}


def _einsum(tensors: Any, equation: str) -> Any:
    return gn.einsum(equation, *tensors)


SPELLED = {"einsum": _einsum}
