"""The methods of `Tensor`, one file a subject; each class extends the one whose methods it calls.

Methods return ``Self``: `Tensor` is defined on top of these classes, and they cannot name it.
"""

from __future__ import annotations
