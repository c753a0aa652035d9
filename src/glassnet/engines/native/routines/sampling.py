"""Sampling: random numbers, the very ones that NumPy would draw, one after another by the first thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from glassnet.engines.native.c_types import number
from glassnet.engines.native.generators import is_known
from glassnet.engines.native.kernel_code import block, loop_head
from glassnet.engines.native.routine import Routine, RoutineCode
from glassnet.ops.dtypes import float32, float64, int64
from glassnet.program.program import Instruction

AT_ONCE = 512  # bytes that are drawn before they are looked at


def _floats(name: str, scale: Callable[[RoutineCode], tuple[float, float]]) -> Callable[[RoutineCode], Iterator[str]]:
    """Numbers of a function of NumPy's, which are multiplied and moved in passes of their own: each is rounded."""

    def lines(code: RoutineCode) -> Iterator[str]:
        kind = "floats" if code.dtype == float32 else "doubles"
        yield f"{code.generator}->{name}_{kind}({code.generator}->bits, {code.count}, {_to(code)});"
        factor, shift = scale(code)
        for how, value in (("*=", factor), ("+=", shift)) if (factor, shift) != (1.0, 0.0) else ():
            yield f"{loop_head('i', code.count)} {_to(code)}[i] {how} {number(value, code.dtype)};"

    return lines


def _between(code: RoutineCode) -> tuple[float, float]:
    low, high = (code.instruction.params.get(name, value) for name, value in (("low", 0.0), ("high", 1.0)))
    return high - low, low


def _around(code: RoutineCode) -> tuple[float, float]:
    mean, std = (code.instruction.params.get(name, value) for name, value in (("mean", 0.0), ("std", 1.0)))
    return std, mean


def _integers(code: RoutineCode) -> Iterator[str]:
    low, high = (int(code.instruction.params[name]) for name in ("low", "high"))
    bounds = f"(uint64_t){number(low, int64)}, {high - 1 - low}ULL"
    yield f"{code.generator}->integers({code.generator}->bits, {bounds}, {code.count}, 0, (uint64_t *){_to(code)});"


def _bernoulli(code: RoutineCode) -> Iterator[str]:
    """A byte decides, but for one in 256, which leaves it to a further number, drawn when all bytes are."""
    whole, rest = divmod(256 * code.instruction.params["p"], 1)
    undecided = f"byte[k] == {int(whole)} ? 2 : 0" if rest else "0"
    yield f"bits_t *bits = {code.generator}->bits;"
    yield from block(
        f"for (long first = 0; first < {code.count}; first += {AT_ONCE})",
        [
            f"const long count = {code.count} - first < {AT_ONCE} ? {code.count} - first : {AT_ONCE};",
            f"uint64_t drawn[{AT_ONCE // 8}];",
            "for (long k = 0; 8*k < count; k++) drawn[k] = bits->next_uint64(bits->state);",
            "const uint8_t *byte = (const uint8_t *)drawn;",
            f"for (long k = 0; k < count; k++) {_to(code)}[first + k] = byte[k] < {int(whole)} ? 1 : {undecided};",
        ],
    )
    if rest:
        decided = f"{_to(code)}[i] = bits->next_double(bits->state) < {rest!r};"
        yield f"{loop_head('i', code.count)}"
        yield f"    if ({_to(code)}[i] == 2) {decided}"


def _to(code: RoutineCode) -> str:
    return f"{code.names[code.result.root]}_m"


def _is_known(instruction: Instruction) -> bool:
    return is_known(instruction.params["generator"])


def _of_floats(instruction: Instruction) -> bool:
    return instruction.output.dtype in (float32, float64) and _is_known(instruction)


def _of_integers(instruction: Instruction) -> bool:
    return instruction.output.dtype == int64 and _is_known(instruction)


ROUTINES = [
    Routine("uniform", _floats("uniform", _between), _of_floats, is_shared=False),
    Routine("normal", _floats("normal", _around), _of_floats, is_shared=False),
    Routine("integers", _integers, _of_integers, is_shared=False),
    Routine("bernoulli", _bernoulli, _is_known, is_shared=False),
]
