"""Taking turns: contenders in processes of their own, timed one at a time.

`python -m benchmarks.turns NAME` is such a process: it prepares, says "ready", and for every line
it is sent does the work once and answers with the seconds it took and the result.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """The seconds of each round, and what the last one computed."""

    seconds: list[float]
    result: float

    @property
    def best(self) -> float:
        """The shortest round: the one least disturbed by others."""
        return min(self.seconds)


class Contender:
    """A contender's process. If its library is missing, ``missing`` says why."""

    def __init__(self, workload: str, name: str) -> None:
        self.name = name
        command = [sys.executable, "-m", "benchmarks.turns", workload, name]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        answer = self._answer()
        self.missing: str | None = answer.get("missing")
        self._rounds: list[tuple[float, float]] = []

    def _answer(self) -> dict:
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.name} ended with code {self._process.wait()}; see above")
        return json.loads(line)

    def take_turn(self) -> None:
        """Do the work once."""
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        answer = self._answer()
        self._rounds.append((answer["seconds"], answer["result"]))

    def finish(self) -> Measured:
        """End the process; gives what was measured, without the first round, which warms up."""
        self._process.stdin.close()
        self._process.wait()
        counted = self._rounds[1:]
        return Measured([seconds for seconds, _ in counted], counted[-1][1])


def measure(workload: str, names: list[str], rounds: int) -> tuple[dict[str, Measured], dict[str, str]]:
    """``rounds`` interleaved rounds of each contender: (what was measured, what is missing and why)."""
    contenders = [Contender(workload, name) for name in names]
    missing = {c.name: c.missing for c in contenders if c.missing}
    present = [c for c in contenders if not c.missing]
    for _ in range(rounds + 1):
        for contender in present:
            contender.take_turn()
    return {c.name: c.finish() for c in present}, missing


def serve(workload: str, name: str) -> None:
    """Be a contender: one JSON line in answer to each line read."""
    prepare = importlib.import_module(f"benchmarks.{workload}").CONTENDERS[name]
    try:
        work = prepare()
    except ImportError as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        result = work()
        print(json.dumps({"seconds": time.perf_counter() - start, "result": result}), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
