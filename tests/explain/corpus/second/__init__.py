"""Scripts by somebody who did not know the checks."""

from __future__ import annotations

from tests.explain.corpus.second import edges, flows, healthy, later, scripts

__all__ = ["edges", "flows", "healthy", "later", "scripts"]
