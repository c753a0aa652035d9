"""`open_source`: every name, file and folder becomes data that a network can learn from."""

import numpy as np
import pytest

import glassnet
from glassnet.datasets import TOYS, load_digits
from glassnet.sources import BUILTIN, PICTURES, Data, SourceError, open_source


def check(data: Data) -> None:
    """What holds for every source."""
    assert isinstance(data, Data)
    for part in data.train, data.held_out:
        inputs, targets = part
        assert len(part) == len(inputs) == len(targets) > 0
        assert inputs.dtype == glassnet.float32
        assert np.isfinite(inputs.numpy()).all()
        if data.task == "classification":
            assert targets.dtype == glassnet.int64
            assert targets.shape == (len(part),)
            assert set(targets.numpy().tolist()) == set(range(data.outputs))
        else:
            assert targets.shape == (len(part), 1)
            assert data.outputs == 1
    assert data.train.inputs.shape[1:] == data.held_out.inputs.shape[1:]
    assert all((data.what, data.origin, data.split, data.noun))


@pytest.mark.parametrize("name", BUILTIN)
def test_every_name_gives_data_of_that_name(name):
    data = open_source(name)
    check(data)
    assert data.source == name
    assert data.encoder.to_json()["kind"] == "numbers"
    assert data.encoder.to_json()["shape"] == list(data.train.inputs.shape[1:])
    again = open_source(name)
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(data.train, again.train, strict=True))


def test_the_names():
    assert BUILTIN.keys() >= {"digits", "colors", *TOYS}
    assert PICTURES == ("mnist", "fashion-mnist", "kmnist")


def test_a_fifth_of_each_class_is_held_out_and_nothing_is_in_both_parts():
    images, labels = load_digits()
    data = open_source("digits")
    assert len(data.held_out) == 355
    for digit in range(10):
        assert (data.held_out.targets.numpy() == digit).sum() == (labels == digit).sum() // 5
    assert len(data.train) + len(data.held_out) == len(labels)
    parts = np.concatenate([part.inputs.numpy().reshape(len(part), -1) for part in (data.train, data.held_out)])
    expected = images.reshape(len(images), -1) / 16
    assert np.array_equal(np.sort(parts.sum(1)), np.sort(expected.sum(1).astype(np.float32)))


@pytest.mark.parametrize(("name", "shape"), [("digits", (8, 8)), ("colors", (3,))])
def test_inputs_are_from_0_to_1(name, shape):
    inputs = open_source(name).train.inputs
    assert inputs.shape[1:] == shape
    assert 0 <= inputs.min().item() < 0.01
    assert 0.99 < inputs.max().item() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"source": "digit"}, r"got 'digit' \(did you mean digits\?\)"),
        ({"source": "Moon"}, r"got 'Moon' \(did you mean moons\?\)"),
        ({"source": ""}, "a folder of pictures or texts, got ''$"),
        ({"source": "no/such.csv"}, "^SOURCE: there is no file 'no/such.csv'$"),
        ({"source": "digits", "target": "x"}, "^--target: digits is no table; leave it out$"),
        ({"source": "mnist", "task": "x", "target": "y"}, "^--target and --task: mnist is no table; leave them out$"),
        ({"source": "xor", "folder": "."}, "^--data: xor is made here, from no files; leave it out$"),
    ],
)
def test_what_is_no_source_or_does_not_go_together_is_one_message(words, message):
    with pytest.raises(SourceError, match=message):
        open_source(**words)


def test_a_name_wins_over_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "xor").mkdir()
    assert open_source("xor").what.startswith("400 points")
    with pytest.raises(SourceError, match="expected a folder for each class"):
        open_source("./xor")


def test_a_path_may_begin_at_home(tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.csv").write_text("a,b\n" + "1,x\n2,y\n" * 9)
    data = open_source("~/a.csv", target="b")
    assert data.source == "~/a.csv"
    assert data.classes == ("x", "y")
