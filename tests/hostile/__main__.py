"""Attack what glassnet reads with mutated inputs: `python -m tests.hostile --count 60000 --seed 7`.

Ends with 1 where an input did anything but be refused in one message, or be answered; each such input is printed with
the command that repeats it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """The exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported
    from tests.hostile.good import preload

    options = _options()
    preload()
    from tests.hostile.attack import Attacks, shares
    from tests.hostile.plants import PLANTS
    from tests.hostile.readers import READERS

    chosen = tuple(r for r in READERS if not options.only or any(r.name == name for name in options.only))
    failures, done = 0, 0
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        attacks = Attacks(Path(folder).resolve(), options.seed)
        for reader, number in shares(options.count, chosen).items():
            attacks.good(reader.good)  # made as it should be, before a limit is taken away
            if options.plant and not done:
                PLANTS[options.plant].plant()
            number = options.count if len(chosen) == 1 else number
            for i in range(options.first, options.first + number):
                failure = attacks.run(reader, i)
                done += 1
                if failure is not None:
                    failures += 1
                    if failures <= options.most:
                        print(failure, flush=True)
            if options.verbose:
                print(f"  {reader.name}: {number} inputs, {attacks.cpu[reader.name]:.1f} CPU-seconds", flush=True)
            if options.keep and len(chosen) == 1:
                print(f"left in {attacks.folder}; end with the return key")
                sys.stdin.readline()
        cpu, what = attacks.slowest
        print(f"the slowest took {cpu:.1f} CPU-seconds: {what}")
        memory, what = attacks.largest
        print(f"the largest took {memory / 1e9:.2f} GB: {what}")
    own, children = os.times()[:2], os.times()[2:4]
    print(f"{done} inputs, seed {options.seed}: {failures} failed; {sum(own) + sum(children):.0f} CPU-seconds")
    return int(failures > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=3000, help="inputs in all")
    parser.add_argument("--seed", default="0", help="another seed makes other inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first input of each reader")
    parser.add_argument("--only", action="append", help="the name of a reader; again for more of them")
    parser.add_argument("--most", type=int, default=40, help="failures that are printed")
    parser.add_argument("--plant", help="take a limit away first, to see that this is noticed")
    parser.add_argument("--keep", action="store_true", help="wait before the last input's folder is removed")
    parser.add_argument("--verbose", action="store_true", help="say what is attacked")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
