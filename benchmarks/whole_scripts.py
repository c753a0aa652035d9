"""`python -m benchmarks.whole_scripts [NAME …]`: whole scripts in the style of courses, on PyTorch and on glassnet.

The twelve of `benchmarks/scripts` import torch, and run as they are on both, in turns, each in a process of its own.
What is compared is the shortest time of each: of the whole process, and of what is left when the start (an empty script
that imports torch) is taken away.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from math import prod
from pathlib import Path

from benchmarks.environment import for_contenders

FOLDER = Path(__file__).parent / "scripts"
CONTENDERS = {
    "PyTorch": [sys.executable, "-W", "ignore"],
    "glassnet": [sys.executable, "-m", "glassnet", "run"],
    "--compile": [sys.executable, "-m", "glassnet", "run", "--compile"],
}


def main() -> None:
    """Print a line for each script, then the geometric means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_scripts", description=__doc__)
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of them: {', '.join(names)} (default: all)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (default 3)")
    parser.add_argument("--cores", type=int, help="keep each process to so many cores (Linux)")
    parser.add_argument("--compile", action="store_true", help="glassnet run --compile, too")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names):
        parser.error(f"there is no script {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    if options.cores is not None:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    contenders = list(CONTENDERS) if options.compile else ["PyTorch", "glassnet"]

    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder, "empty.py")
        empty.write_text("import torch\n", encoding="utf-8")
        start = measured(empty, contenders, options.rounds)
    print("the start".ljust(20), *(f"{name} {start[name]:6.2f} s  " for name in contenders))
    print("ratios to PyTorch: of the whole process (of what is left without the start)\n")
    ratios: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders[1:]}
    for script in options.names or names:
        seconds = measured(FOLDER / f"{script}.py", contenders, options.rounds)
        line = f"{script:20} PyTorch {seconds['PyTorch']:6.2f} s"
        for name, all_of_it in ratios.items():
            whole = seconds[name] / seconds["PyTorch"]
            rest = (seconds[name] - start[name]) / (seconds["PyTorch"] - start["PyTorch"])
            all_of_it.append((whole, rest))
            line += f"   {name} {seconds[name]:6.2f} s  {whole:.2f} ({rest:.2f})"
        print(line, flush=True)
    for name, all_of_it in ratios.items():
        whole, rest = (prod(values) ** (1 / len(all_of_it)) for values in zip(*all_of_it, strict=True))
        slowest = max(value for value, _ in all_of_it), max(value for _, value in all_of_it)
        print(f"\n{name}: geometric mean {whole:.2f} ({rest:.2f}), slowest {slowest[0]:.2f} ({slowest[1]:.2f})")


def measured(script: Path, contenders: Sequence[str], rounds: int) -> dict[str, float]:
    """The least seconds that ``script`` takes by each contender; they take turns."""
    variables, _ = for_contenders(keep=False)
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(rounds):
        for name in contenders:
            began = time.perf_counter()
            subprocess.run([*CONTENDERS[name], str(script)], check=True, stdout=subprocess.DEVNULL, env=variables)
            best[name] = min(best[name], time.perf_counter() - began)
    return best


if __name__ == "__main__":
    main()
