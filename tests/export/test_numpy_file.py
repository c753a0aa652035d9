"""Exported files compute what the network computes, on their own, for any number of samples."""

import ast
import errno
import os
import re
import stat
import sys

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.encoders import NumberEncoder
from glassnet.export import ExportError, numpy_file
from glassnet.export.literals import array_source
from glassnet.ops.dtypes import float_type
from glassnet.ops.linear import linear
from glassnet.ops.record import Op
from glassnet.ops.shapes import elementwise
from glassnet.tensor import apply, wrap
from tests.export.files import loaded, run, run_here
from tests.export.networks import REFUSED, WRITTEN, Net, X
from tests.shares import one_in

CLASSES = ["a", "b", "c"]


def classifier():
    return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))


def outputs_of(model, x):
    """What the model gives in evaluation mode."""
    with glassnet.no_grad():
        return model.eval()(wrap(x)).numpy()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.py"


def test_a_file_leaves_the_rows_of_an_embedding_that_nobody_looked_up(path):
    layer = nn.Embedding(10, 4, max_norm=0.01)
    weight, before = layer.weight, layer.weight[3:].tolist()
    numpy_file(layer, path, np.array([[1, 2]]))
    assert layer.weight is weight
    assert layer.weight[3:].tolist() == before
    assert layer.max_norm == 0.01


@pytest.mark.parametrize("name", one_in(3, WRITTEN))
def test_a_file_gives_what_the_network_gives(name, path, capsys):
    make, samples = WRITTEN[name]
    model = make()
    numpy_file(model, path, samples)
    file = loaded(path)
    for n in (0, 1, 2, 50):
        x = samples[np.arange(n) % len(samples)]
        result, expected = file["predict"](x), outputs_of(model, x)
        assert result.shape == expected.shape
        assert result.dtype == expected.dtype
        rounding = {np.dtype(np.float64): 1e-12, np.dtype(np.float16): 2e-3}.get(result.dtype, 2e-6)
        np.testing.assert_allclose(result, expected, rounding, rounding)
    assert file["self_test"]() == 0
    assert "self-test passed" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("module", "examples", "called_with"),
    [
        (nn.CosineSimilarity(), (np.ones((2, 3)), np.ones((2, 3))), r"CosineSimilarity, .*\(x1, x2\)"),
        (nn.MultiheadAttention(4, 2), (np.ones((3, 2, 4)), np.ones((5, 2, 4))), r"Attention, .*\(query, key, value, "),
    ],
)
def test_a_network_of_several_inputs_is_refused_by_their_names(module, examples, called_with, tmp_path):
    with pytest.raises(ExportError, match=f"a network of one input, got .*{called_with}.*; wrap it in a module"):
        numpy_file(module, tmp_path / "model.py", examples)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(name, path):
    function, why = REFUSED[name]
    with pytest.raises(glassnet.GlassnetError, match=why):
        numpy_file(Net(function), path, X)
    assert os.listdir(path.parent) == []


SCALES = object()  # nothing that could stand in a text


def _scaled(x, out=None):
    return np.multiply(x, 2 if SCALES else 1, out=out)


def unwritable(expand):
    shape = elementwise("scaled", float_type)
    return Op("scaled", _scaled, (None,), shape, "2*x", expand, cast="float", elementwise=True)


def test_an_operation_whose_source_cannot_stand_alone_is_written_in_others(path):
    op = unwritable(lambda x: x * 2.0)
    numpy_file(Net(lambda _, x: apply(op, x)), path, X)
    assert "x * 2.0" in path.read_text()
    np.testing.assert_array_equal(loaded(path)["predict"](X), X * 2)
    core = unwritable(None)
    with pytest.raises(ExportError, match="scaled cannot be written as NumPy alone"):
        numpy_file(Net(lambda _, x: apply(core, x)), path, X)


