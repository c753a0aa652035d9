"""Programs as text: what a person reads."""

from __future__ import annotations

import glassnet


def test_a_phase_that_comes_again_says_so():
    model = glassnet.nn.Linear(2, 1)
    optimizer = glassnet.optim.SGD(model.parameters(), lr=0.1)

    @glassnet.compile
    def step(x, y):
        optimizer.zero_grad()
        ((model(x) - y) ** 2).mean().backward()
        optimizer.step()
        return model(x).sum()

    step(glassnet.ones(3, 2), glassnet.ones(3, 1))
    assert [line for line in str(step.program).splitlines() if line.endswith(":")] == [
        "forward:",
        "backward:",
        "update:",
        "forward again:",
    ]
    assert step.source.count("    # forward ---") == 1
    assert "    # forward again ---" in step.source
