"""Rules of layers: for operations whose expansion would hide what a textbook shows, and what is told about them."""

from __future__ import annotations

from collections.abc import Iterator

from glassnet.explain.walkthrough.backward_rules import BACKWARD_RULES
from glassnet.explain.walkthrough.function_rules import FUNCTION_RULES
from glassnet.explain.walkthrough.gate_rules import GATE_RULES
from glassnet.explain.walkthrough.norm_rules import ABOUT_NORMS, NORM_RULES
from glassnet.explain.walkthrough.rules import Index, Rule, is_complex, rule_for
from glassnet.explain.walkthrough.share_rules import ABOUT_SHARES, SHARE_RULES
from glassnet.explain.walkthrough.values import Value
from glassnet.explain.walkthrough.window_rules import ABOUT_WINDOWS, WINDOW_RULES, Told

RULES = {**WINDOW_RULES, **NORM_RULES, **GATE_RULES, **SHARE_RULES, **BACKWARD_RULES, **FUNCTION_RULES}
ABOUT = {**ABOUT_WINDOWS, **ABOUT_NORMS, **ABOUT_SHARES}


def layer_rule(value: Value) -> Rule | None:
    """What makes an element of ``value``: the rule of a part, of its layer, or of any operation."""
    if value.rule is not None or value.instruction is None:
        return value.rule
    return (None if is_complex(value) else RULES.get(value.instruction.op)) or rule_for(value)


def has_story(value: Value) -> bool:
    """Whether there is something to tell of an element besides its formula: a window, a row of attention."""
    return value.instruction is not None and value.instruction.op in ABOUT


def about(value: Value, index: Index) -> Iterator[Told]:
    """What is told about an element, a line each: where its window lies, what a gate lets through."""
    told = value.about or (ABOUT.get(value.instruction.op) if value.instruction is not None else None)
    return iter(()) if told is None else told(value, index)