@pytest.mark.parametrize("inside", [0, 2000])
def test_a_file_needs_numpy_alone(path, inside):
    """In a process that has no glassnet, from another folder."""
    model = classifier()
    written = numpy_file(model, path, X, classes=CLASSES, inside=inside)
    assert [p.name for p in written] == (["model.py"] if inside else ["model.py", "model.npz"])
    samples = path.parent / "samples.csv"
    np.savetxt(samples, X, delimiter=",")
    (path.parent / "elsewhere").mkdir()
    done = run(path, samples, cwd=path.parent / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    header, *rows = (line.split(",") for line in done.stdout.splitlines())
    assert header == ["prediction", *CLASSES]
    scores = outputs_of(model, X)
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(np.array([row[1:] for row in rows], float), expected, atol=1e-6)
    assert [row[0] for row in rows] == [CLASSES[i] for i in scores.argmax(1)]


def test_a_file_imports_nothing_but_numpy_and_the_standard_library(path):
    numpy_file(nn.Sequential(nn.Linear(6, 4), nn.GELU()), path, X, inside=0)
    imported = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    assert imported - {"numpy"} <= sys.stdlib_module_names
    assert not imported & {"pickle", "glassnet"}


@pytest.mark.parametrize("last", [[], [nn.Softmax(1)], [nn.LogSoftmax(1)]])
def test_probabilities_are_made_of_whatever_the_network_gives(path, last):
    model = nn.Sequential(nn.Linear(6, 3), *last)
    numpy_file(model, path, X, classes=CLASSES)
    file = loaded(path)
    scores = outputs_of(nn.Sequential(model[0]), X)
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(file["predict_proba"](X), expected, 1e-5)
    assert list(file["predict"](X)) == [CLASSES[i] for i in scores.argmax(1)]


def test_what_goes_in_is_scaled_as_in_training(path):
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 3))
    images = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    numpy_file(model, path, images, encoder=NumberEncoder((2, 3), 16))
    file = loaded(path)
    expected = outputs_of(model, images.astype(np.float32) / 16)
    for x in (images, images.tolist(), images.reshape(2, 6), images.reshape(2, 6).astype(float).tolist()):
        np.testing.assert_array_equal(file["predict"](x), expected)
    assert "2 × 3, each divided by 16 before the network sees it" in file["__doc__"]
    numpy_file(classifier(), path, X, encoder=NumberEncoder((6,), 1.0000001))
    np.testing.assert_array_equal(loaded(path)["encoded"](X), X / np.float32(1.0000001))


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([[1, 2, 3]], r"expected samples of 6 numbers each, got shape \[1, 3\]"),
        ([1, 2, 3, 4, 5, 6], r"got shape \[6\]; a single sample goes in a list of its own: \[sample\]"),
        (5, "a single sample goes in a list"),
        ([], "a single sample goes in a list"),
        ([[1, 2, 3, 4, 5, 6], [1]], "expected samples of 6 numbers each"),
        ([["x"] * 6], "expected samples of 6 numbers each"),
        (None, "expected samples of 6 numbers each"),
        (np.zeros((2, 2, 3)), r"got shape \[2, 2, 3\]"),
    ],
)
def test_bad_samples_are_one_clear_error(path, samples, message):
    numpy_file(classifier(), path, X)
    with pytest.raises(ValueError, match=message):
        loaded(path)["predict"](samples)


def test_indices_have_to_be_whole_and_in_range(path):
    make, indices = WRITTEN["embedding"]
    numpy_file(make(), path, indices)
    file = loaded(path)
    with pytest.raises(ValueError, match="expected whole numbers"):
        file["predict"]([[0.5, 1, 2]])
    with pytest.raises(IndexError, match="expected indices from 0 to 9"):
        file["predict"]([[10, 1, 2]])
    (path.parent / "data.csv").write_text("1,2,10\n")
    assert run_here(path, "data.csv").returncode == 2


# the text -------------------------------------------------------------------------------------------


def test_the_text_is_what_a_person_would_write(path):
    numpy_file(nn.Sequential(nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)), path, X.reshape(5, 2, 3))
    text = path.read_text()
    assert (
        """
def forward(x):
    \"\"\"What the network makes of n samples: [n, 3] from [n, 2, 3].\"\"\"
    flatten0 = x.reshape(len(x), 6)                       # [n, 6]
    linear1 = flatten0 @ linear1_weight.T + linear1_bias  # [n, 5]
    relu2 = np.maximum(linear1, 0)                        # [n, 5]
    linear3 = relu2 @ linear3_weight.T + linear3_bias     # [n, 3]
    return linear3
"""
        in text
    )
    assert "# the operations" not in text
    assert "out=" not in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", ["with gelu", "with softplus", "with mish", "embedding", "sorted"])
