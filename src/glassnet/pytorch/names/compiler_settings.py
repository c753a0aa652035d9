"""torch._dynamo.config and torch._inductor.config: what a script sets there is kept, and changes nothing."""

from __future__ import annotations

suppress_errors = verbose = capture_scalar_outputs = dynamic_shapes = assume_static_by_default = False
cache_size_limit = recompile_limit = 8
