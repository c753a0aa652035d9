"""Command lines by chance: every option of every command, as the command declares them, with values of any kind."""

from __future__ import annotations

import os
from random import Random
from typing import Any

VALUES = (
    "", " ", "-", "--", "-1", "0", "1", "2.5", "1e400", "-1e400", "1e-320", "nan", "inf", "0x10", "1_0", "²", "١",
    "9" * 5000, "9223372036854775808", "True", "none", ",", "1,", ",".join("1" * 5000), "a=b", "*", "[0]", "loss",
    "loss[0]", "linear0[0,5]", "x.csv", ".csv", ".py", "a\nb.py", 'a"b.py', "{x}.py", "numpy.py", "é.html",
    "w" * 250, "w" * 10_000, "가" * 81 + ".csv", "\x1b[31mred\x1b]0;x\x07", "\u202e", "<script>",
    "=1+1", "%s", "{0}", "\\", "$(touch x)", "`x`",
    os.fsdecode("한글.csv".encode("cp949")), os.fsdecode(b"\xff\xfe"), "\ud83d", "/dev/zero", "/dev/full", "/dev/stdin",
    "/proc/self/mem", "/dev/tty", "runs", ".", "nothing/x.csv",
)  # fmt: skip
PLAUSIBLE = (
    "latest", "colors-001", "colors", "xor", "moons", "samples.csv", "judged.csv", "samples.npy", "samples-ubyte",
    "relu", "tanh", "sgd", "adam", "cosine", "0.1", "3", "p.csv", "m.py", "w.html", "p.svg", "settings.toml", "numpy",
    "light font", "-2,2",
)  # fmt: skip
FIRST = {
    "train": "colors", "predict": "latest", "evaluate": "latest", "show": "latest", "export": "latest", "plot": "relu",
    "walkthrough": "latest",
}  # fmt: skip


def words(random: Random) -> tuple[str, ...]:
    """A command, its arguments and options; a training is made a short one."""
    name = random.choice(list(FIRST))
    chosen = [name]
    if random.random() < 0.7:
        chosen.append(FIRST[name])
    parameters = _parameters(name)
    for parameter in random.sample(parameters, min(len(parameters), random.choice((0, 1, 1, 2, 4)))):
        value = random.choice(VALUES if random.random() < 0.7 else PLAUSIBLE)
        if parameter.param_type_name != "option":
            chosen.append(value)
        elif getattr(parameter, "is_flag", False):
            chosen.append(random.choice([*parameter.opts, *parameter.secondary_opts]))
        else:
            chosen += random.choice(([parameter.opts[0], value], [f"{parameter.opts[0]}={value}"], [parameter.opts[0]]))
    if random.random() < 0.1:
        chosen.insert(random.randrange(len(chosen) + 1), random.choice(VALUES))
    return (*chosen, "--epochs", "1") if name == "train" and "--" not in chosen else tuple(chosen)


def _parameters(name: str) -> list[Any]:
    from typer.main import get_command

    from glassnet.cli.app import app

    command: Any = get_command(app)
    return [parameter for parameter in command.commands[name].params if parameter.name != "help"]
