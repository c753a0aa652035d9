"""A file may be called anything that a file can be called, and what it says of others' names does nothing."""

import ast
import os
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import glassnet
from glassnet import nn
from glassnet.encoders import TableEncoder
from glassnet.export import ExportError, numpy_file
from glassnet.export.literals import in_comment, in_docstring, quoted
from glassnet.tables import prepare
from tests.export.files import loaded, run, run_here

X = np.ones((3, 4), np.float32)
AWKWARD = [
    'a"b', "it's", '"""', "'''", "a\\b", "\\", "a\nb", "\r", "{print(1)}", "%s", "%(prog)s", "$(x)", "-x", "--output",
    " ", "a b", "a.b", ".x", "#", "class", "ﬁ", "모델", "x\x1b[31m", "\u202ex", "\u2028", "\udcb0\udca1", "*", "é", "~",
]  # fmt: skip
HIDING = ["numpy", "csv", "argparse", "hashlib", "sys", "io", "os", "random", "types", "site", "pathlib", "glassnet"]


def file_of(path, **options):
    return numpy_file(nn.Linear(4, 3), path, X, classes=["a", "b", "c"], **options)


def check_seen(text):
    """There is nothing in it that moves a cursor, turns a line or is half a letter."""
    hidden = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert hidden <= {"\n", "\u200c", "\u200d"}


def check(path, text, runner):
    """The file can be parsed and run, with its numbers where they are, and nothing in it is hidden."""
    ast.parse(text)
    check_seen(text)
    path.with_name("data.csv").write_text("1,2,3,4\n")
    for words in (["--self-test"], ["data.csv"], ["--help"]):
        done = runner(path, *words)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("stem", ['{print(1)}"', "a\\b\n", "\udcb0\udca1 %(prog)s"])
def test_a_file_may_be_called_anything(tmp_path, stem):
    path = tmp_path / f"{stem}.py"
    assert file_of(path, inside=0) == [path, tmp_path / f"{stem}.npz"]
    check(path, path.read_text("utf-8"), run_here)


@pytest.mark.slow("processes")
@pytest.mark.parametrize("stem", AWKWARD)
def test_and_a_process_of_its_own_runs_it(tmp_path, stem):
    path = tmp_path / f"{stem}.py"
    file_of(path)
    check(path, path.read_text("utf-8"), run)
    file_of(path, inside=0)
    check(path, path.read_text("utf-8"), run)
    path.with_suffix(".npz").unlink()
    done = run(path, "--self-test")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.slow("many files")
@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=()), min_size=1, max_size=20))
def test_any_name_gives_a_file_that_runs_or_one_refusal(tmp_path_factory, stem):
    path = tmp_path_factory.mktemp("names") / f"{stem}.py"
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            file_of(path)
        return
    if path.suffix != ".py" or stem in sys.stdlib_module_names:
        with pytest.raises(ValueError, match=r"ends in \.py|hides the module"):
            file_of(path)
        return
    file_of(path, inside=0)
    check(path, path.read_text("utf-8"), run_here)


@pytest.mark.parametrize("name", HIDING)
def test_a_name_that_hides_a_module_is_refused(tmp_path, name):
    with pytest.raises(ExportError, match=f"{name}_network.py"):
        file_of(tmp_path / f"{name}.py")
    assert os.listdir(tmp_path) == []


def test_all_that_a_file_imports_is_among_the_names_that_are_refused(tmp_path):
    file_of(tmp_path / "model.py", inside=0)
    imported = {name for node in ast.walk(ast.parse((tmp_path / "model.py").read_text())) for name in names_in(node)}
    assert {"numpy", "csv", "pathlib"} <= imported
    for name in imported:
        with pytest.raises(ExportError):
            file_of(tmp_path / f"{name}.py")


def names_in(node):
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) else []


def test_an_ending_in_capitals_is_one(tmp_path):
    file_of(tmp_path / "MODEL.PY")
    assert "(MODEL.PY, renamed to what Python can import)" in (tmp_path / "MODEL.PY").read_text()


def test_names_of_data_are_what_they_were_and_do_nothing(tmp_path):
    path, classes = tmp_path / "model.py", [*AWKWARD, "\ud800", "<script>", "=1+1", "", "x" * 5000]
    facts = {name: name for name in classes}
    numpy_file(nn.Linear(4, len(classes)), path, X, classes=classes, title=" ".join(classes), facts=facts)
    assert loaded(path)["CLASSES"] == tuple(classes)
    check_seen(path.read_text("utf-8"))
    assert run_here(path, "--help").returncode == 0


@pytest.mark.slow("a table of thirty columns")
def test_names_of_columns_are_what_they_were_and_do_nothing(tmp_path):
    path, names = tmp_path / "model.py", [name.strip() for name in AWKWARD if name.strip()]
    table = {**{name: list("1234") * 5 for name in names}, "kind": ["a'\"", "b\\"] * 10, "cat": (AWKWARD * 2)[:20]}
    encoder = TableEncoder(prepare(table, "kind").encoding)
    numpy_file(nn.Linear(len(encoder.feature_names), 2), path, table, encoder=encoder)
    assert set(loaded(path)["predict"](table)) <= {"a'\"", "b\\"}
    assert run_here(path, "--self-test").returncode == 0


@given(st.text(st.characters(exclude_categories=())))
def test_a_text_is_itself_as_code_and_harmless_elsewhere(text):
    assert ast.literal_eval(quoted(text)) == text
    assert "\n" not in quoted(text)
    line = in_comment(text)
    assert ast.parse(f"x = 1  # {line}").body == ast.parse("x = 1").body or len(ast.parse(f"x = 1  # {line}").body) == 1
    docstring = ast.parse(f'"""{in_docstring(line)}\n"""').body[0].value.value
    assert docstring == f"{line}\n"


class Odd(nn.Module):
    """Layers and parameters called as they are told."""

    def __init__(self, names):
        super().__init__()
        for name in names:
            self.add_module(name, nn.Linear(4, 4))
            self.register_parameter(f"{name}_", nn.Parameter(glassnet.ones(4)))

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        for parameter in self._parameters.values():
            x = x * parameter
        return x


LAYERS = [
    "𐄇",
    "൰",
    "class",
    "None",
    "print",
    "main",
    "np",
    "x",
    "softmax",
    "ﬁ",
    "fi",
    "ª",
    "a",
    "a b",
    "a_b",
    "é",
    "e\u0301",
]
LAYERS += ["\ud800", "\n", '"""', "__file__", "__builtins__", "match", "len", "numbers", "file", "CLASSES", "generator"]


def check_layers(path, names):
    model = Odd([name for name in names if "." not in name and not hasattr(nn.Module, name)])
    for inside in (0, 10**6):
        numpy_file(model, path, X, inside=inside)
        with glassnet.no_grad():
            expected = model(glassnet.from_numpy(X)).numpy()
        np.testing.assert_allclose(loaded(path)["predict"](X), expected, 1e-4, 1e-5)
    step = glassnet.compile(model)
    np.testing.assert_allclose(step(glassnet.from_numpy(X)).detach().numpy(), expected, 1e-4, 1e-5)
    ast.parse(step.source.encode())


def test_layers_may_be_called_anything(tmp_path):
    check_layers(tmp_path / "model.py", LAYERS)


@pytest.mark.slow("many networks")
@given(st.lists(st.sampled_from(LAYERS) | st.text(st.characters(exclude_categories=()), min_size=1), unique=True))
def test_layers_may_be_called_anything_whatever(tmp_path_factory, names):
    check_layers(Path(tmp_path_factory.mktemp("layers")) / "model.py", names or ["a"])
