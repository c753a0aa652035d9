"""The machine that the figures were measured on."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Mapping

import numpy as np

from glassnet.cli import machine
from glassnet.threads import cores


def description(environment: Mapping[str, str]) -> dict[str, str | int]:
    """Processor, cores, system, Python, NumPy, and the kernels that its BLAS chooses in that environment."""
    return {
        "processor": machine.processor(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        **_blas(environment),
    }


def _blas(environment: Mapping[str, str]) -> dict[str, str]:
    code = (
        "import json; from glassnet.cli.machine import blas; b = blas(); "
        "print(json.dumps([b.name, b.version, b.kernels]))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    name, version, kernels = json.loads(done.stdout)
    return {"blas": f"{name} {version}", "kernels": kernels}
