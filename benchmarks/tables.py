"""Prints what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.floor import Machine
from benchmarks.turns import Measured

PEER = "PyTorch eager"


def print_workload(
    workload: Any,
    measured: Mapping[str, Measured],
    missing: Mapping[str, str],
    machine: Machine,
    per: str = "",
) -> None:
    """A line for each contender, with its ratio to PyTorch. ``per`` names a round, if it was shorter than usual."""
    print(workload.__doc__.partition("\n")[0])
    header = ("", per or workload.PER, "a step", "x PyTorch", "x floor", "first 2 steps", "memory")
    print("  {:19}  {:>12}  {:>10}  {:>9}  {:>7}  {:>13}  {:>8}".format(*header))
    peer = measured.get(PEER)
    work = getattr(workload, "WORK", None)
    for name, m in measured.items():
        ratio = ratio_to(m.step, peer.step) if peer else ""
        floor = f"{m.step / machine.seconds(work):.1f}" if work else ""
        print(
            f"  {name:19}  {duration(m.best):>12}  {duration(m.step):>10}  {ratio:>9}  {floor:>7}  "
            f"{duration(m.first):>13}  {m.peak / 1e6:5.0f} MB"
        )
    for name, why in missing.items():
        print(f"  {name:19}  not measured: {why}")
    print_asked(workload, measured)
    print()


def print_asked(workload: Any, measured: Mapping[str, Measured]) -> None:
    """A line for each ratio that is asked for, beside what was measured."""
    for asked in getattr(workload, "ASKED", ()):
        own, peer = measured.get(asked.contender), measured.get(asked.peer)
        if own and peer:
            told = "reached" if own.step <= asked.most * peer.step else "missed"
            ratio = ratio_to(own.step, peer.step)
            print(f"  {told}: {ratio} x {asked.peer} (asked {asked.most}, aim {asked.aim}) by {asked.contender}")


def print_points(workload: Any, points: Mapping[str, Mapping[str, Measured]], machine: Machine) -> None:
    """A line for each point: the contenders, the ratio of the first to the last, and to the floor."""
    print(workload.__doc__.strip())
    first, *_, last = workload.CONTENDERS
    for point, measured in points.items():
        times = "  ".join(f"{name} {duration(m.step):>9}" for name, m in measured.items())
        ratio = f"{ratio_to(measured[first].step, measured[last].step):>5} x {last}" if last in measured else ""
        what, _, value = point.partition(" ")
        work = workload.work(**(workload.USUAL | {what: int(value) if value.isdecimal() else value}))
        print(f"  {point:12} {times}  {ratio}  {measured[first].step / machine.seconds(work):4.1f} x floor")
    for asked in workload.ASKED:
        ratios = [m[asked.contender].step / m[asked.peer].step for m in points.values() if asked.contender in m]
        print(f"  worst {max(ratios):.2f} x {asked.peer} (asked {asked.most}, aim {asked.aim}) by {asked.contender}")
    print()


def print_costs(figures: Mapping[str, Any]) -> None:
    """The costs of glassnet itself."""
    print_dispatch(figures["dispatch_microseconds"])
    print_compiling(figures["compiling_seconds"])
    print_imports(figures["import_seconds"])


def print_dispatch(calls: Mapping[str, float]) -> None:
    """The cost of an operation above NumPy."""
    print("One addition of two 1-element float32 arrays")
    base = calls["np.add(x, y)"]
    for name, cost in calls.items():
        above = "" if cost == base else f"  {cost - base:5.2f} µs above NumPy"
        print(f"  {name:36} {cost:5.2f} µs{above}")
    print()


def print_compiling(costs: Mapping[str, float]) -> None:
    """The time to compile a step."""
    print("Compiling the step of 784-128-64-10 (tracing, passes, source)")
    for what, seconds in costs.items():
        print(f"  {what:36} {duration(seconds):>9}")
    saved = costs["a step, eager"] - costs["a step, compiled"]
    if saved > 0:
        print(f"  paid back after {costs['the call that traces it'] / saved:,.0f} steps")
    print()


def print_imports(started: Mapping[str, float]) -> None:
    """The time to import."""
    print("import, above an empty process")
    for module, took in started.items():
        ratio = f"{took / started['numpy']:5.2f} x NumPy" if module != "numpy" else ""
        print(f"  {module:10} {took * 1e3:6.0f} ms  {ratio}")
    print()


def ratio_to(seconds: float, others: float) -> str:
    """``seconds`` as a multiple of ``others``, in about two digits."""
    ratio = seconds / others
    return f"{ratio:.{2 if ratio >= 0.1 else 3}f}"


def duration(seconds: float) -> str:
    """Seconds in a unit that suits them, in about three digits."""
    unit, size = next(((u, s) for u, s in (("s", 1.0), ("ms", 1e-3)) if seconds >= s), ("µs", 1e-6))
    value = seconds / size
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"
