"""What glassnet itself costs: an operation through dispatch, compiling a step, starting up."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from benchmarks import compiling, dispatch, imports


def measured(environment: Mapping[str, str], starts: int) -> dict[str, Any]:
    """All costs, measured by a process in this environment; an import is the best of ``starts`` process starts."""
    command = [sys.executable, "-m", "benchmarks.costs", str(starts)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "dispatch_microseconds": dispatch.costs(),
                "compiling_seconds": compiling.seconds(),
                "import_seconds": imports.seconds(["numpy", "glassnet", "torch", "jax"], int(sys.argv[1])),
            }
        )
    )
