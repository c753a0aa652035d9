"""The evaluator: what a program means."""

import numpy as np

import glassnet
from glassnet.program.evaluation import evaluate
from glassnet.trace.trace import trace


def test_random_generators_stand_still_unless_they_are_to_advance():
    program = trace(lambda x: x + glassnet.rand(3), glassnet.zeros(3)).program
    x = np.zeros(3, np.float32)
    first, second = (evaluate(program, [x], {}).outputs[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(evaluate(program, [x], {}, advance=True).outputs[0], first)
    assert (evaluate(program, [x], {}, advance=True).outputs[0] != first).any()


def test_what_is_given_does_not_change():
    weight = glassnet.nn.Parameter(glassnet.ones(3))
    optimizer = glassnet.optim.SGD([weight], lr=0.5)

    def step(x):
        optimizer.zero_grad()
        (weight * x).sum().backward()
        optimizer.step()

    program, state, _ = trace(step, glassnet.ones(3))
    arrays = {name: tensor.array for name, tensor in state.items()}
    after = evaluate(program, [np.ones(3, np.float32)], arrays).state
    assert weight.tolist() == [1.0, 1.0, 1.0]
    assert after["weight"].tolist() == [0.5, 0.5, 0.5]
