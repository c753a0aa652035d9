"""A function or a command whose extra is not installed names it, in one line with the command that installs it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.explain import plots
from glassnet.extras import PACKAGES, MissingExtra, needed_to
from glassnet.ops import registry
from glassnet.vision.datasets.folder import default_loader

X, Y = glassnet.zeros(6, 2), glassnet.zeros(6).long()
NET = nn.Linear(2, 2)
PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]


def frame(path):
    import pandas

    table = pandas.DataFrame({"a": range(20), "b": [i % 2 for i in range(20)]})
    table.to_csv(path.with_suffix(".csv"), index=False)
    return table


def tables(name):
    from glassnet import tables

    return getattr(tables, name)


FUNCTIONS = {
    ("matplotlib", "activation"): lambda _: plots.activation("relu"),
    ("matplotlib", "activations"): lambda _: plots.activations(nn.Sequential(NET, nn.ReLU()), X),
    ("matplotlib", "confusion"): lambda _: plots.confusion([0, 1], [0, 1]),
    ("matplotlib", "curves"): lambda _: plots.curves([{"train_loss": 1.0}]),
    ("matplotlib", "decision_boundary"): lambda _: plots.decision_boundary(NET, X, Y),
    ("matplotlib", "gradient_flow"): lambda _: plots.gradient_flow(NET, X, Y, F.cross_entropy),
    ("matplotlib", "gradients"): lambda _: plots.gradients(NET, X, Y, F.cross_entropy),
    ("matplotlib", "loss_surface"): lambda _: plots.loss_surface(NET, X, Y, F.cross_entropy, steps=3),
    ("matplotlib", "optimizer_paths"): lambda _: plots.optimizer_paths(
        lambda a, b: a * a + b * b, {"SGD": lambda p: glassnet.optim.SGD(p, lr=0.1)}
    ),
    ("matplotlib", "weights"): lambda _: plots.weights(nn.Linear(4, 3)),
    ("pandas", "read_table"): lambda folder: tables("read_table")(folder / "t.csv"),
    ("pyarrow", "read_table"): lambda folder: tables("read_table")(folder / "t.parquet"),
    ("pyarrow", "write_table"): lambda folder: tables("write_table")(frame(folder / "t"), folder / "u.parquet"),
    ("PIL", "default_loader"): lambda folder: default_loader(folder / "x.png"),
    ("sympy", "symbolic"): lambda _: glassnet.symbolic(F.sigmoid),
    ("sympy", "Op.symbolic"): lambda _: registry["sigmoid"].symbolic(),
}
COMMANDS = [
    ("matplotlib", ("plot", "relu"), ()),
    ("pandas", ("train", "t.csv", "--target", "b"), ()),
    ("pandas", ("predict", "latest", "t.csv"), ("train", "t.csv", "--target", "b", "--epochs", 1)),
    ("pandas", ("evaluate", "latest", "t.csv"), ("train", "t.csv", "--target", "b", "--epochs", 1)),
    ("pyarrow", ("train", "t.parquet", "--target", "b"), ()),
    (
        "pyarrow",
        ("predict", "latest", "t.csv", "--out", "out.parquet"),
        ("train", "t.csv", "--target", "b", "--epochs", 1),
    ),
    ("PIL", ("train", "pictures"), ()),
]


@pytest.fixture
def files(tmp_path):
    """A table as text, the beginning of one as Parquet, and what looks like a folder of pictures."""
    pytest.importorskip("pandas")
    frame(tmp_path / "t")
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    for name in ("a", "b"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for i in range(6):
            (tmp_path / "pictures" / name / f"{i}.png").write_bytes(b"")
    return tmp_path


def hide(monkeypatch, package):
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.parametrize(("package", "function"), FUNCTIONS, ids=str)
def test_a_function_names_its_extra(files, monkeypatch, package, function):
    pytest.importorskip(package)
    hide(monkeypatch, package)
    label, extra = PACKAGES[package]
    with pytest.raises(MissingExtra) as caught:
        FUNCTIONS[package, function](files)
    assert (caught.value.name, caught.value.extra) == (package, extra)
    message = rf'{label} is needed to [\w ]+, and is not installed: pip install "glassnet\[{extra}\]"'
    assert re.fullmatch(message, str(caught.value))


@pytest.mark.parametrize(("package", "words", "before"), COMMANDS)
def test_a_command_names_its_extra(command, files, monkeypatch, package, words, before):
    pytest.importorskip(package)
    if before:
        assert command(*before).exit_code == 0
    hide(monkeypatch, package)
    result = command(*words)
    label, extra = PACKAGES[package]
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"glassnet: {label} is needed to ")
    assert result.stderr.endswith(f': pip install "glassnet[{extra}]"\n')
    assert result.stderr.count("\n") == 1


def test_every_extra_is_part_of_all():
    extras = PROJECT["optional-dependencies"]
    assert extras["all"] == [f"glassnet[{','.join(sorted({extra for _, extra in PACKAGES.values()}))}]"]
    assert "glassnet[all]" in extras["dev"]
    assert {extra for _, extra in PACKAGES.values()} < set(extras)


def test_every_package_that_is_imported_somewhere_has_an_extra():
    """What src imports, and comes neither with Python nor with glassnet."""
    graph = grimp.build_graph("glassnet", include_external_packages=True, cache_dir=None)
    tops = {name.partition(".")[0] for name in graph.modules}
    assert tops - {*sys.stdlib_module_names, "glassnet", "numpy"} == {*PACKAGES} - {"click"}


def test_another_missing_module_is_not_an_extra():
    with pytest.raises(ModuleNotFoundError) as caught, needed_to("do anything"):
        import glassnet.there_is_no_such  # noqa: F401
    assert not isinstance(caught.value, MissingExtra)


def test_import_glassnet_needs_none_of_them():
    hidden = "".join(f"sys.modules[{name!r}] = None; " for name in PACKAGES)
    code = f"import sys; {hidden}import glassnet, glassnet.training, glassnet.explain, glassnet.export, glassnet.vision"
    subprocess.run([sys.executable, "-c", code], check=True)
