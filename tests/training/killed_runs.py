"""Runs that are killed at random moments, and go on from their checkpoint: the script of test_sigkill.

``python killed_runs.py FOLDER KILLS [FAULT]`` does the same run again and again, each time killing it until it is
whole, until there were KILLS of them, and prints what came of it as JSON: how many were killed, how many while
they wrote, and what was wrong in the end, if anything. A fault is planted on purpose, to see it caught.

A moment is a number of calls, not of seconds: the same moments on every machine, however busy. Every other moment is
among the calls that write a file, which are few. A child is forked from a process that is warm, so that it has nothing
to import, and no threads.
"""

import json
import os
import random
import signal
import sys
import traceback
from pathlib import Path

import glassnet
from glassnet import nn, optim
from glassnet.optim.lr_scheduler import StepLR
from glassnet.serialization import tensors
from glassnet.training import Checkpoint, CSVLogger, EarlyStopping, Trainer, run_state
from glassnet.training.callbacks import checkpoint

EPOCHS, SAMPLES, BATCH = 8, 30, 8
ENDS = ("run", "log.csv", "model")


def learn(folder):
    """The run, from its beginning or from where its checkpoint says."""
    glassnet.manual_seed(3)
    x = glassnet.randn(SAMPLES, 4)
    y = (x[:, 0] * x[:, 1] > 0).long()
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Dropout(0.3), nn.Linear(6, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    callbacks = [Checkpoint(folder / "run", every=0), CSVLogger(folder / "log.csv"), EarlyStopping(patience=EPOCHS)]
    trainer = Trainer(
        model,
        nn.CrossEntropyLoss(),
        optimizer,
        metrics="accuracy",
        callbacks=callbacks,
        schedule=StepLR(optimizer, 3, 0.5),
    )
    if (folder / "run").exists():
        trainer.load_state_dict(glassnet.load(folder / "run"))
    trainer.fit((x, y), 0.2, epochs=EPOCHS, batch_size=BATCH)
    glassnet.save(model.state_dict(), folder / "model")


def in_place(path, *pieces, follow=True):
    """A file as it is written by who thinks of no power cut: piece by piece, over the old one."""
    with open(path, "wb", buffering=0) as file:
        for piece in pieces:
            whole = bytes(piece)
            for i in range(0, len(whole), 512):
                file.write(whole[i : i + 512])
                os.fsync(file.fileno())


def plant(fault):
    """Break what the run relies on."""
    if fault == "generators":
        run_state.Generators._set = lambda *_: None
    elif fault == "in place":
        tensors.replace_file = checkpoint.replace_file = in_place


class Calls:
    """Counts the calls of this process, all or those that write files, and kills it before the last of ``until``."""

    WRITING = frozenset(("write", "fsync", "replace", "open", "close"))

    def __init__(self, writing, until=float("inf")):
        self.writing, self.until, self.number = writing, until, 0

    def __call__(self, frame, event, argument):
        if (event == "c_call" and argument.__name__ in self.WRITING) if self.writing else event in ("call", "c_call"):
            self.number += 1
            if self.number >= self.until:
                os.kill(os.getpid(), signal.SIGKILL)


def child(folder, fault, calls):
    """The status with which a new process ends that learns, and that ``calls`` kills."""
    number = os.fork()
    if number:
        return os.waitpid(number, 0)[1]
    try:
        plant(fault)
        sys.setprofile(calls)
        learn(folder)
        os._exit(0)
    except BaseException:
        (folder / "error").write_text(traceback.format_exc())
        os._exit(1)


def ends(folder):
    return {name: (folder / name).read_bytes() for name in ENDS}


def until_whole(folder, fault, numbers, draw):
    """Kill the run until it is whole. How often, and how many of them left a file behind that was being written."""
    kills, left = 0, set()
    while True:
        writing = draw.random() < 0.5
        until = draw.uniform(0, 0.3 * numbers[writing] * (1 + kills / 10))  # more and more: it is whole some day
        status = child(folder, fault, Calls(writing, until))
        left |= {path.name for path in folder.glob(".*.tmp")}
        if not os.WIFSIGNALED(status):
            return kills, len(left)
        kills += 1


def main(folder, least, fault=""):
    draw = random.Random(5)
    numbers = {}
    for writing in (False, True):  # in passing, this process is warmed up: its children have nothing to import
        whole = folder / f"whole {writing}"
        whole.mkdir()
        calls = Calls(writing)
        sys.setprofile(calls)
        learn(whole)
        sys.setprofile(None)
        numbers[writing] = calls.number
    expected = ends(whole)
    found = {"kills": 0, "while writing": 0, "runs": 0, "wrong": ""}
    while found["kills"] < least and not found["wrong"]:
        run = folder / f"killed {found['runs']}"
        run.mkdir()
        kills, writing = until_whole(run, fault, numbers, draw)
        found["kills"] += kills
        found["while writing"] += writing
        found["runs"] += 1
        if (run / "error").exists():
            found["wrong"] = (run / "error").read_text()
        elif wrong := [name for name, data in ends(run).items() if data != expected[name]]:
            found["wrong"] = f"other bytes in {', '.join(wrong)}"
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
