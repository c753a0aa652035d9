"""Every module beside PyTorch's, on the samples of PyTorch's own tests: values, gradients, state, memory, errors.

pytest tests/pytorch -k LSTM        # one module, or one function
"""

from __future__ import annotations

from typing import Any

import pytest

from glassnet import nn
from tests.pytorch.samples import MODULES, module_infos, module_samples
from tests.pytorch.twins import check_agree, check_close, check_memory, leaves, torch, twin

pytestmark = [
    pytest.mark.parity,
    pytest.mark.slow("PyTorch's samples take seconds to import, and are many"),
    pytest.mark.filterwarnings("ignore"),  # PyTorch warns of its own samples
]

# Those that glassnet has not. One that it has by now is a failure: take it off.
NOT_HERE = {
    "LinearCrossEntropyLoss",
}


def without_dropout(module: Any) -> Any:
    """``module`` with nothing dropped, since the two draw different numbers."""
    for inner in module.modules():
        if "Dropout" in type(inner).__name__:
            inner.p = 0.0
        elif isinstance(getattr(inner, "dropout", None), float):
            inner.dropout = 0.0
    return module


def modes(name: str) -> tuple[bool, ...]:
    """Training and evaluation, where these differ."""
    return (True, False) if module_infos()[name].train_and_eval_differ else (True,)


def parameters(module: Any) -> list[Any]:
    return [p for p in module.parameters() if p.requires_grad]


@pytest.mark.parametrize("name", MODULES)
def test_module(name: str, subtests: Any) -> None:
    if name in NOT_HERE:
        assert not hasattr(nn, name), f"{name} is here: take it off the list"
        return
    for training in modes(name):
        for number, sample in enumerate(module_samples(name, training)):
            with subtests.test(f"sample {number} {sample.desc}", training=training):
                check_module(name, sample, training)


def check_module(name: str, sample: Any, training: bool) -> None:
    made, called = sample.constructor_input, sample.forward_input
    theirs = without_dropout(getattr(torch.nn, name)(*made.args, **made.kwargs).double().train(training))
    ours = without_dropout(getattr(nn, name)(*twin(made.args), **twin(made.kwargs)).double().train(training))
    inputs = (called.args, called.kwargs)
    ours_inputs = twin(inputs)
    if name.startswith("Lazy"):
        theirs(*called.args, **called.kwargs)
    state = {key: x.detach().clone() for key, x in theirs.state_dict().items()}
    assert ours.load_state_dict(state) == ([], [])
    own = ours.state_dict()
    assert list(own) == list(state)
    theirs.load_state_dict({key: torch.tensor(x.numpy()) for key, x in own.items()})
    for key, x in theirs.state_dict().items():
        check_close(f"state {key}", own[key], x, 0)

    result, wanted = ours(*ours_inputs[0], **ours_inputs[1]), theirs(*called.args, **called.kwargs)
    differentiated = [
        [*(x for x in leaves(list(tree)) if x.requires_grad), *parameters(module)]
        for tree, module in ((ours_inputs, ours), (inputs, theirs))
    ]
    check_memory(result, wanted, [ours_inputs, *ours.parameters()], [inputs, *theirs.parameters()])
    for key, x in theirs.state_dict().items():  # running means, which the call changed
        check_close(f"state {key} afterwards", ours.state_dict()[key], x, 1e-10)
    check_agree(result, wanted, *differentiated)


@pytest.mark.parametrize("name", MODULES)
def test_wrong_arguments_raise_pytorchs_class(name: str, subtests: Any) -> None:
    make = module_infos()[name].module_error_inputs_func
    if name in NOT_HERE or make is None:
        return
    for training in modes(name):
        samples = make(module_infos()[name], device="cpu", dtype=torch.float64, requires_grad=False, training=training)
        for number, sample in enumerate(samples):
            made, called = sample.module_error_input.constructor_input, sample.module_error_input.forward_input
            if name.startswith("BatchNorm") and not training and made.kwargs == {"eps": 0.0}:
                continue  # an eps of 0 is wrong in training alone, as PyTorch's own module has it
            with subtests.test(f"sample {number}: {sample.error_regex}"), pytest.raises(sample.error_type):
                make_and_call(name, made, called, training)


@pytest.mark.parametrize("name", MODULES)
def test_repr(name: str) -> None:
    if name in NOT_HERE:
        return
    for sample in module_samples(name, True):
        made = sample.constructor_input
        theirs, ours = (
            getattr(torch.nn, name)(*made.args, **made.kwargs),
            getattr(nn, name)(*twin(made.args), **twin(made.kwargs)),
        )
        assert repr(ours) == repr(theirs)


def make_and_call(name: str, made: Any, called: Any, training: bool) -> None:
    module = getattr(nn, name)(*twin(made.args), **twin(made.kwargs)).double().train(training)
    if called is not None:
        module(*twin(called.args), **twin(called.kwargs))


def test_the_names_are_pytorchs() -> None:
    assert sorted(MODULES) == sorted(module_infos())