def test_the_text_stays_within_the_page_and_holds_only_what_it_uses(name, path):
    make, samples = WRITTEN[name]
    numpy_file(make(), path, samples)
    text = path.read_text()
    assert max(map(len, text.splitlines())) <= 120
    assert all(line == line.rstrip() for line in text.splitlines())
    tree = ast.parse(text)
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    defined |= {t.id for node in tree.body if isinstance(node, ast.Assign) for t in node.targets}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    assert defined - used <= {"predict"}
    annotations = [node for node in ast.walk(tree) if isinstance(node, ast.arg) and node.annotation]
    assert not annotations


def test_the_docstring_says_what_it_is_and_where_it_is_from(path):
    facts = {"accuracy": '0.9 of """all""" \\ of them', "trained on": "numbers " * 30}
    numpy_file(classifier(), path, X, classes=CLASSES, title="A title.", facts=facts)
    docstring = loaded(path)["__doc__"]
    assert docstring.startswith("A title.\n")
    for line in (
        "input       6 numbers a sample",
        "output      the class, one of a, b, c, and the probability of each",
        'accuracy    0.9 of """all""" \\ of them',
        "numbers     53, at the end of this file",
        f"written by  glassnet {glassnet.__version__}",
        "    from model import predict, predict_proba",
        "    python model.py data.csv [--output results.csv]",
    ):
        assert line in docstring
    assert max(map(len, docstring.splitlines())) <= 110


def test_the_same_network_gives_the_same_bytes(path):
    model = classifier()
    first = [p.read_bytes() for p in numpy_file(model, path, X, inside=0)]
    assert [p.read_bytes() for p in numpy_file(model, path, X, inside=0)] == first


def test_many_classes_and_many_layers_are_still_a_page_wide(path):
    model = nn.Sequential(nn.Linear(6, 40), *(nn.Linear(40, 40) for _ in range(8)))
    numpy_file(model, path, X, classes=[f"the class {i}" for i in range(40)])
    assert max(map(len, path.read_text().splitlines())) <= 120
    assert "one of the class 0, the class 1, …, the class 39" in loaded(path)["__doc__"]
    assert run_here(path, "--self-test").returncode == 0


class Awkward(nn.Module):
    """Parameters called as what a file calls otherwise."""

    def __init__(self):
        super().__init__()
        for name in ("main", "np", "read", "file", "x", "CLASSES", "forward_", "main_", "main__", "numbers"):
            setattr(self, name, nn.Parameter(glassnet.randn(6)))

    def forward(self, inputs):
        for parameter in self.parameters():
            inputs = inputs * parameter
        return inputs


@pytest.mark.parametrize("inside", [0, 2000])
def test_names_that_mean_something_else_in_a_file_are_no_trouble(path, inside):
    model = Awkward()
    numpy_file(model, path, X, inside=inside)
    file = loaded(path)
    np.testing.assert_allclose(file["predict"](X), outputs_of(model, X), 1e-5)
    assert run_here(path, "--self-test").returncode == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, np.int8, np.bool_])
@pytest.mark.parametrize("shape", [(), (1,), (7,), (40,), (3, 5), (2, 30), (2, 3, 4), (0,), (0, 3)])
def test_numbers_in_the_text_are_the_same_bits(dtype, shape):
    random = np.random.default_rng(0)
    array = np.asarray(random.normal(size=shape) * 10.0 ** random.integers(-3, 3, shape)).astype(dtype)
    if array.dtype.kind == "f" and array.size > 6:
        array.flat[:6] = [np.nan, np.inf, -np.inf, -0.0, 0.0, 60000]
    text = array_source("a", array)
    namespace = {"np": np}
    exec(text, namespace)
    back = namespace["a"]
    assert (back.shape, back.dtype) == (array.shape, array.dtype)
    assert back.tobytes() == array.tobytes()
    assert max(map(len, text.splitlines())) <= 110


# the self-test --------------------------------------------------------------------------------------


def exported(path, inside=2000):
    numpy_file(classifier(), path, X, classes=CLASSES, inside=inside)
    return path


def test_the_self_test_says_that_all_is_well(path):
    done = run(exported(path), "--self-test")
    assert done.returncode == 0
    assert re.fullmatch(r"self-test passed: 4 samples, largest difference [\d.e-]+\n", done.stdout)


