"""Networks as C: the files are complete, compile without a warning, and compute and learn as the network does."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.functional as F
from glassnet import nn, optim
from glassnet.cli.options import OPTIMIZERS
from glassnet.encoders import NumberEncoder, TextEncoder
from glassnet.engines.native.routines import BY_OPERATION
from glassnet.errors import ShapeError
from glassnet.export import ExportError, Training, c_file
from glassnet.export.c import contents_of, in_8_bits, write
from glassnet.networks import Forecaster, TextReader, bag, cnn, mlp
from tests.export.c_programs import STRICT, WATCHED, built, compiled, needs_compiler, run, sections, training_step
from tests.export.networks import WRITTEN

WORDS = TextEncoder(("red", "blue", "café", "고양이", "w1", "w2"), length=6)
TEXTS = ["Red BLUE, café!", "고양이 w1 what w2 w1 w2 red blue", "", "CAFÉ"]


def with_batch_norm() -> nn.Module:
    layers = (nn.Conv2d(1, 4, 3, padding=1, stride=2), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2))
    model = nn.Sequential(nn.Unflatten(1, (1, 8)), *layers, nn.Flatten(), nn.Linear(16, 3))
    model(gn.randn(30, 8, 8) * 2 + 1)  # so that its running moments are not those that it begins with
    return model


# what `glassnet train` makes, and what is near to it: a network, its samples as a person has them, their encoder
NETWORKS: dict[str, tuple[Callable[[], nn.Module], Any, Any]] = {
    "mlp": (lambda: mlp((8, 8), [11], 3, "gelu"), np.random.default_rng(0).integers(0, 17, (5, 8, 8)), (8, 8)),
    "cnn": (lambda: cnn((8, 8), [7], 3), np.random.default_rng(1).integers(0, 17, (5, 8, 8)), (8, 8)),
    "batch_norm": (with_batch_norm, np.random.default_rng(2).integers(0, 17, (5, 8, 8)), (8, 8)),
    "lstm": (lambda: Forecaster(3, [5], "lstm"), np.random.default_rng(3).normal(size=(5, 9, 1)), (9, 1)),
    "gru": (lambda: Forecaster(3, [5], "gru"), np.random.default_rng(4).normal(size=(5, 9, 1)), (9, 1)),
    "reader": (lambda: TextReader(WORDS.numbers, 3, 4, [5]), TEXTS, WORDS),
    "bag": (lambda: bag(WORDS.numbers, [5], 3, 4), TEXTS, WORDS),
}


def network(name: str) -> tuple[nn.Module, Any, Any, list[str] | None]:
    """A network, samples, the encoder, the classes."""
    make, samples, encoder = NETWORKS[name]
    gn.manual_seed(0)
    if isinstance(encoder, tuple):
        encoder = NumberEncoder(encoder, 16 if encoder == (8, 8) else 1)
    return make(), samples, encoder, None if name in ("lstm", "gru") else ["no", "yes, sir", "?model SAMPLES"]


def written(folder: Path, name: str, **more: Any) -> tuple[Path, nn.Module]:
    model, samples, encoder, classes = network(name)
    path = folder / f"{name}.c"
    c_file(model, path, samples, encoder=encoder, classes=classes, **more)
    return path, model


def test_the_memory_that_the_header_states_is_that_of_the_source(tmp_path: Path) -> None:
    path, _ = written(tmp_path, "cnn")
    text, header = path.read_text(), path.with_suffix(".h").read_text()
    memory = text[text.index("/* What is computed on the way") : text.index("} memory;")]
    floats = sum(int(n) for n in re.findall(r"float float32s\[(\d+)\]", memory))
    assert floats > 0
    assert re.search(rf"#define CNN_MEMORY_BYTES +{4 * floats} ", header)
    weights = sum(p.numel() for p in network("cnn")[0].parameters())
    assert re.search(rf"#define CNN_CONSTANT_BYTES +{4 * weights} ", header)
    assert not re.search(r"\b(malloc|calloc|realloc|alloca)\b", text)
    assert not re.search(r"__attribute__|#pragma|\bthreads\b|\bid\b", text)


@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_can_be_written_with_its_training_step(tmp_path: Path, name: str) -> None:
    model, samples, encoder, classes = network(name)
    loss = F.mse_loss if classes is None else F.cross_entropy
    training = Training(loss, optim.SGD(model.parameters(), lr=0.1), 4)
    path = tmp_path / f"{name}.c"
    c_file(model, path, samples, encoder=encoder, classes=classes, training=training)
    text = path.read_text()
    written = set(re.findall(r"^static void ((?:predict|train)_\w+)\(", text, re.MULTILINE))
    called = set(re.findall(r"^    ((?:predict|train)_\w+)\(", text, re.MULTILINE))
    assert written == called
    assert len({name.partition("_")[0] for name in written}) == 2


def test_the_source_names_what_each_function_computes(tmp_path: Path) -> None:
    text = written(tmp_path, "mlp")[0].read_text()
    assert "   linear1 = linear1_matmul + linear1_bias  [1, 11]\n" in text
    assert "static void predict_linear1(" in text
    assert "static const struct {\n    float linear1_weight[11 * 64];\n" in text


@needs_compiler
def test_a_command_checks_itself_and_reads_rows(tmp_path: Path) -> None:
    """Compiled once, with what watches over memory and undefined behaviour."""
    path, model = written(tmp_path, "mlp")
    program = built(path, *WATCHED)
    assert run(program, "--self-test").stdout == "self-test passed: 4 samples\n"
    pixels = NETWORKS["mlp"][1].reshape(5, 64)
    rows = "\n".join(",".join(map(str, row)) for row in pixels)
    (tmp_path / "rows.csv").write_text("\ufeff" + ",".join(f"p{i}" for i in range(64)) + "\r\n" + rows + "\r\n")
    done = run(program, "rows.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert run(program, given=rows).stdout == done.stdout
    header, *lines = done.stdout.splitlines()
    assert header == 'prediction,no,"yes, sir",?model SAMPLES'
    with gn.no_grad():
        expected = F.softmax(model(gn.from_numpy(pixels.reshape(5, 8, 8).astype(np.float32) / 16)), 1).numpy()
    np.testing.assert_allclose([[float(p) for p in line.split(",")[-3:]] for line in lines], expected, atol=2e-6)
    names = ["no", '"yes, sir"', "?model SAMPLES"]
    assert [line.rsplit(",", 3)[0] for line in lines] == [names[i] for i in expected.argmax(1)]
    for wrong, said in (("1,2,3\n", "as many numbers as"), (rows.replace("3", "x"), "expected a finite number, got")):
        refused = run(program, given=wrong)
        assert refused.returncode == 2
        assert said in refused.stderr
    assert run(program, "absent.csv").returncode == 2
    changed = re.sub(r"(\.linear1_bias = \{\s+)", r"\g<1>5.0f + ", path.read_text(), count=1)
    path.write_text(changed)
    failed = run(built(path, "-O2"))
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "self-test failed" in failed.stderr


@pytest.mark.parametrize(
    ("make", "example", "error", "message"),
    [
        (lambda: nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2)).double(), np.ones((1, 3)), ExportError, "float32"),
        (lambda: nn.Linear(3, 2), np.ones(3, np.float32), ShapeError, r"expected samples of shape \[n, …\]"),
        (lambda: nn.Linear(3, 2), np.ones((2, 3), np.float32), ShapeError, "those of 3 classes"),
        (WRITTEN["divided by the batch"][0], WRITTEN["divided by the batch"][1], ExportError, "sample by itself"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path: Path, make: Any, example: Any, error: Any, message: str) -> None:
    classes = ["a", "b", "c"] if error is ShapeError else None
    with pytest.raises(error, match=message):
        c_file(make(), tmp_path / "model.c", example, classes=classes)
    assert list(tmp_path.iterdir()) == []


def test_an_operation_without_c_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BY_OPERATION, "max_pool", [])
    with pytest.raises(ExportError, match="maxpool2d3 computes max_pool, which cannot be written in C yet"):
        written(tmp_path, "cnn")


@pytest.mark.parametrize("name", NETWORKS)
def test_in_8_bits_it_gives_nearly_the_same(tmp_path: Path, name: str) -> None:
    model, samples, encoder, classes = network(name)
    path = tmp_path / f"{name}.c"
    exact = contents_of(model, path, samples, classes, encoder, "", {})
    small = in_8_bits(exact, encoder.encode(samples))
    assert small.constant_bytes < 0.7 * exact.constant_bytes  # of small networks, whose scales take some
    inputs = encoder.encode(samples)
    expected = exact.network.answers(inputs)
    np.testing.assert_allclose(small.network.answers(inputs), expected, atol=0.02 * max(1, np.abs(expected).max()))
    write(small, path)
    text = path.read_text()
    assert re.search(r"int8_t predict_\w*linear\d_weight_int8\[", text)
    assert not re.search(r"float \w+_weight\w*\[", re.sub(r"batchnorm2d2_weight|_scale\[", "", text))
    assert "const float most = 0.02f *" in text


def test_each_channel_of_a_weight_has_a_scale_of_its_own() -> None:
    """Of channels a thousand times apart, each is rounded by its own largest number, and one of zeros stays so."""
    model = nn.Linear(16, 4)
    with gn.no_grad():
        model.weight.mul_(gn.tensor([[1.0], [1000.0], [0.001], [0.0]]))
        model.bias.zero_()
    x = np.random.default_rng(0).normal(size=(40, 16)).astype(np.float32)
    small = in_8_bits(contents_of(model, "model.c", x, None, None, "", {}), x)
    expected = model(gn.from_numpy(x)).detach().numpy()
    error = np.abs(small.network.answers(x) - expected).max(0)
    assert (error <= 0.03 * np.abs(expected).max(0)).all()


def test_weights_of_8_bits_do_not_learn(tmp_path: Path) -> None:
    model = nn.Linear(3, 2)
    training = Training(F.mse_loss, optim.SGD(model.parameters(), lr=0.1), 4)
    x = np.ones((4, 3), np.float32)
    with pytest.raises(ExportError, match="got both: weights of 8 bits do not learn"):
        c_file(model, tmp_path / "model.c", x, training=training, calibration=x)


@pytest.mark.parametrize("name", ["1.c", "a b.c", "int.c", "모델.c"])
def test_a_name_that_is_none_in_c_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match=r"such as model\.c"):
        c_file(nn.Linear(3, 2), tmp_path / name, np.ones((1, 3), np.float32))


def test_a_step_that_draws_random_numbers_is_refused(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Dropout(0.5), nn.Linear(4, 2))
    training = Training(F.cross_entropy, optim.SGD(model.parameters(), lr=0.1), 4)
    with pytest.raises(ExportError, match=r"draws random numbers while it learns.*without dropout"):
        c_file(model, tmp_path / "model.c", np.ones((4, 3), np.float32), classes=["a", "b"], training=training)


@needs_compiler
@pytest.mark.slow("compiles a network of each kind")
@pytest.mark.parametrize("name", NETWORKS)
def test_each_network_passes_its_self_test_and_fails_it_when_a_weight_was_changed(tmp_path: Path, name: str) -> None:
    path, _ = written(tmp_path, name)
    assert run(built(path, *WATCHED), "--self-test").returncode == 0
    text = path.read_text()
    begin = text.index("_weight", text.index("} weights = {"))  # the first weight of the network
    path.write_text(text[:begin] + re.sub(r"-?\d+\.\d+f", "9.5f", text[begin:], count=40))
    assert run(built(path, "-O0"), "--self-test").returncode == 1


@needs_compiler
@pytest.mark.slow("compiles three networks")
@pytest.mark.parametrize("name", ["cnn", "batch_norm", "bag", "lstm", "reader"])
def test_in_8_bits_it_passes_its_self_test(tmp_path: Path, name: str) -> None:
    path, _ = written(tmp_path, name, calibration=NETWORKS[name][1])
    assert run(built(path, *WATCHED), "--self-test").returncode == 0


@needs_compiler
@pytest.mark.slow("compiles a training step of each kind")
@pytest.mark.parametrize(
    ("name", "optimizer"),
    [*((name, "adam" if name in ("mlp", "cnn", "lstm") else "sgd") for name in NETWORKS)]
    + [("mlp", each) for each in OPTIMIZERS if each not in ("adam", "adafactor")],
)
def test_twenty_steps_are_those_of_glassnet(tmp_path: Path, name: str, optimizer: str) -> None:
    model, samples, encoder, classes = network(name)
    inputs = encoder.encode(samples)
    options = {"momentum": 0.9, "nesterov": True} if optimizer == "sgd" else {}
    loss = F.mse_loss if classes is None else F.cross_entropy

    def maker(m: nn.Module) -> optim.Optimizer:
        return OPTIMIZERS[optimizer](m.parameters(), lr=0.01, weight_decay=0.01, **options)

    path = tmp_path / "net.c"
    training = Training(loss, maker(model), len(inputs), clip=1.0 if name == "bag" else None)
    c_file(model, path, samples, encoder=encoder, classes=classes, training=training)
    step = training_step(path)
    y = np.arange(len(inputs)) % 3 if classes else np.random.default_rng(9).normal(size=(len(inputs), 3))
    y = y.astype(np.int64 if classes else np.float32)
    twin = deepcopy(model).train()
    own = maker(twin)
    for _ in range(20):
        own.zero_grad()
        expected = loss(twin(gn.from_numpy(inputs)), gn.from_numpy(y))
        expected.backward()
        if training.clip is not None:
            nn.utils.clip_grad_norm_(twin.parameters(), training.clip)
        own.step()
        assert step(inputs, y) == pytest.approx(expected.item(), rel=2e-4, abs=1e-6)
    if classes:
        assert np.isnan(step(inputs, y * 0 + 3))  # which is no class
        again = loss(twin(gn.from_numpy(inputs)), gn.from_numpy(y)).item()
        assert step(inputs, y) == pytest.approx(again, rel=2e-4, abs=1e-6)


@needs_compiler
def test_names_that_are_none_in_c_and_a_rate_that_is_set(tmp_path: Path) -> None:
    model = nn.Sequential()
    for name in ("int", "층", "x", "sums"):
        model.add_module(name, nn.Linear(3, 3))
    path = tmp_path / "net.c"
    training = Training(F.mse_loss, optim.SGD(model.parameters(), lr=0.5), 4)
    c_file(model, path, np.eye(3, dtype=np.float32), training=training)
    assert "it begins at 0.5. */\nvoid net_set_learning_rate(double rate);" in path.with_suffix(".h").read_text()
    step = training_step(path)
    ctypes.CDLL(str(path.with_suffix(".so"))).net_set_learning_rate(ctypes.c_double(0.0))
    x, y = np.ones((4, 3), np.float32), np.zeros((4, 3), np.float32)
    assert step(x, y) == step(x, y) > 0  # nothing is learned


@needs_compiler
@pytest.mark.slow("compiles some seventy networks")
def test_layers_of_all_kinds(tmp_path: Path) -> None:
    """Those of the exporter to NumPy: each is written, and passes its self-test, or is refused by name."""
    names, refused = [], set()
    for name, (make, example) in WRITTEN.items():
        gn.manual_seed(0)
        path = tmp_path / ("n_" + re.sub(r"\W", "_", name) + ".c")
        try:
            c_file(make(), path, example)
        except ExportError:
            refused.add(name)
        else:
            names.append(path.stem)
    assert refused <= {"float64", "float16", "a part of the batch that is all of it", "divided by the batch"}
    includes = "".join(f'#include "{name}.h"\n' for name in names)
    checks = "".join(f"    if ({name}_self_test()) bad = puts({name!r}) | 1;\n".replace("'", '"') for name in names)
    main = tmp_path / "main.c"
    main.write_text(f"#include <stdio.h>\n{includes}int main(void) {{\n    int bad = 0;\n{checks}    return bad;\n}}\n")
    compiled([*(tmp_path / f"{name}.c" for name in names), main], tmp_path / "all", *WATCHED)
    done = run(tmp_path / "all")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow("compiles for a microcontroller")
@pytest.mark.parametrize("way", ["float", "int8", "train"])
def test_it_compiles_for_a_microcontroller(tmp_path: Path, way: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For a Cortex-M4 without a C library; its size is printed."""
    pytest.importorskip("ziglang")
    model, samples, encoder, classes = network("cnn")
    training = Training(F.cross_entropy, optim.SGD(model.parameters(), lr=0.01), 4)
    more = {"int8": {"calibration": samples}, "train": {"training": training}}.get(way, {})
    path = tmp_path / "cnn.c"
    c_file(model, path, samples, encoder=encoder, classes=classes, **more)
    target = ("-target", "thumb-freestanding-eabihf", "-mcpu=cortex_m4", "-Os", "-DCNN_SELF_TEST=0")
    command = [sys.executable, "-m", "ziglang", "cc", *STRICT, *target, "-c", str(path), "-o", str(tmp_path / "cnn.o")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    sizes = sections(tmp_path / "cnn.o")
    with capsys.disabled():
        told = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        print(f"\na convolutional network of 8 × 8 pixels on a Cortex-M4, {way}: {told} bytes")
    stated = {name: int(n) for name, n in re.findall(r"CNN_(\w+)_BYTES +(\d+)", path.with_suffix(".h").read_text())}
    assert sizes["memory"] == pytest.approx(stated["MEMORY"], abs=64)
    assert sizes["constants"] == pytest.approx(stated["CONSTANT"], abs=256)
