"""The error for a network that cannot be written out."""

from __future__ import annotations

from glassnet.errors import GlassnetError


class ExportError(GlassnetError, ValueError):
    """A network that cannot be written for elsewhere; the message says why, and the way out.

    >>> from glassnet.export import ExportError, numpy_file
    >>> class Random(nn.Module):
    ...     def forward(self, x):
    ...         return x + glassnet.randn(len(x), 1)
    >>> try:
    ...     numpy_file(Random(), "model.py", np.ones((2, 3), np.float32))
    ... except ExportError as error:
    ...     print(error)
    model draws random numbers in evaluation mode; a file would draw others
    """
