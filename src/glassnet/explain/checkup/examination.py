"""The check-up itself: all checks on one training run, and what they found, the likeliest cause first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.explain.checkup.batches import CheckupError, batches_of, last_size
from glassnet.explain.checkup.check import CHECKS, Finding
from glassnet.explain.checkup.keeping import keep_reached
from glassnet.explain.checkup.observed import Observed
from glassnet.nn.module import Module
from glassnet.nn.parameter import is_uninitialized
from glassnet.notebook import repr_html
from glassnet.threads import quietly
from glassnet.trace.snapshot import Snapshot

HEALTHY = "Nothing wrong was found."


class Checkup:
    """What a check-up found: ``findings``, the likeliest cause first. Print it, or look at it in a notebook.

    >>> model, x, y = nn.Linear(4, 3), glassnet.randn(64, 4), glassnet.randint(1, 4, (64,))
    >>> result = glassnet.checkup(model, (x, y), F.cross_entropy)
    >>> result, result.healthy, len(result)
    (<Checkup: labels_out_of_range>, False, 1)
    """

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = tuple(findings)

    @property
    def healthy(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __str__(self) -> str:
        return "\n\n".join(f"{n}. {finding}" for n, finding in enumerate(self.findings, 1)) or HEALTHY

    def __repr__(self) -> str:
        return f"<Checkup: {', '.join(f.kind for f in self.findings) or 'nothing wrong was found'}>"

    _repr_html_ = repr_html


def checkup(
    model: Module,
    data: Any,
    loss: Callable[..., Any],
    optimizer: Any = None,
    *,
    step: Callable[..., Any] | None = None,
    validation: Any = None,
) -> Checkup:
    """Run a few steps and say what is wrong with a training run, with evidence and a remedy.

    ``data`` is (x, y), a DataLoader or a dataset; ``loss`` is called with the model's output and y. With
    ``step``, your own function of a batch (x, y), it is seen whether that is a whole training step; with
    ``validation``, (x, y), whether it shares samples with the training data. Everything is as before afterwards.

    Raises CheckupError for data that it cannot look at, and for a lazy layer that has not been called yet.

    >>> model, x, y = nn.Linear(4, 3), glassnet.randn(64, 4), glassnet.randint(1, 4, (64,))
    >>> print(glassnet.checkup(model, (x, y), F.cross_entropy, optim.SGD(model.parameters(), lr=0.1)))
    1. labels begin at 1, and classes are counted from 0
      evidence: labels from 1 to 3, the network has 3 outputs, for labels 0 to 2
      remedy:   subtract 1: y = y - 1
    """
    if not isinstance(model, Module) or not callable(loss):
        raise CheckupError(
            f"checkup: expected a module, data and a loss, got {type(model).__name__} and {type(loss).__name__}"
        )
    if isinstance(loss, type) or isinstance(optimizer, type):
        name = (loss if isinstance(loss, type) else optimizer).__name__
        raise CheckupError(f"checkup: expected a loss and an optimizer, got the class {name}; make one: {name}(…)")
    if optimizer is not None and not hasattr(optimizer, "param_groups"):
        raise CheckupError(f"checkup: expected an optimizer, such as optim.SGD(…), got {type(optimizer).__name__}")
    unknown = next((n for n, p in (*model.named_parameters(), *model.named_buffers()) if is_uninitialized(p)), None)
    if unknown is not None:
        raise CheckupError(
            f"checkup: the size of {unknown} is not known yet; call the network once, on one batch: model(x)"
        )
    with Snapshot() as snapshot:
        keep_reached(snapshot, (data, validation, loss, step, model, optimizer))
        batches, everything = batches_of(data)
        held_out = None if validation is None else _joined(validation)
        run = Observed(model, batches, loss, optimizer, step, held_out, everything, last_size(data))
        with quietly(), np.errstate(all="ignore"):  # they are told as findings
            return Checkup(_findings(run))


def _findings(run: Observed) -> list[Finding]:
    findings: list[Finding] = []
    explained: set[str] = set()
    for check in sorted(CHECKS.values(), key=lambda c: -c.weight):
        if check.name in explained or (check.unexplained and findings):
            continue
        new = check.findings(run)
        findings += new
        run.is_explained = bool(findings)
        if new:
            explained |= check.explains
    return findings


def _joined(validation: Any) -> Any:
    batches, everything = batches_of(validation)
    return everything if everything is not None else batches[0]