def test_the_self_test_catches_any_changed_weight(path):
    """Also one that no test sample would show: its input is 0, or its unit is never active."""
    text = exported(path).read_text()
    numbers = [m for m in re.finditer(r"-?0\.\d+", text) if m.start() > text.index("# the numbers")]
    weights = [m for m in numbers if m.start() < text.index("TEST_INPUTS = ")]
    assert len(weights) == 53
    for m in weights[::13]:
        path.write_text(text[: m.start()] + "0.5" + text[m.end() :])
        done = run_here(path, "--self-test")
        assert done.returncode == 1
        assert done.stderr == "self-test failed: the weights are not those that this file was written with\n"


@pytest.mark.parametrize(
    ("before", "after"), [("np.maximum(", "np.minimum("), ("return linear2", "return linear2 + 1"), (" / 8", " / 7")]
)
def test_the_self_test_catches_a_changed_computation(path, before, after):
    numpy_file(classifier(), path, X * 8, classes=CLASSES, encoder=NumberEncoder((6,), 8))
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))
    done = run_here(path, "--self-test")
    assert done.returncode == 1
    assert re.match(r"self-test failed: the outputs differ by [\d.e-]+ from those", done.stderr)


def test_the_weights_of_another_network_are_not_taken(path):
    """Such as after a process that was killed between the two files."""
    exported(path, inside=0)
    text = path.read_text()
    exported(path, inside=0)  # trained again
    path.write_text(text)
    with pytest.raises(ImportError, match=r"needs model\.npz, as it was written, beside it: it is of another network"):
        loaded(path)


