"""Coverage of what tests do alone: what pytest does between them is not measured, for tracing it costs as much.

Nor is it in the tests of `ELSEWHERE`, which are dear, and run hardly a line that no other test runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).parent

# The tests of a file, or all of it where none is named. What is added or taken away changes what is measured, not what
# is tested: where coverage falls below its floor, a test of a file that lacks some is taken out of here.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "autograd/test_memory": (),
    "cli/test_defaults": ("test_what_is_made_here",),
    "cli/test_series": ("test_a_forecast_is_beside_the_seasonal_naive_one_everywhere",),
    "cli/test_stopped": (
        "test_a_run_may_be_stopped_more_than_once",
        "test_a_run_that_fails_later_keeps_what_it_had_learned",
        "test_after_ctrl_c_the_printed_command_goes_on_to_the_same_bytes",
    ),
    "cli/test_train": (),
    "compilation/test_calls": (),
    "compilation/test_layouts": (),
    "compilation/test_specialisations": ("test_one_more_specialisation_costs_no_more_than_the_one_before",),
    "compilation/test_zoo": (),
    "engines/test_numpy": (),
    "engines/test_table": (),
    "examples/test_networks": (),
    "examples/test_scratch": (),
    "explain/test_checkup": ("test_what_is_added_to_a_loss_changes_no_verdict",),
    "explain/test_plots": ("test_a_network_is_as_before",),
    "explain/test_walkthrough": (),
    "explain/test_walkthrough_layers": ("test_the_gradients_of_gates_of_packed_sequences_are_told_truly",),
    "export/test_inlining": ("test_an_operation_without_types_computes_the_same",),
    "export/test_numpy_file": (
        "test_bad_samples_are_one_clear_error",
        "test_bad_tables_are_one_message_and_write_nothing",
    ),
    "export/test_table_file": (
        "test_bad_files_are_one_message",
        "test_what_is_no_table_is_one_message",
    ),
    "functional/test_classification": ("test_gradients_are_slopes_to_second_order",),
    "functional/test_loss": ("test_gradients_are_slopes_to_second_order",),
    "nn/test_init": (
        "test_drawn_from_the_distribution",
        "test_truncated_normal_is_exact_wherever_it_is_cut",
    ),
    "nn/test_layers": ("test_every_layer_does_what_a_module_does",),
    "nn/test_loss": ("test_it_is_its_function",),
    "nn/test_module": ("test_training_without_gc_stays_flat",),
    "nn/test_parametrize": ("test_compiled_is_as_uncompiled",),
    "nn/test_recurrence": (
        "test_a_compiled_step_shows_one_loop_however_long_the_sequence",
        "test_a_gate_may_be_shut_or_open_altogether",
        "test_second_derivatives_and_the_gradient_of_the_first_state",
    ),
    "nn/test_step_memory": ("test_a_step_takes_no_more_than_a_few_times_its_activations",),
    "ops/test_pullback": ("test_an_expansion_has_the_derivative_of_its_operation",),
    "ops/test_reductions": (),
    "ops/test_registry": (
        "test_decomposition_is_the_same",
        "test_every_floating_input_has_a_derivative",
        "test_formula",
        "test_has_samples",
        "test_inputs_are_kept",
        "test_record_is_complete",
        "test_rules_serve_arrays_and_tensors",
        "test_rules_stay_in_float32",
        "test_shape_rule",
    ),
    "optim/test_steps": ("test_a_quadratic_goes_down",),
    "scratch/test_layers": (
        "test_a_layer_gives_what_tensors_give",
        "test_a_layer_of_any_operation",
    ),
    "scratch/test_networks": ("test_a_network_learns_xor",),
    "serialization/test_model": ("test_a_byte_changed_anywhere_in_the_header_is_the_one_error_or_a_whole_model",),
    "serialization/test_network": ("test_every_layer_keeps_the_arguments_it_was_made_with",),
    "tensor/test_calls": ("test_value_shape_and_dtype",),
    "training/test_checkpoint": (),
    "training/test_failures": ("test_where_it_began",),
    "training/test_metrics": ("test_as_scikit_learn",),
    "training/test_outputs": ("test_several_outputs",),
    "training/test_report_charts": ("test_of_very_many_points_the_extremes_are_kept",),
    "training/test_resume": (),
    "training/test_trainer": ("test_forms_of_data",),
}


def is_elsewhere(item: object) -> bool:
    """Whether what the test runs is measured in others."""
    if not isinstance(item, pytest.Function):
        return False
    names = ELSEWHERE.get(item.path.relative_to(TESTS).with_suffix("").as_posix())
    return names is not None and (not names or item.originalname in names)


class Measured:
    """The plugin: once everything is imported, coverage goes on in tests and in their fixtures only.

    The process that only hands tests to the workers of xdist runs none, and is not measured at all.
    """

    def __init__(self) -> None:
        self._coverage: Any = None
        self._within = False

    @contextmanager
    def _measuring(self, node: object) -> Iterator[None]:
        if self._coverage is None or self._within or is_elsewhere(node):
            yield
            return
        self._within = True
        self._coverage.start()
        try:
            yield
        finally:
            self._coverage.stop()
            self._within = False

    def _pause(self) -> None:
        """Stop all measuring: in a worker there are two, and the one that began first would go on instead."""
        coverage = sys.modules.get("coverage")
        current = (lambda: None) if coverage is None else coverage.Coverage.current
        self._coverage = current()
        while (each := current()) is not None:
            each.stop()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if session.config.pluginmanager.hasplugin("dsession"):
            self._pause()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        self._pause()

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, request: pytest.FixtureRequest) -> Iterator[Any]:
        with self._measuring(request.node):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[Any]:
        with self._measuring(item):
            return (yield)
