"""Windows, spectra of pieces and orthogonal polynomials, beside PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.pytorch.names import polynomials, short_time, signal_windows

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def check(ours: Any, theirs: Any, tolerance: float = 1e-10) -> None:
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", [name for name in signal_windows.__all__ if name != "general_cosine"])
def test_windows(name: str) -> None:
    for length in (0, 1, 2, 5, 8):
        for sym in (True, False):
            ours = getattr(signal_windows, name)(length, sym=sym, dtype=gn.float64)
            check(ours, getattr(torch.signal.windows, name)(length, sym=sym, dtype=torch.float64))


@pytest.mark.parametrize("name", [name for name in short_time.__all__ if name.endswith("window")])
def test_older_windows(name: str) -> None:
    for length in (0, 1, 2, 5, 8):
        for periodic in (True, False):
            ours = getattr(short_time, name)(length, periodic, dtype=gn.float64)
            check(ours, getattr(torch, name)(length, periodic, dtype=torch.float64))


SPECTRA = [
    {"n_fft": 16},
    {"n_fft": 16, "hop_length": 3, "win_length": 12},
    {"n_fft": 15, "normalized": True, "onesided": False},
]


@pytest.mark.parametrize("options", SPECTRA)
def test_spectra_and_back(options: dict[str, Any]) -> None:
    signal = np.random.default_rng(0).standard_normal((2, 50))
    length = options.get("win_length", options["n_fft"])
    ours = {**options, "window": short_time.hamming_window(length, dtype=gn.float64)}
    theirs = {**options, "window": torch.hamming_window(length, dtype=torch.float64)}
    x, y = gn.tensor(signal, requires_grad=True), torch.tensor(signal, requires_grad=True)
    a, b = short_time.stft(x, return_complex=True, **ours), torch.stft(y, return_complex=True, **theirs)
    check(a.detach(), b.detach())
    back, wanted = short_time.istft(a, **ours), torch.istft(b, **theirs)
    check(back.detach(), wanted.detach())
    (back**2).sum().backward()
    (wanted**2).sum().backward()
    check(x.grad, y.grad)


@pytest.mark.parametrize("name", [name for name in polynomials.__all__ if "polynomial" in name])
def test_polynomials(name: str) -> None:
    x, n = np.linspace(-1.5, 1.5, 7), np.array([0, 1, 2, 5, 9, 3, 4])
    check(
        getattr(polynomials, name)(gn.tensor(x), gn.tensor(n)),
        getattr(torch.special, name)(torch.tensor(x), torch.tensor(n)),
    )