@pytest.mark.parametrize("damage", ["missing", "empty", "cut off", "another file", "fewer", "a pipe", "no header"])
def test_without_its_numbers_a_file_says_so(path, damage):
    npz = exported(path, inside=0).with_suffix(".npz")
    if damage == "missing":
        npz.unlink()
    elif damage == "fewer":
        np.savez(npz, other=np.zeros(3))
    elif damage == "a pipe":
        npz.unlink()
        os.mkfifo(npz)
    elif damage == "no header":
        npz.write_bytes(npz.read_bytes().replace(b"'shape': (", b"'shape'; ("))
    else:
        data = npz.read_bytes()
        npz.write_bytes({"empty": b"", "cut off": data[: len(data) // 2], "another file": b"numbers"}[damage])
    done = run_here(path, "--self-test")
    assert done.returncode == 1
    assert done.stderr.startswith("model.py needs model.npz, as it was written, beside it: ")
    assert done.stderr.count("\n") == 1
    with pytest.raises(ImportError, match=r"model.py needs model\.npz"):
        loaded(path)


# the command ----------------------------------------------------------------------------------------

ROW = "1,2,3,4,5,6"


@pytest.mark.parametrize(
    "text",
    [
        f"{ROW}\n{ROW}\n",
        f"a,b,c,d,e,f\n{ROW}\n{ROW}\n",
        f"\ufeff{ROW}\r\n\r\n{ROW}",
        f'"a","b","c","d","e","f"\n{ROW}\n"1","2","3.0","4e0"," 5","6"\n',
    ],
)
def test_tables_with_and_without_a_header_are_read(path, text):
    (path.parent / "data.csv").write_text(text, encoding="utf-8", newline="")
    done = run_here(exported(path), "data.csv", "--output", "results.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    lines = (path.parent / "results.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1] == lines[2]


def test_values_are_written_in_full(path):
    model = classifier()
    numpy_file(model, path, X)
    np.savetxt(path.parent / "data.csv", X, delimiter=",")
    header, *rows = run_here(path, "data.csv").stdout.splitlines()
    assert header == "output1,output2,output3"
    np.testing.assert_allclose(np.array([row.split(",") for row in rows], np.float32), outputs_of(model, X), 1e-6)
    numpy_file(nn.Linear(6, 1), path, X)
    assert run_here(path, "data.csv").stdout.startswith("output\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "data.csv: No such file or directory"),
        ("", "data.csv: expected 6 numbers in a row for each sample, found none"),
        ("a,b,c,d,e,f\n", "data.csv: expected 6 numbers in a row for each sample, found none"),
        (f"{ROW}\n1,2,3\n", "data.csv, line 2: expected 6 numbers, got 3 cells"),
        (f"{ROW},7\n", "data.csv, line 1: expected 6 numbers, got 7 cells; leave out the label"),
        (f"{ROW}\n1,2,x,4,5,6\n", "data.csv, line 2: expected a finite number, got 'x'"),
        ("1,2,x,4,5,6\n", "data.csv, line 1: expected a finite number, got 'x'"),
        (f"{ROW}\n1,2,,4,5,6\n", "data.csv, line 2: expected a finite number, got ''"),
        (f"{ROW}\n1,2,nan,4,5,6\n", "data.csv, line 2: expected a finite number, got 'nan'"),
        (b"\xff\xfe1,2", "data.csv, line 1: expected 6 numbers, got 2 cells"),
        (b"1,2,3,4,5,\xff", "data.csv, line 1: expected a finite number, got '\ufffd'"),
    ],
)
def test_bad_tables_are_one_message_and_write_nothing(path, text, message, capsys, monkeypatch):
    exported(path)
    monkeypatch.chdir(path.parent)
    if text is not None:
        (path.parent / "data.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setattr(sys, "argv", ["model.py"])
    code = loaded(path)["main"](["data.csv", "--output", "results.csv"])
    printed = capsys.readouterr()
    assert (code, printed.out, printed.err) == (2, "", f"model.py: {message}\n")
    assert not (path.parent / "results.csv").exists()


@pytest.mark.parametrize("words", [[], ["--outptu", "x"], ["a.csv", "b.csv"]])
def test_a_bad_command_line_ends_with_2(path, words):
    done = run_here(exported(path), *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# how it is written ----------------------------------------------------------------------------------


def test_the_module_is_left_as_it_was(path):
    model = nn.Sequential(nn.Linear(6, 4), nn.Dropout(), nn.Linear(4, 3))
    model[1].eval()
    loss = model(wrap(X)).sum()
    loss.backward()
    before = [(m.training, vars(m).keys() - {"training"}) for m in model.modules()]
    gradients = [p.grad.numpy().copy() for p in model.parameters()]
    numpy_file(model, path, X)
    assert [(m.training, vars(m).keys() - {"training"}) for m in model.modules()] == before
    for parameter, gradient in zip(model.parameters(), gradients, strict=True):
        np.testing.assert_array_equal(parameter.grad.numpy(), gradient)
    assert glassnet.is_grad_enabled()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"path": "model.txt"}, ValueError, "expected a path that ends in .py"),
        ({"example_input": X[0]}, glassnet.ShapeError, r"expected samples of shape \[n, …\] as an example, got \[6\]"),
        ({"example_input": X[:0]}, glassnet.ShapeError, "as an example"),
        ({"example_input": X[:, :3]}, glassnet.ShapeError, "expected an input whose last dimension is 6"),
        ({"classes": ["a"]}, glassnet.ShapeError, r"a name for each output, and outputs of shape \[3\]"),
    ],
)
def test_bad_arguments_are_refused(tmp_path, change, error, message):
    arguments = {"path": tmp_path / "model.py", "example_input": X} | change
    with pytest.raises(error, match=message):
        numpy_file(classifier(), arguments.pop("path"), arguments.pop("example_input"), **arguments)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x @ weight.T - bias", "the file would give something else than the network for 1 of the samples"),
        ("x @ weight + bias", "the file would fail with 1 of the samples: ValueError: matmul"),
    ],
)
def test_a_file_that_would_compute_something_else_is_never_written(path, monkeypatch, value, message):
    """The last line of defence: what was written is run, and held against the module."""
    module = sys.modules["glassnet.export.forward"]
    written = module.call

    def wrong(instruction):
        if instruction.op is not linear:
            return written(instruction)
        x, weight, bias = map(str, instruction.inputs)
        return value.replace("x", x).replace("weight", weight).replace("bias", bias)

    monkeypatch.setattr(module, "call", wrong)
    with pytest.raises(ExportError, match=message):
        numpy_file(classifier(), path, X)
    assert os.listdir(path.parent) == []


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("failing", ["model.py", "model.npz"])
def test_of_two_files_both_are_written_or_none(path, there, failing, monkeypatch):
    if there:
        exported(path, inside=0)
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    rename = os.replace

    def refused(source, target):
        if os.path.basename(target) == failing:
            monkeypatch.setattr(os, "replace", rename)
            raise OSError(errno.EIO, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OSError, match="Input/output error"):
        exported(path, inside=0)
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


def test_a_file_is_readable_by_others(path):
    assert stat.S_ISREG(exported(path).stat().st_mode)
    assert path.read_text(encoding="utf-8").endswith("sys.exit(main())\n")
