"""Every function and method that PyTorch's `op_db` has samples of, beside PyTorch's: values, gradients, memory, errors.

pytest tests/pytorch -k interpolate        # one function, or those with this in their names
pytest tests/pytorch -rs                   # which are not here

A function is tested by being there. Where the two are known to differ stands in `differences`, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

import glassnet as gn
from tests.pytorch.differences import KNOWN, RANDOM, SPELLED, Differences
from tests.pytorch.names import OPERATIONS
from tests.pytorch.samples import infos, samples
from tests.pytorch.twins import NotHere, check_agree, check_memory, check_numbers, leaves, torch, twin

pytestmark = [
    pytest.mark.parity,
    pytest.mark.slow("PyTorch's samples take seconds to import, and are many"),
    pytest.mark.filterwarnings("ignore"),  # PyTorch warns of its own samples
]

# The checks, each with the samples it takes at most of one entry, evenly chosen. The dtypes, in which values are
# compared, in float64 gradients too; the inputs that PyTorch compares with NumPy's results: large, small, nan, in odd
# layouts; and what works in place.
DTYPES = {"float64": 12, "float32": 3, "int64": 3, "uint8": 3, "int8": 3, "bool": 3}
REFERENCE, IN_PLACE = 4, 3


@cache
def offered(name: str) -> Any:
    """Glassnet's function or method of this name; None where it has none."""
    if name in SPELLED:
        return SPELLED[name]
    found: Any = gn
    for part in name.split("."):
        found = getattr(found, part, None)
    if callable(found):
        return found
    return method(name) if name in dir(gn.Tensor([1.0])) else None


def method(name: str) -> Any:
    own = getattr(gn.Tensor, name, None)
    return own.fget if isinstance(own, property) else lambda x, *args, **kwargs: getattr(x, name)(*args, **kwargs)


def here(name: str) -> Any:
    return offered(name) or pytest.skip(f"glassnet has no {name}")


def entries(name: str) -> Iterator[tuple[Any, Differences]]:
    for info in infos()[name]:
        entry = Differences(f"{name}.{info.variant_test_name}" if info.variant_test_name else name)
        yield info, entry
        entry.finish()


def dropped(sample: Any) -> bool:
    """Whether dropout is on: an option, or the tenth argument after the input of multi_head_attention_forward."""
    return sample.kwargs.get("dropout_p", sample.args[9] if len(sample.args) >= 12 else 0.0) > 0


@pytest.mark.parametrize("name", OPERATIONS)
def test_function(name: str, subtests: Any) -> None:
    function = here(name)
    for info, differences in entries(name):
        for check, dtype, found in checked(info):
            for number, sample in enumerate(found):
                told = subtests.test(f"{differences.entry} {check} {number}", **sample.kwargs)
                with told, differences.expected(check, number), comparable():
                    compare(name, function, info.op, sample, dtype == torch.float64 and check != "reference")


def checked(info: Any) -> Iterator[tuple[str, Any, list[Any]]]:
    """Each check by values, its dtype, and the samples."""
    for check, at_most in DTYPES.items():
        dtype = getattr(torch, check)
        if dtype in info.dtypes:
            yield check, dtype, [s for s in samples(info, "sample", dtype, at_most) if not dropped(s)]
    for dtype in (torch.float64, torch.int64):
        if dtype in info.dtypes and info.reference_inputs_func is not None:
            yield "reference", dtype, samples(info, "reference", dtype, REFERENCE)
            return


@contextmanager
def comparable() -> Iterator[None]:
    try:
        yield
    except NotHere as missing:
        pytest.skip(str(missing))


def compare(name: str, function: Any, of_pytorch: Any, sample: Any, differentiated: bool) -> None:
    inputs = [(sample.input, *sample.args), sample.kwargs]
    ours_inputs = twin(inputs)
    theirs = of_pytorch(*inputs[0], **inputs[1])
    ours = function(*ours_inputs[0], **ours_inputs[1])
    check_memory(ours, theirs, ours_inputs, inputs)
    if name in RANDOM:
        kinds = [[f"{str(x.dtype).removeprefix('torch.')}{list(x.shape)}" for x in leaves(y)] for y in (ours, theirs)]
        assert kinds[0] == kinds[1]
    elif differentiated:
        check_agree(ours, theirs, *([x for x in leaves(tree) if x.requires_grad] for tree in (ours_inputs, inputs)))
    else:
        check_numbers(ours, theirs)


@pytest.mark.parametrize("name", OPERATIONS)
def test_works_in_place(name: str, subtests: Any) -> None:
    """Where PyTorch's does: the same numbers, and the same gradients."""
    function = here(name)
    for info, differences in entries(name):
        written = info.inplace_variant
        if written is None or torch.float64 not in info.dtypes or name in RANDOM:
            continue
        for number, sample in enumerate(samples(info, "sample", torch.float64, IN_PLACE)):
            inputs = [(sample.input, *sample.args), sample.kwargs]
            ours_inputs = twin(inputs)
            try:
                theirs = written(sample.input.clone(), *sample.args, **sample.kwargs)
            except RuntimeError:  # it does not fit
                continue
            told = subtests.test(f"{differences.entry} in place {number}", **sample.kwargs)
            with told, differences.expected("in place", number), comparable():
                (x, *args), kwargs = ours_inputs
                y = x.clone()
                if name.startswith("nn.functional."):
                    assert function(y, *args, **kwargs, inplace=True) is y
                else:
                    assert getattr(y, written.__name__)(*args, **kwargs) is y
                check_agree(y, theirs, *([x for x in leaves(t) if x.requires_grad] for t in (ours_inputs, inputs)))


@pytest.mark.parametrize("name", OPERATIONS)
def test_wrong_arguments_raise_pytorchs_class(name: str, subtests: Any) -> None:
    function = here(name)
    for info, differences in entries(name):
        for number, wrong in enumerate(info.error_inputs("cpu") if info.error_inputs_func else ()):
            sample = wrong.sample_input
            told = subtests.test(f"{differences.entry} errors {number}: {wrong.error_regex}")
            with told, differences.expected("errors", number), comparable():
                args, kwargs = twin((sample.input, *sample.args)), twin(sample.kwargs)
                with pytest.raises(wrong.error_type):
                    function(*args, **kwargs)


def test_the_names_are_pytorchs() -> None:
    assert sorted(OPERATIONS) == sorted(infos())


def test_known_differences_are_of_entries_and_checks() -> None:
    entries = {f"{i.name}.{i.variant_test_name}".rstrip(".") for found in infos().values() for i in found}
    assert {entry for entry, _ in KNOWN} <= entries
    assert {check for _, check in KNOWN} <= {*DTYPES, "reference", "in place", "errors"}
    assert {*SPELLED, *RANDOM} <= {*OPERATIONS}
