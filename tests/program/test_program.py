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


def test_a_long_call_does_not_push_the_comments_of_others_away():
    model = glassnet.nn.Linear(2, 1)
    optimizer = glassnet.optim.Adam(model.parameters())

    @glassnet.compile
    def step(x):
        optimizer.zero_grad()
        model(x).sum().backward()
        optimizer.step()

    step(glassnet.ones(3, 2))
    step(glassnet.ones(3, 2))
    lines = str(step.program).splitlines()
    assert max(len(line) for line in lines if "adam_update" in line) > 150
    assert max(line.index("# ") for line in lines if "# " in line) < 120
