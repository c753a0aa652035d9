"""Every function of `nn.functional` beside PyTorch's, on the samples of PyTorch's own tests: values, gradients, errors.

pytest tests/pytorch -k interpolate        # one function
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import glassnet.functional as F
from tests.pytorch.samples import FUNCTIONS, function_infos, function_samples
from tests.pytorch.twins import check_agree, leaves, torch, twin

pytestmark = [
    pytest.mark.parity,
    pytest.mark.slow("PyTorch's samples take seconds to import, and are many"),
    pytest.mark.filterwarnings("ignore"),  # PyTorch warns of its own samples
]

AT_MOST = 24  # samples of one way to call a function

# Those that glassnet has not. One that it has by now is a failure: take it off.
NOT_HERE = {
    "linear_cross_entropy",
}

# Of these PyTorch's results are of random numbers of its own.
RANDOM = {
    "alpha_dropout", "dropout", "dropout2d", "dropout3d", "feature_alpha_dropout", "fractional_max_pool2d",
    "fractional_max_pool3d", "rrelu",
}  # fmt: skip

# Those whose samples have their arguments in another order.
SPELLED: dict[str, Callable[..., Any]] = {
    "embedding": lambda weight, index, **options: F.embedding(index, weight, **options),
    "embedding_bag": lambda weight, index, **options: F.embedding_bag(index, weight, **options),
}


def dropped(sample: Any) -> bool:
    """Whether dropout is on: an option, or the tenth argument after the input of multi_head_attention_forward."""
    return sample.kwargs.get("dropout_p", sample.args[9] if len(sample.args) > 9 else 0.0) > 0


# Samples for which the two are meant to differ: (function, number of the sample).
DIFFERENT = {
    ("softmin", 5),  # over no elements, of which there is no largest
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function(name: str, subtests: Any) -> None:
    if name in NOT_HERE:
        assert not hasattr(F, name), f"{name} is here: take it off the list"
        return
    if name in RANDOM:
        return
    for info in function_infos()[name]:
        if torch.float64 not in info.dtypes and info.supports_autograd:
            continue  # of complex numbers
        for number, sample in enumerate(function_samples(info, AT_MOST)):
            if not dropped(sample) and (name, number) not in DIFFERENT:
                with subtests.test(f"{info.variant_test_name} sample {number}", **sample.kwargs):
                    check_function(name, info, sample)


def check_function(name: str, info: Any, sample: Any) -> None:
    inputs = [(sample.input, *sample.args), sample.kwargs]
    ours_inputs = twin(inputs)
    ours = SPELLED.get(name, getattr(F, name))(*ours_inputs[0], **ours_inputs[1])
    theirs = info.op(*inputs[0], **inputs[1])
    check_agree(ours, theirs, *([x for x in leaves(tree) if x.requires_grad] for tree in (ours_inputs, inputs)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_wrong_arguments_raise_pytorchs_class(name: str, subtests: Any) -> None:
    for info in function_infos()[name] if name not in NOT_HERE else ():
        for number, wrong in enumerate(info.error_inputs("cpu") if info.error_inputs_func else ()):
            sample = wrong.sample_input
            with subtests.test(f"sample {number}: {wrong.error_regex}"), pytest.raises(wrong.error_type):
                SPELLED.get(name, getattr(F, name))(*twin((sample.input, *sample.args)), **twin(sample.kwargs))


def test_the_names_are_pytorchs() -> None:
    assert sorted(FUNCTIONS) == sorted(function_infos())
