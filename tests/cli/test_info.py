import ctypes
import os
import platform
import re

import numpy as np
import pytest

import glassnet
from glassnet.cli import info, machine
from glassnet.cli.machine import Blas
from glassnet.threads import cores

FAST = Blas("scipy-openblas", "0.3.31", "SkylakeX", 2)
SLOW = Blas("scipy-openblas", "0.3.31", "Haswell", 2)


@pytest.fixture
def on(monkeypatch):
    """``on(blas, avx512=…, coretype=…)``: a machine like that."""

    def made(blas, *, avx512=True, coretype=None):
        monkeypatch.setattr(machine, "blas", lambda: blas)
        monkeypatch.setattr(machine, "has_avx512", lambda: avx512)
        monkeypatch.delenv(machine.CORETYPE, raising=False)
        if coretype is not None:
            monkeypatch.setenv(machine.CORETYPE, coretype)

    return made


@pytest.mark.parametrize("columns", [60, 80])
def test_it_says_what_there_is(command, columns):
    result = command("info", columns=columns)
    assert result.exit_code == 0, result.output
    said = dict(re.findall(r"^  (\S+) {2,}(\S.*)$", result.stdout, re.MULTILINE))
    assert said["glassnet"] == glassnet.__version__
    assert said["NumPy"] == np.__version__
    assert said["Python"].startswith(platform.python_version())
    assert said["cores"] == str(cores())
    assert said["kernels"]
    assert machine.CORETYPE in said
    assert {"compiler", "compiled", "GLASSNET_THREADS"} <= said.keys()
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert all(line == line.rstrip() for line in lines)


def test_the_loaded_library_itself_is_asked(monkeypatch):
    blas = machine.blas()
    assert blas.name == np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    if "openblas" in blas.name and platform.system() == "Linux":
        assert blas.kernels != machine.UNKNOWN
        assert blas.threads >= 1
    monkeypatch.setattr(machine, "_loaded", lambda: {"/no/such/openblas.so"})
    assert machine.blas() == Blas(blas.name, blas.version, machine.UNKNOWN, None)


def test_a_library_without_these_functions_is_unknown(monkeypatch):
    monkeypatch.setattr(machine, "_libraries", lambda: iter([ctypes.CDLL(None)]))
    assert machine.blas().kernels == machine.UNKNOWN


def test_without_proc_what_lies_beside_numpy_is_loaded(monkeypatch):
    monkeypatch.setattr(machine, "Path", machine.Path)
    real = machine.Path.read_text

    def read(path, *args, **kwargs):
        if str(path) == "/proc/self/maps":
            raise FileNotFoundError(path)
        return real(path, *args, **kwargs)

    monkeypatch.setattr(machine.Path, "read_text", read)
    assert all("openblas" in path for path in machine._loaded())


def test_a_system_that_does_not_say_is_unknown(monkeypatch):
    monkeypatch.setattr("builtins.open", lambda *_, **__: (_ for _ in ()).throw(FileNotFoundError()))
    monkeypatch.setattr(platform, "processor", lambda: "")
    monkeypatch.setattr(platform, "machine", lambda: "")
    assert machine.processor() == "unknown"
    assert not machine.has_avx512()


@pytest.mark.parametrize(
    ("blas", "avx512", "coretype", "advice"),
    [
        (FAST, True, None, ""),
        (SLOW, False, None, ""),
        (SLOW, False, "Haswell", ""),
        (Blas("accelerate", "", "unknown", None), False, None, ""),
        (SLOW, True, "Haswell", "OPENBLAS_CORETYPE=Haswell keeps OpenBLAS to AVX2 kernels"),
        (SLOW, True, None, "OpenBLAS chose AVX2 kernels, and this processor has AVX-512"),
        (SLOW, True, "", "OpenBLAS chose AVX2 kernels"),
    ],
)
def test_kernels_that_leave_half_of_the_processor_unused_are_pointed_out(command, on, blas, avx512, coretype, advice):
    on(blas, avx512=avx512, coretype=coretype)
    text = " ".join(command("info").stdout.split())
    assert advice in text
    assert ("--measure" in text) == bool(advice)
    assert ("set in the environment" in text) == bool(coretype)


def test_the_environment_is_left_as_it_is(command, monkeypatch):
    monkeypatch.delenv(machine.CORETYPE, raising=False)
    command("info")
    assert machine.CORETYPE not in os.environ


@pytest.mark.parametrize(
    ("coretype", "avx512", "rows"),
    [
        (None, True, ["nothing (now)", "Haswell", "SkylakeX"]),
        ("Haswell", True, ["nothing", "Haswell (now)", "SkylakeX"]),
        ("Zen", True, ["nothing", "Haswell", "SkylakeX", "Zen (now)"]),
        (None, False, ["nothing (now)", "Haswell"]),
    ],
)
def test_what_each_choice_brings_is_measured(command, on, monkeypatch, coretype, avx512, rows):
    on(SLOW, avx512=avx512, coretype=coretype)
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    asked = []

    def measured(choice):
        asked.append(choice)
        return None if choice == "SkylakeX" else machine.Speed("Haswell", 123.4, 0.000_567)

    monkeypatch.setattr(info, "measured", measured)
    for columns in (60, 80):
        text = command("info", "--measure", columns=columns).stdout
        table = [line.strip() for line in text[text.index("asked for") :].splitlines()]
        assert [re.split("  +", line)[0] for line in table[2 : 2 + len(rows)]] == rows
        assert "Haswell" in table[3]
        assert "123 GFLOP/s" in table[3]
        assert "567 µs" in table[3]
        assert ("not measured" in text) == avx512
    assert asked[: len(asked) // 2] == [None if r.startswith("nothing") else r.split()[0] for r in rows]


def test_another_blas_is_measured_as_it_is(command, on, monkeypatch):
    on(Blas("accelerate", "", machine.UNKNOWN, None), avx512=False)
    monkeypatch.setattr(info, "measured", lambda choice: machine.Speed("unknown", 1.0, 1.0))
    assert "Haswell" not in command("info", "--measure").stdout


def test_speed_is_measured_in_a_process_of_its_own(monkeypatch):
    monkeypatch.setattr(machine, "SECONDS", 0.01)
    here = machine.speed()
    assert here.gigaflops > 0
    assert 0 < here.step < 1
    there = machine.measured(None)
    assert there is not None
    assert there.gigaflops > 0


def test_a_process_that_fails_measures_nothing(monkeypatch):
    monkeypatch.setattr(machine.sys, "executable", "false")
    assert machine.measured("Haswell") is None
