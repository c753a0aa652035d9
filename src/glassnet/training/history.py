"""History: the numbers of every epoch of a run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, overload

from glassnet.serialization.renamed import current_name
from glassnet.text.formulas import as_text

Epoch = dict[str, float]
ROWS = 12  # of the table that a notebook shows; of more epochs, some

_STYLE = """
.glassnet-history { max-width: 32rem; }
.glassnet-history text { font: 12.5px system-ui, sans-serif; fill: currentColor; opacity: .65; }
.glassnet-history .grid, .glassnet-history .tick { stroke: currentColor; opacity: .15; }
.glassnet-history .line { fill: none; stroke-width: 2; stroke: #e07b39; }
.glassnet-history .line.training { stroke: #3f8fd0; stroke-dasharray: 5 4; }
.glassnet-history .dot { fill: #e07b39; } .glassnet-history .dot.training { fill: #3f8fd0; }
.glassnet-history .key { margin-right: 1rem; } .glassnet-history .key.training { color: #3f8fd0; }
.glassnet-history .key.held-out { color: #e07b39; }
""".strip()


class History(Sequence[Epoch]):
    """The numbers of every epoch of a run: ``history["train_loss"]`` are those of one name, ``history[-1]`` the last.

    ``epochs`` is a list of dicts: "epoch", counted from 1, "train_loss", the metrics as "train_…", the same as
    "val_…" if there was a validation set, and "learning_rate", the rate at the beginning of the epoch. The names
    of older versions, "held_out_…", become "val_…".

    >>> from glassnet.training import History
    >>> history = History([{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "train_loss": 0.25}])
    >>> history["train_loss"]
    [0.5, 0.25]
    >>> history[-1]
    {'epoch': 2, 'train_loss': 0.25}
    >>> print(history.to_csv(), end="")
    epoch,train_loss
    1,0.5
    2,0.25
    """

    def __init__(self, epochs: Iterable[Mapping[str, float]] = ()) -> None:
        self.epochs: list[Epoch] = [{current_name(name): value for name, value in epoch.items()} for epoch in epochs]

    @property
    def names(self) -> list[str]:
        """The names of the numbers, in order of their first appearance."""
        return list(dict.fromkeys(name for epoch in self.epochs for name in epoch))

    @overload
    def __getitem__(self, key: str) -> list[float]: ...
    @overload
    def __getitem__(self, key: int) -> Epoch: ...
    @overload
    def __getitem__(self, key: slice) -> History: ...
    def __getitem__(self, key: str | int | slice) -> Any:
        if isinstance(key, slice):
            return History(self.epochs[key])
        if not isinstance(key, str):
            return self.epochs[key]
        key = current_name(key)
        if key not in self.names:
            raise KeyError(f"History: there is no {key!r:.80}; there are {', '.join(self.names) or 'no epochs yet'}")
        return [epoch[key] for epoch in self.epochs if key in epoch]

    def __len__(self) -> int:
        return len(self.epochs)

    def __iter__(self) -> Iterator[Epoch]:
        return iter(self.epochs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, History) and self.epochs == other.epochs

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if not self.epochs:
            return "History(no epochs)"
        numbers = ", ".join(f"{name} {value:.4g}" for name, value in self.epochs[-1].items() if name != "epoch")
        return f"History({len(self)} epoch{'s' * (len(self) > 1)}; the last: {numbers})"

    def to_csv(self) -> str:
        """A table as text: a line for each epoch, under the names; numbers to their last digit."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(as_text, self.names))
        writer.writerows([epoch.get(name, "") for name in self.names] for epoch in self.epochs)
        return text.getvalue()

    def to_jsonl(self) -> str:
        """An object of JSON on a line for each epoch; numbers that are not finite are null."""
        return "".join(f"{json.dumps(_finite(epoch), ensure_ascii=False)}\n" for epoch in self.epochs)

    def _repr_html_(self) -> str:
        # a run without a notebook does not load these
        from glassnet.explain.notebook.tables import table
        from glassnet.training.report.curves import heading
        from glassnet.training.report.formats import evenly, number

        if not self.epochs:
            return "<p>History: no epochs yet.</p>"
        names = self.names
        rows = [
            [number(epoch[name]) if name in epoch else "–" for name in names]
            for epoch in (self.epochs[place] for place in evenly(len(self), ROWS))
        ]
        caption = f"{len(self):,} epoch{'s' * (len(self) > 1)}" + (
            "" if len(self) <= ROWS else f", of which {ROWS} are shown"
        )
        numbers = table(rows, [heading(name) for name in names], caption, ["number"] * len(names))
        return f"<style>{_STYLE}</style>\n<div class='glassnet-history'>{self._curves()}</div>\n{numbers}"

    def _curves(self) -> str:
        from glassnet.training.report.charts import Curve, lines
        from glassnet.training.report.markup import tag

        if len(self) < 2:
            return ""
        kinds = {"train_loss": ("training loss", "training"), "val_loss": ("held-out loss", "held-out")}
        curves = []
        for key, (name, style) in kinds.items():
            there = [(epoch["epoch"], epoch[key]) for epoch in self.epochs if key in epoch]
            if there:
                curves.append(Curve(name, style, [x for x, _ in there], [y for _, y in there]))
        if not curves:
            return ""
        keys = [
            tag("span", ("╌ " if c.style == "training" else "— ") + c.name, class_=f"key {c.style}") for c in curves
        ]
        return tag("div", *keys) + lines(curves, "loss")


def _finite(epoch: Epoch) -> dict[str, float | None]:
    return {name: value if abs(value) < float("inf") else None for name, value in epoch.items()}
