"""`python -m benchmarks`: measure everything, print it, and save it as JSON in benchmarks/results/."""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path

from benchmarks import costs, environment, floor, tables, turns
from benchmarks.machine import description
from benchmarks.workloads import POINTS, WORKLOADS
from glassnet.threads import cores

RESULTS = Path(__file__).parent / "results"
DEAR = ("torch.compile",)  # contenders that take a minute before the first step


def main() -> None:
    """Print the tables, then save the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="interleaved rounds of each contender (default 7, quick 3)")
    parser.add_argument(
        "--quick", action="store_true", help="shorter rounds and fewer of them, without torch.compile: some minutes"
    )
    parser.add_argument("--only", choices=(*WORKLOADS, *POINTS, "costs"), nargs="+", help="measure only these")
    parser.add_argument(
        "--keep-environment", action="store_true", help="keep the variables that set kernels or threads of OpenBLAS"
    )
    parser.add_argument("--cores", type=int, help="keep each contender to so many cores (Linux; not growth and costs)")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 7)
    variables, removed = environment.for_contenders(options.keep_environment)

    machine = description(variables)
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(environment.described(removed))
    threads = "threads as each chooses" if options.cores is None else f"on {options.cores} of the cores"
    print(f"best of {rounds} interleaved rounds, each contender in a process of its own, {threads}\n")
    figures: dict[str, object] = {"machine": machine, "removed_variables": removed, "rounds": rounds, "workloads": {}}
    figures["cores"] = options.cores

    peak = floor.measured(variables, options.cores or cores())
    print(f"floor: {peak.operations / 1e9:.0f} GF/s in products of float32, {peak.nbytes / 1e9:.0f} GB/s in copies\n")
    only = options.only or [*WORKLOADS, *POINTS, "costs"]
    for name in WORKLOADS:
        if name not in only:
            continue
        workload = importlib.import_module(f"benchmarks.workloads.{name}")
        steps = max(2, workload.STEPS // 4) if options.quick else workload.STEPS
        without = DEAR if options.quick else ()
        measured, missing = turns.measure(name, rounds, steps, variables, options.cores, without)
        tables.print_workload(workload, measured, missing, peak, "" if steps == workload.STEPS else f"{steps} steps")
        figures["workloads"][name] = {contender: m.as_json() for contender, m in measured.items()}
    for name in POINTS:
        if name not in only:
            continue
        workload = importlib.import_module(f"benchmarks.workloads.{name}")
        effort = (3, 0.05) if options.quick else (rounds, 0.1)
        points = turns.measure_points(name, *effort, variables, every=3 if options.quick else 1)
        tables.print_points(workload, points, floor.measured(variables, workload.CORES) if workload.CORES else peak)
        figures[name] = {point: {n: m.as_json() for n, m in measured.items()} for point, measured in points.items()}
    if "costs" in only:
        figures |= costs.measured(variables, starts=1 if options.quick else 8)
        tables.print_costs(figures)

    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / time.strftime("%Y-%m-%d-%H%M%S.json")
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"saved in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")


if __name__ == "__main__":
    main()
