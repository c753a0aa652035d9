"""The graph of a program: its forward instructions, the modules they belong to as boxes, with values if there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glassnet.explain.attended_positions import names_of_positions
from glassnet.explain.draw.boxes import Arrow, Box, DrawError, Graph, gradient_text, number_text, value_text
from glassnet.explain.draw.recurrence import (
    fed_by,
    hidden_states,
    loop_text,
    loops_in,
    shown_steps,
)
from glassnet.explain.draw.small_images import maps, pictures_in, state_strip, strips_of
from glassnet.explain.walkthrough.gate_rules import states_of, steps_of
from glassnet.explain.walkthrough.share_rules import is_attention
from glassnet.explain.walkthrough.values import Value, values_of
from glassnet.ops.shapes import written
from glassnet.program.program import Call, Instruction, Operand, Program, Var
from glassnet.trace.decomposition import decompose


@dataclass
class _Group:
    """Instructions that are drawn as one box: those of one ``call`` of a module, or one by itself."""

    call: Call | None
    instructions: list[Instruction] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        """Whether it is a module drawn as a box, which hides what only it uses."""
        return self.call is not None


def graph_of_program(
    program: Program,
    depth: int = 1,
    values: Mapping[str, Value] | None = None,
    *,
    unrolled: bool = False,
    tokens: Sequence[str] | None = None,
) -> Graph:
    """The graph of the forward part of ``program``.

    ``depth`` 1 has a box for each outermost module (and operation outside of modules), 2 opens these, and so
    on; when all modules are opened into operations, the next depth has the primitive ones that
    these decompose into. ``values`` are what was computed, by name. ``unrolled``: the steps of a recurrent layer are
    boxes of their own, the first and the last ones if there are many. ``tokens`` are the names of what attends; see
    `names_of_positions`.
    """
    if depth < 1:
        raise DrawError(f"draw: expected a depth of 1 or more, got {depth}")
    names = {} if tokens is None else _names(program, tokens)
    opened = _opened(program, depth)
    if values is not None and len(opened) > len(program):
        values = _evaluated(opened, values)
    program, forward = opened, opened.phase("forward")
    if not forward:
        raise DrawError("draw: expected a program that computes something forward, got one without such instructions")
    groups = _grouped(forward, depth)
    boxes: dict[str, Box] = {}
    made_by: dict[str, str] = {}
    known = {var.name: var for var in (*program.inputs, *program.state, *program.constants)}
    hidden = {var.name for var in program.state}
    pictures = pictures_in(forward)
    counts: dict[str, int] = {}
    for number, group in enumerate(groups):
        key = f"{number}"
        arrows: list[Arrow] = []
        for operand in _comes_in(group):
            if isinstance(operand, Var) and operand.name in hidden and group.closed:
                continue
            source = _source(operand, key, len(arrows), made_by, known, boxes)
            arrows.append(_arrow(source, operand, values))
        loops = loops_in(group.instructions)
        if unrolled and loops:
            arrows = _unrolled(loops, group.instructions, key, arrows, values, boxes)
        name = group.call.module if group.call else ""
        counts[name] = counts.get(name, 0) + 1
        kind = "module" if group.closed else "operation"
        strips, more = ([], 0) if values is None else strips_of(group.instructions, values, pictures, names)
        lines = _lines(group, hidden, counts[name])
        lines += [f"{more} more rows of images: a larger depth="] if more else []
        loop = "" if unrolled else loop_text(loops)
        boxes[key] = Box(key, lines, kind, arrows, _hint(group), strips, loop)
        made_by.update((i.output.name, key) for i in group.instructions)
    for number, output in enumerate(program.outputs):
        if isinstance(output, Var) and output.name in made_by:
            end = _arrow(made_by[output.name], output, values)
            boxes[f"end{number}"] = Box(f"end{number}", [""], "end", [end])
    if values is not None:
        for var in program.inputs:
            if (leaf := boxes.get(f"leaf {var.name}")) is not None:
                leaf.strips += maps(var.name, values, pictures)
    return Graph(f"a program of {len(forward)} instructions", list(boxes.values()))


def _names(program: Program, tokens: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """The names of as many positions as an attention is between. Raises DrawError where none is between so many."""
    names = names_of_positions(program, tokens)
    if not names:
        lengths = sorted({n for i in program.phase("forward") if is_attention(i) for n in i.output.shape[-2:]})
        if not lengths:
            raise DrawError("draw: expected tokens for a network with attention, and this one has none")
        expected = " or ".join(map(str, lengths))
        raise DrawError(f"draw: expected {expected} tokens, one for each position, got {len(tokens)}")
    return names


def _opened(program: Program, depth: int) -> Program:
    """The program, with forward operations decomposed if ``depth`` reaches beyond the innermost modules."""
    innermost = max((len(_calls(i)) for i in program.phase("forward")), default=0)
    return program if depth <= innermost + 1 else decompose(program, lambda i: i.phase != "forward")


def _evaluated(program: Program, values: Mapping[str, Value]) -> dict[str, Value]:
    """The values of an opened program, from what was there at the beginning; gradients are those of the same names."""
    start = {var.name: values[var.name].array for var in (*program.inputs, *program.state)}
    inputs = {var.name: start.pop(var.name) for var in program.inputs}
    opened_values = values_of(program, inputs, start).by_name()
    for name, value in values.items():
        if name in opened_values and opened_values[name].gradient is None:
            opened_values[name].gradient = value.gradient
    return opened_values


def _calls(instruction: Instruction) -> tuple[Call, ...]:
    """The calls of modules within the whole network, which has no name."""
    return tuple(call for call in instruction.calls if call.module)


def _grouped(instructions: Sequence[Instruction], depth: int) -> list[_Group]:
    """Neighbours of one call of a module, at ``depth``, together."""
    groups: list[_Group] = []
    for instruction in instructions:
        calls = _calls(instruction)
        call = calls[depth - 1] if len(calls) >= depth else None
        if call is None or not groups or groups[-1].call != call:
            groups.append(_Group(call))
        groups[-1].instructions.append(instruction)
    return groups


def _comes_in(group: _Group) -> list[Operand]:
    """What the instructions of a group need from outside, each value once."""
    made = {i.output.name for i in group.instructions}
    operands: dict[object, Operand] = {}
    for i in group.instructions:
        for place, x in enumerate(i.inputs):
            if isinstance(x, Var):
                if x.name not in made:
                    operands.setdefault(x.name, x)
            elif x is not None and not group.closed:
                operands[place] = x
    return list(operands.values())


def _source(
    operand: Operand, key: str, place: int, made_by: dict[str, str], known: Mapping[str, Var], boxes: dict[str, Box]
) -> str:
    """The key of the box that ``operand`` comes from: that of its maker, or a leaf, which is made if need be."""
    if not isinstance(operand, Var):
        leaf = f"{key}/{place}"
        boxes[leaf] = Box(leaf, ["number"], "leaf")
        return leaf
    if operand.name in made_by:
        return made_by[operand.name]
    leaf = f"leaf {operand.name}"
    if leaf not in boxes:
        boxes[leaf] = Box(leaf, [operand.name], "leaf")
    return leaf


def _unrolled(
    loops: list[Instruction],
    group: list[Instruction],
    key: str,
    arrows: list[Arrow],
    values: Mapping[str, Value] | None,
    boxes: dict[str, Box],
) -> list[Arrow]:
    """Make a box for each step of the ``loops`` that is drawn; ``arrows`` go into them. Gives the arrows that come out.

    What the gates are computed of goes into every step, the initial states into the first one.
    """
    into = {arrow.name: arrow for arrow in arrows}
    out: dict[str, list[Arrow]] = {}
    used: set[str] = set()

    def arrows_from(operand: Operand, times: str) -> list[Arrow]:
        """Into a step: of a loop from the same step of it, or else from its last one."""
        found = []
        for source in fed_by(operand, group, loops):
            if isinstance(source, Instruction):
                used.add(source.output.name)
                steps = out[source.output.name]
                found += [a for a in steps if a.name == times] or steps[-1:]
            elif source.name in into:
                found.append(Arrow(into[source.name].source, times or into[source.name].value, name=source.name))
        return found

    for loop in loops:
        name, count = loop.output.name, len(steps_of(loop))
        gates, *others = loop.inputs
        initial, own = others[: states_of(loop)], others[states_of(loop) :]
        states = None if values is None else hidden_states(loop, values[name].array)
        before = list({a.source: a for x in initial for a in arrows_from(x, "")}.values())
        weights = [into[x.name] for x in own if isinstance(x, Var) and x.name in into]
        out[name] = []
        shown = shown_steps(count)
        for place, step in enumerate(shown):
            first, last = (step, step) if step is not None else _between(shown, place)
            if loop.params.get("reverse", False):
                first, last = count - 1 - first, count - 1 - last
            times = f"step {first}" if step is not None else f"steps {first} to {last}"
            state = None if states is None else states[last]
            strip = None if state is None else state_strip(state)
            title = times if step is not None else f"⋮ {times}"
            coming = [*before, *arrows_from(gates, times), *weights]
            box = Box(
                f"{key}/{name}/{place}", [title, name], "module", coming, loop.op.formula, [strip] if strip else []
            )
            boxes[box.key] = box
            text = f"h {written(loop.output.shape[-2:]) if state is None else value_text(state)}"
            before = [Arrow(box.key, text, name=f"h after {times}")]
            out[name].append(Arrow(box.key, text, name=times))
    return [arrow for name, several in out.items() if name not in used for arrow in several]


def _between(shown: list[int | None], place: int) -> tuple[int, int]:
    """The first and the last of the steps that are left out at a place."""
    before, after = shown[place - 1], shown[place + 1]
    assert before is not None
    assert after is not None
    return before + 1, after - 1


def _arrow(source: str, operand: Operand, values: Mapping[str, Value] | None) -> Arrow:
    if not isinstance(operand, Var):
        return Arrow(source, number_text(operand) if operand is not None else "None")
    value = None if values is None else values.get(operand.name)
    if value is None:
        return Arrow(source, written(operand.shape), name=operand.name)
    gradient = None if value.gradient is None else value.gradient.array
    return Arrow(source, value_text(value.array), gradient_text(gradient), operand.name)


def _lines(group: _Group, hidden: set[str], count: int) -> list[str]:
    if group.call is None:
        return [group.instructions[-1].op.name]
    again = f" ({count})" if count > 1 else ""
    operations = list(dict.fromkeys(i.op.name for i in group.instructions))
    names = ", ".join(operations[:3]) + (f", … {len(operations) - 3} more" if len(operations) > 3 else "")
    state = {x.name: x for i in group.instructions for x in i.reads if x.name in hidden}
    shapes = [written(x.shape) for x in state.values()]
    own = ", ".join(shapes[:3]) + (f", … {len(shapes) - 3} more" if len(shapes) > 3 else "")
    return [f"{group.call.module}{again}", names, *([own] if own else [])]


def _hint(group: _Group) -> str:
    return "; ".join(
        i.op.formula if not group.closed else f"{i.output.name} = {i.text}" for i in group.instructions[:8]
    )
