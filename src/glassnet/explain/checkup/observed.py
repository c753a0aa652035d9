"""What checks read of a training run: one step with every value in it, what its own step does, and trials."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from glassnet.errors import GlassnetError
from glassnet.explain.checkup.step import Step
from glassnet.explain.checkup.trials import Trials
from glassnet.explain.checkup.watched import Older, Watched, makers_in, older_in, watched
from glassnet.explain.checkup.weighing import work_of
from glassnet.explain.walkthrough.traced_step import traced_step
from glassnet.tensor.graph import tick
from glassnet.threads import computed_once
from glassnet.trace.refusals import TraceError


@dataclass
class Observed(Trials):
    """A training run, and what checks read of it. What takes time is computed once, when it is first read."""

    error: Exception | None = None
    is_explained: bool = False  # whether something was found already

    @computed_once
    def traced(self) -> Step | None:
        """The step on the first batch; None where it fails, and then `error` says why."""
        try:
            with self.untouched():
                self.model.train()
                program, values = traced_step(self.model, *self.first, self.loss, once=True)
        except Exception as error:  # whatever the user's own code raises is a finding
            self.error = error
            return None
        return Step(program, values.by_name(), values.results, float(values.outputs[0].array))

    @computed_once
    def work(self) -> float:
        """How many multiplications a step makes."""
        return super().work if self.traced is None else work_of(self.traced)

    @computed_once
    def runs(self) -> bool:
        """Whether a step runs on each batch, traced or, where that is refused, without."""
        if self.traced is not None or not isinstance(self.error, TraceError):
            return self.traced is not None and self.failing is None
        try:
            with self.untouched():
                self.model.train()
                self.loss(self.answer(self.first[0]), self.first[1]).backward()
        except Exception:  # `traced` has the error, or a check of gradients finds it
            return False
        return True

    @computed_once
    def failing(self) -> Exception | None:
        """What the network or its loss raises on another batch than the first, or after it; None where they do not."""
        try:
            with self.untouched(), np.errstate(all="ignore"):
                self.model.train()
                for x, y in self.batches:
                    self.loss_of(x, y)
                for x, y in (self.first, self.first):
                    self.loss(self.answer(x), y).backward()
        except Exception as error:
            return error
        return None

    @computed_once
    def watched(self) -> Watched | None:
        """What the user's own step does; None where there is none."""
        return None if self.step is None else watched(self, runs=self.runs)

    @computed_once
    def older(self) -> Older | None:
        """A value from before a step that the outputs of the step go back to; None where there is none."""
        if self.watched is not None:
            return self.watched.older
        try:
            with self.untouched(), makers_in(self.model) as makers:
                self.model.train()
                self.answer(self.first[0])
                time = tick()
                return older_in(self.answer(self.first[0]), time, makers)
        except Exception:  # `traced` has the error
            return None

    def fails_for(self, *arguments: str) -> bool:
        """Whether the step fails because of one of those arguments of a function, such as labels."""
        return isinstance(self.error, GlassnetError) and self.error.argument in arguments
