"""Programs as text: what a person reads."""

from __future__ import annotations

import glassnet
from glassnet.codegen.comments import comment


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


def test_an_array_of_an_index_is_named_in_it():
    @glassnet.compile
    def step(x, value, i, j):
        x = x.clone()
        x[:, i] = value
        return x[j, 1]

    x, value, i, j = glassnet.zeros(3, 4), glassnet.ones(2), glassnet.tensor([0, 2]), glassnet.tensor([1])
    step(x, value, i, j)
    text = str(step.program)
    assert "setitem(x, value, index=(:, i))" in text
    assert "getitem(setitem1, index=(j, 1))" in text
    assert "setitem1[:, i] = value" in comment(next(x for x in step.program if x.op.name == "setitem"))
