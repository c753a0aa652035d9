"""Taking turns: contenders in processes of their own, timed one at a time.

`python -m benchmarks.turns WORKLOAD NAME` is such a process. It answers each line of JSON with a line
of JSON: ``{"prepare": {…}}`` prepares the contender with these arguments and does the first two steps,
``{"run": n}`` does n steps.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

# Idle threads look for work for a while before they sleep, those of OpenBLAS for tens of milliseconds;
# the next contender waits until then.
PAUSE = 0.06


@dataclass
class Measured:
    """The figures of a contender: the seconds of each round of ``steps`` steps, and the result of the last round.

    ``first`` is the time of its first two steps, compiling included (a step whose optimizer has state is
    compiled at its second call); ``peak`` is the most memory that its process used, in bytes.
    """

    steps: int
    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    peak: int = 0
    result: float = 0.0

    @property
    def best(self) -> float:
        """The shortest round, which other processes disturbed least."""
        return min(self.seconds)

    @property
    def step(self) -> float:
        """The seconds of a step in the shortest round."""
        return self.best / self.steps

    def as_json(self) -> dict[str, Any]:
        """All figures, as plain data."""
        return asdict(self)


class Contender:
    """A contender's process, on so many ``cores``. If its library is missing, ``missing`` says why."""

    def __init__(self, workload: str, name: str, environment: Mapping[str, str], cores: int | None = None) -> None:
        self.name = name
        self.missing: str | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.turns", workload, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        if cores is not None:  # before it loads a library, which counts the cores that it may use
            os.sched_setaffinity(self._process.pid, sorted(os.sched_getaffinity(0))[:cores])

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.name} ended with code {self._process.wait()}; see above")
        return json.loads(line)

    def prepare(self, steps: int, **arguments: Any) -> Measured:
        """Prepare it with ``arguments``, and do a first round of ``steps`` steps to warm up."""
        answer = self.ask(prepare=arguments)
        self.missing = answer.get("missing")
        if self.missing is None:
            self.run(steps)
        return Measured(steps, first=answer.get("first", 0.0))

    def run(self, steps: int) -> dict[str, Any]:
        """Do ``steps`` steps, after a pause in which other processes come to rest."""
        time.sleep(PAUSE)
        return self.ask(run=steps)

    def take_turn(self, measured: Measured) -> None:
        """Do a round, and add its figures to ``measured``."""
        answer = self.run(measured.steps)
        measured.seconds.append(answer["seconds"])
        measured.peak, measured.result = answer["peak"], answer["result"]

    def end(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def measure(
    workload: str,
    rounds: int,
    steps: int,
    environment: Mapping[str, str],
    cores: int | None = None,
    without: Sequence[str] = (),
) -> tuple[dict[str, Measured], dict[str, str]]:
    """``rounds`` interleaved rounds of each contender: (what was measured, what is missing and why)."""
    names = importlib.import_module(f"benchmarks.workloads.{workload}").CONTENDERS
    contenders = [Contender(workload, name, environment, cores) for name in names if name not in without]
    measured = {c.name: c.prepare(steps) for c in contenders}
    present = [c for c in contenders if not c.missing]
    for _ in range(rounds):
        for contender in present:
            contender.take_turn(measured[contender.name])
    for contender in contenders:
        contender.end()
    return {c.name: measured[c.name] for c in present}, {c.name: c.missing for c in contenders if c.missing}


def measure_points(
    workload: str, rounds: int, seconds: float, environment: Mapping[str, str], every: int = 1
) -> dict[str, dict[str, Measured]]:
    """Every point of a workload of points, by its name: the figures of each contender that is installed.

    A round is as many steps as take about ``seconds``; of the points, every ``every``-th is measured.
    """
    described = importlib.import_module(f"benchmarks.workloads.{workload}")
    contenders = [Contender(workload, name, environment, described.CORES) for name in described.CONTENDERS]
    points: dict[str, dict[str, Measured]] = {}
    for what, values in described.POINTS.items():
        for value in values[::every]:
            size = described.USUAL | {what: value}
            measured = {c: c.prepare(3, **size) for c in contenders}
            present = {c: m for c, m in measured.items() if not c.missing}
            for contender, m in present.items():
                m.steps = max(2, int(3 * seconds / contender.run(3)["seconds"]))
            for _ in range(rounds):
                for contender, m in present.items():
                    contender.take_turn(m)
            points[f"{what} {value}"] = {c.name: m for c, m in present.items()}
    for contender in contenders:
        contender.end()
    return points


# the process -------------------------------------------------------------------------------------


def serve(workload: str, name: str) -> None:
    """Run as a contender: answer each line read with a line of JSON."""
    prepare = importlib.import_module(f"benchmarks.workloads.{workload}").CONTENDERS[name]
    run: Any = None
    for line in sys.stdin:
        request = json.loads(line)
        if "prepare" in request:
            run = None  # frees what was prepared before
            try:
                run = prepare(**request["prepare"])
            except ImportError as error:
                print(json.dumps({"missing": str(error)}), flush=True)
                continue
        start = time.perf_counter()
        result = run(request.get("run", 2))
        seconds = time.perf_counter() - start
        answer = {"first": seconds} if "prepare" in request else {"seconds": seconds, "result": result}
        print(json.dumps(answer | {"peak": peak_memory()}), flush=True)


def peak_memory() -> int:
    """The most memory that this process has had at once, in bytes; 0 where the system does not say."""
    if os.name != "posix":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    serve(*sys.argv[1:])
