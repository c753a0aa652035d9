"""torch.onnx: what can be asked before there is an exporter."""

from __future__ import annotations

__all__ = ["OnnxExporterError", "is_in_onnx_export"]


class OnnxExporterError(RuntimeError):
    """A network could not be exported."""


def is_in_onnx_export() -> bool:
    """False."""
    return False
