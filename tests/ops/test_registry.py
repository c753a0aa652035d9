"""Every operation in the registry, held to all that a record promises. A new one is tested by being registered."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from glassnet.ops import Op, primitive_ops, registry
from glassnet.ops.dtypes import CAST_TYPES
from glassnet.ops.record import register
from glassnet.tensor import apply
from tests.ops import checks
from tests.ops.elementwise import DOMAINS, MORE, PARAMS, SPECIAL
from tests.ops.formulas import check_formula
from tests.ops.sample import Sample
from tests.ops.samples import TABLE, samples_of

# Without a derivative in any input: flat but for jumps, or not a matter of floating numbers.
STEPS = {
    "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor", "logical_not",
    "isnan", "isinf", "isfinite", "step", "exponent",
    "argmax", "argmin", "argsort", "searchsorted", "all", "any",
    "mode_position", "running_extreme", "lu_pivots",
    "max_pool_indices", "adaptive_max_pool_indices",
    "poisson", "binomial", "von_mises", "category", "standard_gamma_slope",  # drawn, or as in PyTorch
}  # fmt: skip

# Without one in this floating input, because it is told to be a constant.
CONSTANT = {
    "row_weights": {1}, "nll_loss": {2}, "cross_entropy": {2},  # the weights of classes
    "standardize": {3}, "standardize_backward": {3, 4},  # moments known already; a bias, for its shape
    "zeta": {0},  # as in PyTorch
    "igamma": {0}, "igammac": {0},
    "rnn_relu_backward": {1},  # where the slope is a step
    "max_pool_backward": {1, 2},  # what was pooled, and the largest: they say where alone
}  # fmt: skip

# Those that overflow where others do not, and one that is of probabilities.
NOT_OF_LARGE = {"exp", "exp2", "expm1", "pow", "sinh", "cosh", "asin", "acos", "atanh", "binary_cross_entropy"}

ops = pytest.mark.parametrize("op", registry.values(), ids=registry)
named = pytest.mark.parametrize("op", [o for o in registry.values() if not o.primitive], ids=lambda o: o.name)
elementwise = pytest.mark.parametrize("op", [o for o in registry.values() if o.elementwise], ids=lambda o: o.name)
# One that draws has no slopes to compare with; tests/distributions see to its gradient.
_SMOOTH = [o for o in registry.values() if o.differentiable and o.name != "standard_gamma"]
differentiable = pytest.mark.parametrize("op", _SMOOTH, ids=lambda o: o.name)


@ops
def test_has_samples(op: Op) -> None:
    assert samples_of(op), f"tests/ops/samples.py has no samples for {op.name}"


def test_samples_are_of_registered_operations() -> None:
    for table in (TABLE, SPECIAL, MORE, DOMAINS, PARAMS):
        assert not table.keys() - registry.keys()
    assert not (STEPS | CONSTANT.keys() | NOT_OF_LARGE) - registry.keys()


@ops
def test_record_is_complete(op: Op) -> None:
    assert registry[op.name] is op
    assert op.name.isidentifier()
    assert op.formula.strip() == op.formula != ""
    assert op.cast in (*CAST_TYPES, "equal", None)
    assert repr(op) == f"<op {op.name}: {op.formula}>"
    assert op.differentiable == any(rule is not None for rule in op.vjp)
    checks.check_parameters(op)


@ops
def test_every_floating_input_has_a_derivative(op: Op) -> None:
    without = {
        i for sample in samples_of(op) for i, x in enumerate(sample.inputs) if checks.is_float(x) and op.rule(i) is None
    }
    if op.name in STEPS or op.writes:
        assert not op.differentiable, f"{op.name} has a derivative: take it off the list"
    else:
        assert without == CONSTANT.get(op.name, set()), f"{op.name}: input(s) {without} without a derivative"


def test_primitive_operations_are_those_without_a_decomposition() -> None:
    assert [op.name for op in primitive_ops()] == [name for name, op in registry.items() if op.expand is None]


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="'add' is registered already"):
        register(registry["add"])


def test_a_forward_has_a_text_of_its_own() -> None:
    with pytest.raises(ValueError, match="twice: expected forward as a def, got a lambda"):
        register(replace(registry["exp"], name="twice", forward=lambda x: 2 * x))


@ops
def test_shape_rule(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_shape(op, sample)


@elementwise
def test_shape_rule_in_other_dtypes(op: Op) -> None:
    floating = [s for s in samples_of(op) if all(checks.is_float(x) and np.isfinite(x).all() for x in s.inputs)]
    taken = [checks.check_other_dtypes(op, sample) for sample in floating]
    assert all(taken)  # float16 at the least


@pytest.mark.parametrize("op", [o for o in registry.values() if o.takes_out or o.writes], ids=lambda o: o.name)
def test_out(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_out(op, sample)


def test_forward_takes_out_only_where_that_was_measured_to_matter() -> None:
    """Everything else is the text a learner would write."""
    fast = {op.name for op in registry.values() if op.takes_out and not isinstance(op.forward, np.ufunc)}
    assert fast == {
        "linear", "sigmoid", "gelu", "gelu_backward", "silu", "elu", "selu", "celu", "softplus", "logsigmoid",
        "softmax", "masked_softmax", "log_softmax", "masked_scale",
        "setitem", "binary_cross_entropy", "row_weights", "nll_loss", "cross_entropy",
        "rnn_tanh", "rnn_relu", "gru", "lstm",  # each step fills its part of it
        "rnn_tanh_backward", "rnn_relu_backward", "gru_backward", "lstm_backward",
        "convolution", "conv_transpose",
    }  # fmt: skip


@pytest.mark.parametrize("op", [o for o in registry.values() if o.textbook], ids=lambda o: o.name)
def test_the_textbook_form_is_the_same(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_textbook(op, sample)


@ops
def test_inputs_are_kept(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_inputs_kept(op, sample)


@named
def test_decomposition_is_the_same(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_expand(op, sample)


@named
def test_decomposes_into_primitive_operations(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_decomposes_into_primitives(op, sample)


@differentiable
def test_gradients_are_slopes_and_once_to_second_order(op: Op) -> None:
    smooth = [sample for sample in samples_of(op) if sample.order == 2]
    assert smooth
    for sample in samples_of(op):
        checks.check_gradients(op, sample, order=2 if sample is smooth[0] else 1)


@pytest.mark.slow("second derivatives of every sample")
@pytest.mark.more
@differentiable
def test_gradients_are_slopes_to_second_order(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_gradients(op, sample)


@differentiable
def test_rules_serve_arrays_and_tensors(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_both_ways(op, sample, (np.float32,))


@pytest.mark.slow("what the quick ones see in float32, to the last digits of float64")
@pytest.mark.more
@differentiable
def test_rules_serve_arrays_and_tensors_in_float64(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_both_ways(op, sample, (np.float64,))


@differentiable
def test_rules_stay_in_float32(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_precision(op, sample)


@differentiable
def test_rules_read_what_they_say(op: Op) -> None:
    checks.check_reads(op, samples_of(op))


@pytest.mark.parametrize("op", [o for o in registry.values() if o.part], ids=lambda o: o.name)
def test_the_gradient_of_a_part_alone_is_enough(op: Op) -> None:
    for sample in samples_of(op):
        checks.check_part(op, sample)


@elementwise
def test_formula(op: Op) -> None:
    for sample in samples_of(op):
        check_formula(op, sample)


@elementwise
def test_large_numbers_pass(op: Op) -> None:
    """Neither forward nor derivative may come to ∞ − ∞ or 0·∞ on the way to a result."""
    if op.name in NOT_OF_LARGE or op.name in SPECIAL:
        return
    for params in PARAMS.get(op.name, [{}]):
        large = np.array([-1000.0, -30.0, 30.0, 1000.0], np.float32)
        inputs = [np.abs(large[:: 1 - 2 * i]) if op.name in DOMAINS else large for i in range(len(op.vjp))]
        sample = Sample("large", tuple(inputs), params)
        checks.check_both_ways(op, sample)
        assert not np.isnan(apply(op, *sample.arrays(np.float32), **params).numpy()).any()
