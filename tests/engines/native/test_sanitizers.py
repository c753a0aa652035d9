"""The C of a few programs under the sanitizers of gcc, and that these see what is planted; `make test-native` runs
more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.engines.native.sanitizing import missing, sanitized

STEP = """
import sys
import glassnet as gn
from glassnet import nn, optim
import glassnet.nn.functional as F
from glassnet.engines.native import c_source, engine, segments
from tests.engines.native import poisoned

segments.arena_of = poisoned.spread
exec(sys.argv[1])
gn.manual_seed(0)
model = nn.Sequential(nn.Linear(5, 19), nn.Tanh(), nn.Linear(19, 3))
optimizer = optim.SGD(model.parameters(), lr=0.1)

@gn.compile(engine="native")
def step(x, y):
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss

x, y = gn.randn(33, 5), gn.randint(0, 3, (33,))
for _ in range(20):
    loss = step(x, y)
print(loss.item())
"""
POISON = """
make = engine.NativeEngine.__init__
def poisoned_engine(self, *args, **kwargs):
    make(self, *args, **kwargs)
    poisoned.poison(self)
engine.NativeEngine.__init__ = poisoned_engine
"""


def changed(old: str, new: str) -> str:
    """Statements that change the C of every program. NBYTES stands for the size of its arena."""
    return f"""
write = engine.c_source
def written(*args, **kwargs):
    text = write(*args, **kwargs)
    assert {old!r} in text, text
    return text.replace({old!r}, {new!r}.replace("NBYTES", str(args[0].arena.nbytes)))
engine.c_source = written
"""


def run(name: str, planted: str, cache: Path, monkeypatch: pytest.MonkeyPatch) -> subprocess.CompletedProcess[str]:
    if why := missing(name):
        pytest.skip(why)
    monkeypatch.setenv("GLASSNET_THREADS", "3")
    return sanitized(name, ["-c", STEP, (POISON if name == "address" else "") + planted], cache)


@pytest.mark.parametrize(
    "name", ["address", pytest.param("thread", marks=pytest.mark.slow("a second run, where threads are watched"))]
)
def test_a_step_is_without_fault(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(name, "", tmp_path, monkeypatch)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1.2


@pytest.mark.slow("compiles a step for each sanitizer")
@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("address", "return count * (id + 1) / threads;", "return count * (id + 1) / threads + 1;", "AddressSanitizer"),
        ("address", "char *arena = at[0];", "char *arena = at[0]; arena[NBYTES - 1] = 0;", "use-after-poison"),
        ("thread", "if (threads > 1) barrier();", ";", "data race"),
    ],
)
def test_what_is_planted_is_seen(
    name: str, old: str, new: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(name, changed(old, new), tmp_path, monkeypatch)
    assert done.returncode != 0
    assert told in done.stderr
