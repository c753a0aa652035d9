"""`python -m benchmarks`: measure everything, print it, keep it as JSON in benchmarks/results/."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from benchmarks import door, imports, mlp, turns
from benchmarks.machine import description

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Print the tables, then write the figures down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds of each contender (default 7)")
    rounds = parser.parse_args().rounds

    machine = description()
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(f"best of {rounds} interleaved rounds, each contender in a process of its own\n")

    training, missing = turns.measure("mlp", list(mlp.CONTENDERS), rounds)
    print_training(training, missing)
    calls = door.costs()
    print_door(calls)
    started = imports.seconds(["numpy", "glassnet", "torch"])
    print_imports(started)

    RESULTS.mkdir(exist_ok=True)
    kept = RESULTS / time.strftime("%Y-%m-%d-%H%M%S.json")
    figures = {
        "machine": machine,
        "mlp_epoch_seconds": {name: m.seconds for name, m in training.items()},
        "door_microseconds": calls,
        "import_seconds": started,
    }
    kept.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(f"kept in {kept.relative_to(Path.cwd())}" if kept.is_relative_to(Path.cwd()) else f"kept in {kept}")


def print_training(measured: dict[str, turns.Measured], missing: dict[str, str]) -> None:
    """The epochs of the 784-128-64-10 network."""
    print("784-128-64-10 ReLU, batch 64, SGD, one epoch of 60,000 images")
    steps = -(-mlp.IMAGES // mlp.BATCH)
    peer = measured.get("torch")
    for name, m in measured.items():
        ratio = f"{m.best / peer.best:5.2f} x PyTorch" if peer else ""
        print(
            f"  {name:10} {m.best:7.3f} s  {m.best / steps * 1e6:6.0f} µs a step  {ratio}  (last loss {m.result:.3f})"
        )
    for name, why in missing.items():
        print(f"  {name:10} not measured: {why}")
    print()


def print_door(calls: dict[str, float]) -> None:
    """What an operation costs above NumPy."""
    print("One addition of two 1-element float32 arrays")
    base = calls["np.add(x, y)"]
    for name, cost in calls.items():
        above = "" if cost == base else f"  {cost - base:5.2f} µs above NumPy"
        print(f"  {name:36} {cost:5.2f} µs{above}")
    print()


def print_imports(started: dict[str, float]) -> None:
    """What starting up takes."""
    print("import, above an empty process")
    for module, took in started.items():
        ratio = f"{took / started['numpy']:5.2f} x NumPy" if module != "numpy" else ""
        print(f"  {module:10} {took * 1e3:6.0f} ms  {ratio}")
    print()


if __name__ == "__main__":
    main()
