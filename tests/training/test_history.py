"""The history: numbers by name, as text, and in a notebook."""

import csv
import io
import json

import pytest

from glassnet.training import History


def history(epochs=3, held_out=True):
    numbers = (
        {"epoch": i, "train_loss": 1 / i} | ({"val_loss": 1 / i + 0.1} if held_out else {})
        for i in range(1, epochs + 1)
    )
    return History(numbers)


def test_by_name():
    h = history()
    assert h["train_loss"] == [1.0, 0.5, 1 / 3]
    assert h[0] == {"epoch": 1, "train_loss": 1.0, "val_loss": 1.1}
    assert h[-1]["epoch"] == 3
    assert h[1:]["epoch"] == [2, 3]
    assert len(h) == 3
    assert [epoch["epoch"] for epoch in h] == [1, 2, 3]
    assert h == History(h.epochs)
    assert h != h[1:]
    with pytest.raises(KeyError, match="there is no 'val_acc'; there are epoch, train_loss, val_loss"):
        h["val_acc"]
    with pytest.raises(KeyError, match="no epochs yet"):
        History()["train_loss"]


def test_names_of_older_runs():
    """``held_out_…`` of an old file are ``val_…`` today."""
    old = "epoch,train_loss,held_out_loss,held_out_accuracy\n1,0.5,0.75,0.9\n"
    h = History({name: float(text) for name, text in row.items()} for row in csv.DictReader(io.StringIO(old)))
    assert h.names == ["epoch", "train_loss", "val_loss", "val_accuracy"]
    assert h["held_out_loss"] == h["val_loss"] == [0.75]
    assert h["val_accuracy"] == [0.9]
    assert "held_out" not in h.to_csv()


def test_repr():
    assert repr(history(1)) == "History(1 epoch; the last: train_loss 1, val_loss 1.1)"
    assert repr(History()) == "History(no epochs)"


def test_csv():
    """Numbers come back to their last digit; one that an epoch does not have is empty."""
    h = history()
    h.epochs[1].pop("val_loss")
    rows = list(csv.DictReader(io.StringIO(h.to_csv())))
    assert [float(row["train_loss"]) for row in rows] == h["train_loss"]
    assert rows[1]["val_loss"] == ""


def test_jsonl():
    """JSON has no NaN."""
    h = History([{"epoch": 1, "train_loss": float("nan"), "val_loss": float("inf")}])
    assert json.loads(h.to_jsonl()) == {"epoch": 1, "train_loss": None, "val_loss": None}


@pytest.mark.parametrize(("epochs", "rows"), [(1, 1), (2, 2), (12, 12), (13, 12), (1000, 12)])
def test_html(epochs, rows):
    page = history(epochs)._repr_html_()
    assert page.count("<td") == rows * 3
    assert page.count("<svg") == (epochs > 1)
    assert ("of which 12 are shown" in page) is (epochs > 12)
    assert page.count("class='glassnet-history'") == 1


def test_html_of_one_curve():
    page = history(held_out=False)._repr_html_()
    assert "training loss" in page
    assert "held-out" not in page.split("</style>", 1)[1]


def test_html_of_little():
    assert "no epochs" in History()._repr_html_()
    assert "<svg" not in History([{"epoch": 1}, {"epoch": 2}])._repr_html_()
    assert "–" in History([{"epoch": 1, "a": 1.0}, {"epoch": 2, "b": float("nan")}])._repr_html_()


def test_html_is_escaped():
    assert "<b>" not in History([{"epoch": 1, "train_<b>": 1.0}])._repr_html_()
