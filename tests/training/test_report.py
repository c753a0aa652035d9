"""The report: well formed, self-contained, escaped, bounded, and with the numbers it was given."""

from __future__ import annotations

import base64
import math
import re
import struct
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from glassnet.training.report import Report, ReportError, write_report
from glassnet.training.report.markup import VOID
from glassnet.training.report.report_page import page

HISTORY = [
    {"epoch": 1, "train_loss": 1.5, "accuracy": 0.5, "val_loss": 1.25, "val_accuracy": 0.75},
    {"epoch": 2, "train_loss": 0.5, "accuracy": 0.75, "val_loss": 0.625, "val_accuracy": 0.875},
]
CLASSES = ("cat", "고양이", "<script>alert(1)</script>")
TARGETS = np.array([0, 0, 1, 1, 2, 2, 2, 0])
PROBABILITIES = np.eye(3)[[0, 1, 1, 1, 2, 2, 0, 0]] * 0.7 + 0.1


class Page(HTMLParser):
    """What is in a page; fails where an element is not closed, or closed by another."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        wanted = {key.rstrip("_"): value for key, value in wanted.items()}
        return [a for t, a in self.elements if t == tag and all(v in a.get(k, "").split() for k, v in wanted.items())]

    @property
    def sections(self) -> list[str]:
        return [attributes["id"] for attributes in self.all("h2")]

    @property
    def words(self) -> str:
        return " ".join(self.texts)


def classification(**changes: object) -> Report:
    parts: dict = {
        "title": "cats", "task": "classification", "facts": {"data": "cats & dogs", "network": "4 → 3\n3 parameters"},
        "history": HISTORY, "classes": CLASSES, "targets": TARGETS, "probabilities": PROBABILITIES,
        "command": "glassnet train 'a b.csv'",
    }  # fmt: skip
    return Report(**{**parts, **changes})


def regression(n: int = 50, **changes: object) -> Report:
    actual = np.linspace(-3, 5, n)
    parts: dict = {"title": "wine", "task": "regression", "targets": actual, "predictions": actual + np.sin(7 * actual)}
    return Report(**{**parts, "target_name": "quality", **changes})


IMAGES = np.random.default_rng(0).random((8, 6, 5))
ROWS = [{"hue": i / 8, "name": f"n{i}"} for i in range(8)]
WEIGHTS = np.linspace(-1, 1, 60).reshape(2, 30)

REPORTS = {
    "bare": Report("x", "regression"),
    "classification": classification(),
    "no probabilities": classification(probabilities=None, predictions=TARGETS[::-1]),
    "images": classification(images=IMAGES, first_layer=WEIGHTS, image_shape=(6, 5)),
    "colour images": classification(
        images=(IMAGES[..., None] * [255, 128, 0]).astype(np.uint8), first_layer=WEIGHTS, image_shape=(3, 2, 5)
    ),
    "rows": classification(rows=ROWS),
    "regression": regression(),
    "regression of rows": regression(8, rows=ROWS, history=HISTORY),
    "regression of images": regression(8, images=IMAGES),
    "odd characters": classification(title="\x00\x1b‮ \ud800 고양이 " + "x" * 5000, facts={"<b>": '"&\x00'}),
    "one epoch": classification(history=HISTORY[:1]),
    "not finite": classification(
        history=[{"train_loss": math.nan, "x": math.inf}, {"train_loss": 1e308, "x": -math.inf}, {"train_loss": -1e308}]
    ),
    "no samples": classification(targets=np.zeros(0, int), probabilities=np.zeros((0, 3))),
    "one class missing": classification(targets=np.minimum(TARGETS, 1)),
    "no number": regression(4, predictions=np.full(4, np.nan)),
    "constant": regression(3, targets=np.ones(3), predictions=np.ones((3, 1)), rows=ROWS[:3]),
}


@pytest.fixture(params=REPORTS)
def report(request: pytest.FixtureRequest) -> Report:
    return REPORTS[request.param]


def test_is_well_formed_and_stands_by_itself(report: Report) -> None:
    text = page(report)
    assert text.startswith("<!DOCTYPE html>")
    parsed = Page(text)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "link", "iframe", "object", "base"}
    assert not re.search(r"https?:|[\"'(]//|@import|url\(", text)
    for _, attributes in parsed.elements:
        assert attributes.get("src", "data:").startswith("data:image/png;base64,") or "src" not in attributes
        assert not any(name.startswith("on") or name == "href" for name in attributes)
    for image in parsed.all("img"):
        assert image["alt"]
    for svg in parsed.all("svg"):
        assert svg["aria-label"]
        assert svg["role"] == "img"
    assert "NaN" not in parsed.words
    assert not re.search(r'(?:x|y|r|d|width|height)="[^"]*(?:nan|inf)', text)
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_same_report_gives_the_same_bytes(report: Report, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_report(tmp_path / name, report)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("bare", []),
        ("classification", ["training", "classes", "mistakes", "facts", "command"]),
        ("images", ["training", "classes", "mistakes", "weights", "facts", "command"]),
        ("rows", ["training", "classes", "mistakes", "facts", "command"]),
        ("regression", ["predictions"]),
        ("regression of rows", ["training", "predictions", "mistakes"]),
        ("no samples", ["training", "facts", "command"]),
    ],
)
def test_there_is_a_section_where_there_is_something_to_tell(name: str, sections: list[str]) -> None:
    if name == "classification":
        sections = [section for section in sections if section != "mistakes"]  # neither pictures nor rows
    assert Page(page(REPORTS[name])).sections == sections


def test_everything_is_escaped() -> None:
    text = page(classification(rows=[{"<i>": "<img src=x>"}] * 8, command="a && b <c>"))
    assert "<script>alert" not in text
    assert "<img src=x>" not in text
    assert "<i>" not in text
    words = Page(text).words
    assert "<script>alert(1)</scrip" in words
    assert "고양이" in words
    assert "a && b <c>" in words
    assert "<img src=x>" in words


def test_characters_that_cannot_be_shown_are_replaced() -> None:
    text = page(REPORTS["odd characters"])
    assert not set("\x00\x1b\u202e\ud800") & set(text)
    assert len(max(Page(text).texts, key=len)) < 1000


def test_the_headline_and_the_matrix_are_the_numbers_given() -> None:
    parsed = Page(page(REPORTS["classification"]))
    assert "75 %" in parsed.texts or "75.0 %" in parsed.texts
    assert "6 of 8 right" in parsed.texts
    cells = {a["title"] for a in parsed.all("td") if "title" in a}
    assert cells == {
        "cat, predicted as cat: 2 of 3",
        "cat, predicted as 고양이: 1 of 3",
        "고양이, predicted as 고양이: 2 of 2",
        "<script>alert(1)</scrip…, predicted as <script>alert(1)</scrip…: 2 of 3",
        "<script>alert(1)</scrip…, predicted as cat: 1 of 3",
    }
    at = parsed.texts.index
    assert parsed.texts[at("precision, %") + 1 :][:3] == ["66.7", "66.7", "100"]


def test_the_headline_of_a_regression() -> None:
    report = regression(5, targets=np.array([1.0, 2, 3, 4, 5]), predictions=np.array([[1.0], [2], [3], [4], [7]]))
    texts = Page(page(report)).texts
    assert {"0.6", "0.8944", "0.4"} <= set(texts)  # 1 − 4/10, √(4/5), 2/5
    assert "held-out R²" not in Page(page(REPORTS["constant"])).texts


def test_the_table_of_epochs_has_the_numbers_of_the_history() -> None:
    texts = Page(page(REPORTS["classification"])).texts
    at = texts.index("The numbers of every epoch")
    assert texts[at + 1 :][:15] == [
        "epoch", "train loss", "held-out loss", "accuracy", "held-out accuracy",
        "1", "1.5", "1.25", "0.5", "0.75",
        "2", "0.5", "0.625", "0.75", "0.875",
    ]  # fmt: skip


def test_numbers_that_are_not_finite_are_told() -> None:
    words = Page(page(REPORTS["not finite"])).words
    assert "leave a gap: train_loss, x" in words
    assert "not a number" in words
    assert "−infinite" in words


def test_a_class_without_samples_has_no_recall() -> None:
    parsed = Page(page(REPORTS["one class missing"]))
    assert "1 of 3 classes has no held-out sample, and so no recall." in parsed.texts
    assert "–" in parsed.texts


def test_the_surest_mistakes_come_first() -> None:
    sure = PROBABILITIES.copy()
    sure[6, 0] = 0.95
    alts = [a["alt"] for a in Page(page(classification(probabilities=sure, images=IMAGES))).all("img")]
    assert [alt.split(":")[0] for alt in alts] == ["held-out sample 6", "held-out sample 1"]
    none = Page(page(classification(probabilities=None, predictions=TARGETS, images=IMAGES)))
    assert "None: every held-out sample is right." in none.texts
    assert not none.all("img")


def test_the_furthest_predictions_come_first_and_numbers_that_are_none_before_all() -> None:
    report = regression(4, targets=np.zeros(4), predictions=np.array([1.0, -5, np.nan, 0]), rows=ROWS[:4])
    texts = Page(page(report)).texts
    at = texts.index("name")  # the last of the head
    assert [texts[at + 1 + 6 * i] for i in range(3)] == ["3", "2", "1"]
    assert "Infinite or not a number, and so without a point: 1 of 4." in texts


def test_columns_that_matter_are_shown() -> None:
    names = [f"c{i}" for i in range(20)]
    rows = [{**dict.fromkeys(names, i), "target": 1, "none": None} for i in range(8)]
    features = [*names[:10], "c11=a", "c11=b"]
    weights = np.zeros((3, 12))
    weights[:, [2, 4, 6, 8, 9, 11]] = 1
    parsed = Page(page(classification(rows=rows, first_layer=weights, feature_names=features)))
    shown = [text for text in parsed.texts if re.fullmatch(r"c\d+", text)]
    assert shown == ["c2", "c4", "c6", "c8", "c9", "c11"]
    assert "6 of 21 columns are shown: those with the largest weights" in parsed.words
    assert "6 of 21 columns are shown: the first." in Page(page(classification(rows=rows))).words


def test_rows_are_counted_as_in_their_table_where_that_is_known() -> None:
    numbers = [100 * i + 1 for i in range(8)]
    words = Page(page(classification(rows=ROWS, row_numbers=numbers))).words
    assert "“row” counts the rows of the table from 1." in words
    shown = [str(number) for number in numbers if f" {number} " in words]
    assert shown
    assert "“row” counts the held-out rows from 1." in Page(page(classification(rows=ROWS))).words


def test_what_it_was_trained_on_is_said_at_the_top() -> None:
    text = page(classification(facts={"data": "150 rows of 5 columns\nand a note"}))
    header = text[text.index("<header>") : text.index("</header>")]
    assert "<p>150 rows of 5 columns</p>" in header


def test_a_command_is_broken_between_its_options_only() -> None:
    text = page(classification(command="glassnet train 'a b' --lr 0.1 --no-compile"))
    code = text[text.index("<code>") : text.index("</code>")]
    assert code.count("<span>") == 3
    assert "<span>--lr 0.1</span> <span>--no-compile</span>" in code
    assert re.sub("<[^>]*>", "", code) == "glassnet train &#x27;a b&#x27; --lr 0.1 --no-compile"


def test_metrics_are_written_as_people_write_them() -> None:
    words = Page(page(regression(8, history=[{"train_r2": 0.5, "val_r2": 0.4, "train_rmse": 1.0}] * 2))).words
    assert "R²" in words
    assert "RMSE" in words
    assert "r2" not in words


def test_values_of_a_row_in_words() -> None:
    rows = [{"a": None, "b": math.nan, "c": np.bool_(True), "d": np.int64(3), "e": 0.25}] * 8
    texts = Page(page(classification(rows=rows))).texts
    at = texts.index("e")
    assert texts[at + 5 :][:5] == ["missing", "missing", "yes", "3", "0.25"]


def test_many_classes_are_summarised() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 1000, 5000)
    predicted = np.where(rng.random(5000) < 0.7, targets, rng.integers(0, 1000, 5000))
    classes = [f"{'long ' * 30}{i}" for i in range(1000)]
    text = page(classification(classes=classes, targets=targets, probabilities=None, predictions=predicted))
    assert "1,000 classes are too many for a matrix: here are the 20 of lowest recall" in text
    assert len(text) < 60_000
    right = classification(classes=classes, targets=targets, probabilities=None, predictions=targets)
    assert "most frequent mistakes" not in page(right)


def test_a_hundred_thousand_samples_make_a_small_file() -> None:
    n = 100_000
    rng = np.random.default_rng(0)
    actual = rng.normal(size=n)
    history = [{"train_loss": float(v), "val_loss": 2.0} for v in rng.random(20_000)]
    history[7000]["train_loss"] = 99.0
    text = page(regression(targets=actual, predictions=actual + rng.normal(size=n), history=history))
    assert len(text) < 600_000
    assert "2,000 of 100,000 samples have a point" in text
    assert "20,000 epochs" in text
    assert "training 99<" in text  # the peak is not lost
    images = np.broadcast_to(np.zeros((1, 300, 300), np.uint8), (n, 300, 300))
    wrong = Report("x", "classification", classes=CLASSES, targets=np.zeros(n, int), predictions=np.ones(n, int),
                   images=images, first_layer=rng.normal(size=(500, 784)), image_shape=(1, 28, 28))  # fmt: skip
    text = page(wrong)
    assert len(text) < 200_000
    assert "18 of 100,000 mistakes" in text
    assert "64 of 500" in text


def test_many_numbers_have_no_chart() -> None:
    history = [{f"m{i}": 1.0 for i in range(15)}]
    assert "12 of 15 numbers have a chart." in Page(page(Report("x", "regression", history=history))).texts


def unpacked(uri: str) -> tuple[tuple[int, ...], np.ndarray, dict[bytes, bytes]]:
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size]) == (zlib.crc32(name + body),)
        chunks[name] = body
        at += 12 + size
    header = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(header[1], -1)
    assert not rows[:, 0].any()
    return header, rows[:, 1:], chunks


def test_pictures_are_the_images() -> None:
    report = classification(images=IMAGES, first_layer=WEIGHTS, image_shape=(6, 5))
    pictures = Page(page(report)).all("img")
    header, pixels, _ = unpacked(pictures[0]["src"])
    assert header == (5, 6, 8, 0, 0, 0, 0)
    np.testing.assert_array_equal(pixels, np.rint(IMAGES[1] * 255))
    header, pixels, chunks = unpacked(pictures[-1]["src"])
    assert header == (5, 6, 8, 3, 0, 0, 0)
    assert pictures[-1]["alt"] == "weights of unit 1"
    levels = WEIGHTS[1].reshape(6, 5) / np.quantile(np.abs(WEIGHTS), 0.999)
    np.testing.assert_array_equal(pixels, 16 + np.rint(levels.clip(-1, 1) * 16))
    assert len(chunks[b"PLTE"]) == 3 * 33
    assert list(chunks[b"tRNS"][14:19]) == [32, 16, 0, 16, 32]


def test_pictures_in_colour_and_of_any_range() -> None:
    header, pixels, _ = unpacked(Page(page(REPORTS["colour images"])).all("img")[0]["src"])
    assert header[3] == 2
    np.testing.assert_array_equal(pixels.reshape(6, 5, 3)[..., 2], 0)
    normalised = Page(page(classification(images=IMAGES * 4 - 2))).all("img")
    _, pixels, _ = unpacked(normalised[0]["src"])
    assert pixels.min() < 20
    assert pixels.max() > 235


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "guess"}, "expected task to be one of classification, regression"),
        ({"probabilities": PROBABILITIES[:3]}, "expected probabilities of the 8 samples in targets, got 3"),
        ({"probabilities": PROBABILITIES[:, :2]}, "expected probabilities of 3 classes"),
        ({"rows": ROWS[:1]}, "expected rows of the 8 samples"),
        ({"images": IMAGES[:, 0]}, r"expected images of \[n, h, w\]"),
        ({"targets": TARGETS + 1}, "expected targets to be class numbers from 0 to 2, got 1 to 3"),
        ({"probabilities": None, "predictions": TARGETS - 1}, "expected predictions to be class numbers"),
        ({"first_layer": WEIGHTS[0]}, r"expected first_layer of \[units, features\]"),
        ({"first_layer": WEIGHTS, "image_shape": (5, 5)}, "image_shape to be"),
        ({"first_layer": WEIGHTS, "image_shape": (5, 2, 3)}, "image_shape to be"),
    ],
)
def test_parts_that_do_not_belong_to_one_another_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        classification(**changes)


def test_nothing_is_lost_when_it_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="folder"):
        write_report(tmp_path, REPORTS["bare"])
