"""Running a script of PyTorch's as Python runs it: its arguments, its streams, its tracebacks, its exit code."""

from __future__ import annotations

from glassnet.pytorch.running.main_program import run_module, run_notebook, run_script

__all__ = ["run_module", "run_notebook", "run_script"]
