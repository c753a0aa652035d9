"""torch.stft and torch.istft, spectra of pieces of a signal that follow one another; torch.hann_window and its like."""

from __future__ import annotations

from typing import Any

from glassnet import fft, functional
from glassnet.errors import RangeError, ShapeError
from glassnet.ops.shapes import written
from glassnet.pytorch.names.signal_windows import SHAPES, Shape, cosines, numbers_of
from glassnet.tensor import Tensor, functions
from glassnet.tensor.creation import DtypeLike, dtype_of, ones
from glassnet.tensor.tensor import finished

__all__ = [
    "bartlett_window", "blackman_window", "hamming_window", "hann_window", "istft", "kaiser_window", "stft",
]  # fmt: skip


def _window(name: str, window: Tensor | None, n_fft: int, win_length: int | None, like: Tensor) -> Tensor:
    """The weights of a piece: ``window`` in the middle of ``n_fft`` places."""
    length = n_fft if win_length is None else win_length
    if not 0 < length <= n_fft:
        raise RangeError(f"{name}: expected a win_length from 1 to n_fft={n_fft}, got {length}")
    if window is None:
        window = ones(length, dtype=like.real.dtype)
    if window.shape != (length,):
        raise ShapeError(f"{name}: expected a window of {length} numbers, got {written(window.shape)}")
    left = (n_fft - length) // 2
    return functional.pad(window, (left, n_fft - length - left))


def stft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:
    """The spectrum of each piece of ``n_fft`` samples, ``hop_length`` (n_fft // 4) apart: [*, frequencies, pieces].

    ``center`` has the first piece around the first sample. Of real signals, only frequencies of 0 and above, unless
    ``onesided`` is False. With ``return_complex`` False, real and imaginary parts as a last dimension.

    >>> from glassnet.pytorch.names.short_time import stft
    >>> stft(glassnet.ones(8), 4, return_complex=True).shape
    (3, 9)
    """
    if input.ndim not in (1, 2):
        raise ShapeError(f"stft: expected a signal or a batch of them, got {written(input.shape)}")
    hop = n_fft // 4 if hop_length is None else hop_length
    if hop <= 0:
        raise RangeError(f"stft: expected a hop_length above 0, got {hop}")
    is_real = input.dtype.kind == "f"
    if return_complex is None:
        if is_real:
            raise RuntimeError("stft: say return_complex=True, and the result is complex; see view_as_real for parts")
        return_complex = True
    weights = _window("stft", window, n_fft, win_length, input)
    signal = input.reshape(-1, input.shape[-1])
    if center:
        signal = functional.pad(signal, (n_fft // 2, n_fft // 2), pad_mode)
    if not 0 < n_fft <= signal.shape[-1]:
        raise RangeError(f"stft: expected n_fft from 1 to {signal.shape[-1]} samples, got {n_fft}")
    pieces = signal.unfold(-1, n_fft, hop) * weights
    half = is_real and onesided is not False
    spectrum = (fft.rfft if half else fft.fft)(pieces, norm="ortho" if normalized else "backward")
    spectrum = spectrum.transpose(-1, -2)
    found = spectrum if input.ndim == 2 else spectrum[0]
    if return_complex:
        return found
    parts: Tensor = functions.function("view_as_real")(found)
    return parts


def istft(
    input: Tensor,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: Tensor | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> Tensor:
    """The signal that `stft` made this of: its pieces, laid over one another and divided by what they weigh there.

    Raises RangeError where pieces weigh nothing at some sample.

    >>> from glassnet.pytorch.names.short_time import istft, stft
    >>> x = glassnet.arange(8.0)
    >>> glassnet.allclose(istft(stft(x, 4, return_complex=True), 4, length=8), x, atol=1e-5)
    True
    """
    if input.dtype.kind != "c" or input.ndim not in (2, 3):
        raise ShapeError(
            f"istft: expected a complex [*, frequencies, pieces], got {input.dtype} {written(input.shape)}"
        )
    hop = n_fft // 4 if hop_length is None else hop_length
    weights = _window("istft", window, n_fft, win_length, input)
    half = onesided is not False and input.shape[-2] == n_fft // 2 + 1
    norm = "ortho" if normalized else "backward"
    spectrum = input.reshape(-1, *input.shape[-2:]).transpose(-1, -2)
    pieces = fft.irfft(spectrum, n_fft, norm=norm) if half else fft.ifft(spectrum, norm=norm)
    if not half and not return_complex:
        pieces = pieces.real
    pieces = pieces * weights
    total = n_fft + hop * (pieces.shape[1] - 1)
    signal = _laid(pieces, hop, total)
    weighed = _laid((weights * weights).expand(1, pieces.shape[1], n_fft), hop, total)
    start = n_fft // 2 if center else 0
    end = total - start if length is None else start + length
    signal, weighed = signal[:, start:end], weighed[:, start:end]
    if float(weighed.abs().min()) < 1e-11:
        raise RangeError("istft: the window weighs nothing at some sample; take a smaller hop_length, or center=True")
    signal = signal / weighed
    if length is not None and signal.shape[1] < length:
        signal = functional.pad(signal, (0, length - signal.shape[1]))
    return signal if input.ndim == 3 else signal[0]


def _laid(pieces: Tensor, hop: int, total: int) -> Tensor:
    """The sum of the pieces, each ``hop`` further than the last."""
    if pieces.dtype.kind == "c":
        whole: Tensor = functions.function("complex")(_laid(pieces.real, hop, total), _laid(pieces.imag, hop, total))
        return whole
    columns = pieces.transpose(1, 2)
    return functional.fold(columns, (1, total), (1, pieces.shape[2]), stride=(1, hop)).reshape(len(pieces), total)


# windows --------------------------------------------------------------------------------------------------------------

_OLDER: dict[str, Shape] = {
    **SHAPES,
    "hamming": lambda k, n, alpha=0.54, beta=0.46: cosines(k, n, (alpha, beta)),
}


def _older(name: str, *parameters: str) -> Any:
    """The window on the level of torch, which is periodic unless it is told otherwise."""

    def made(window_length: int, periodic: bool = True, *args: Any, dtype: DtypeLike = None, **named: Any) -> Tensor:
        for word in ("layout", "pin_memory"):
            named.pop(word, None)
        device, requires_grad = named.pop("device", None), named.pop("requires_grad", False)
        options = dict(zip(parameters, args, strict=False)) | named
        array = numbers_of(f"{name}_window", window_length, not periodic, _OLDER[name], options)
        return finished(array.astype(dtype_of(dtype)), requires_grad, device)

    made.__name__ = made.__qualname__ = f"{name}_window"
    made.__doc__ = f"The {name} window, which goes on from its end to its beginning unless ``periodic`` is False."
    return made


bartlett_window, blackman_window, hann_window = map(_older, ("bartlett", "blackman", "hann"))
hamming_window = _older("hamming", "alpha", "beta")
kaiser_window = _older("kaiser", "beta")
