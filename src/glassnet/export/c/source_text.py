"""The text of the source, section by section."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from glassnet.encoders import NumberEncoder
from glassnet.engines.native.c_types import C_TYPES, number
from glassnet.engines.native.kernel_code import block
from glassnet.export.c.c_functions import CELLS, ELEMENTARY, functions_in, library_of
from glassnet.export.c.c_literals import listed, numbers, quoted
from glassnet.export.c.contents import Contents
from glassnet.export.c.header_text import about, encode_bytes_head, encode_head, predict_head, rate_head, train_head
from glassnet.export.c.program_code import ProgramCode
from glassnet.ops.dtypes import Array, float32, int64

TOLERANCE = 1e-4  # by which results may differ from one machine to another …
OF_8_BITS = 2e-2  # … and where a number that is rounded to 8 bits may become the next one


def source(contents: Contents) -> str:
    """The text of the source."""
    c = contents
    programs = [text for program_code in c.programs for text in program_code.functions()]
    entries = list(_entries(c))
    encoding = list(_encoding(c))
    code = "\n\n".join([*programs, *entries])
    elementary = functions_in(code, ELEMENTARY)
    parts = [about(c), f'#include "{c.name}.h"', library_of(elementary + code)]
    if c.classes:
        parts.append(listed(f"const char *const {c.name}_labels[{c.upper}_OUTPUTS] =", map(quoted, c.classes)))
    parts += [section("the numbers"), *_numbers(c)]
    parts += [section("elementary functions"), elementary] if elementary else []
    parts += [section("the network"), *programs, *entries]
    parts += [section("from cells to numbers"), *encoding]
    parts += [section("the self-test"), *_self_test(c)]
    return "\n\n".join(part for part in parts if part) + "\n"


def section(title: str) -> str:
    """A line that begins a section."""
    return f"/* {title} {'-' * (100 - len(title))} */"


def _numbers(c: Contents) -> Iterator[str]:
    yield from _struct("weights", c.network.state, is_constant=c.train is None)
    yield from _struct("constants", c.constants, is_constant=True)
    fields = [f"{C_TYPES[dtype]} {name}[{max(size, 1)}];" for name, (dtype, size) in c.memory.items()]
    if fields:
        yield "/* What is computed on the way: the same places are used again and again. */\n" + "\n".join(
            ["static struct {", *(f"    {field}" for field in fields), "} memory;"]
        )


def _struct(name: str, arrays: Mapping[str, Array], *, is_constant: bool) -> Iterator[str]:
    """Arrays of numbers as the fields of one constant, or one variable; nothing where there are none."""
    if not arrays:
        return
    fields = [f"    {C_TYPES[x.dtype]} {field}[{_product(x.shape)}];" for field, x in arrays.items()]
    lines = [f"static {'const ' * is_constant}struct {{", *fields, f"}} {name} = {{"]
    for field, array in arrays.items():
        if not array.any():
            lines.append(f"    .{field} = {{0}},")
            continue
        lines += [f"    .{field} = {{", *(f"        {line}" for line in numbers(array)), "    },"]
    yield "\n".join([*lines, "};"])


def _product(shape: Sequence[int]) -> str:
    return " * ".join(str(n) for n in shape if n != 1) or "1"


def _entries(c: Contents) -> Iterator[str]:
    """The functions that others call."""
    out_of_range = f"{{ for (long i = 0; i < {c.upper}_OUTPUTS; i++) output[i] = NAN; return; }}"
    body = [*_copied(c.predict, "input"), *c.predict.calls(out_of_range), *c.predict.result("output")]
    yield _function(predict_head(c), body)
    if c.train:
        body = [*_copied(c.train), *c.train.calls("return NAN;"), f"return {c.train.scalar()};"]
        yield _function(train_head(c), body)
    if c.network.rates:
        yield _function(rate_head(c), [f"weights.{rate}[0] = rate;" for rate in c.network.rates])


def _copied(program_code: ProgramCode, name: str = "") -> Iterator[str]:
    """What is given in whole numbers of 32 bits, as the network takes it."""
    for var in program_code.program.inputs:
        if var.dtype == int64:
            size = math.prod(var.shape)
            yield f"for (long i = 0; i < {size}; i++) {program_code.outside[var.name]}[i] = {name or var.name}[i];"


def _encoding(c: Contents) -> Iterator[str]:
    function = _function(encode_head(c), c.cells.body)
    functions = functions_in(function + c.cells.tables, CELLS)
    headers = "#include <math.h>\n#include <stdlib.h>\n#include <string.h>"
    yield "\n\n".join(
        part for part in ("#if __STDC_HOSTED__", headers, functions, c.cells.tables, function, "#endif") if part
    )
    if isinstance(c.encoder, NumberEncoder) and c.input_type == "float":
        divisor = number(c.encoder.divide_by, float32)
        body = f"for (long i = 0; i < {c.upper}_INPUTS; i++) input[i] = (float)bytes[i] / {divisor};"
        yield _function(encode_bytes_head(c), [body])


def _self_test(c: Contents) -> Iterator[str]:
    samples, size = len(c.inputs), math.prod(c.input.shape)
    inputs = c.inputs.reshape(samples, -1).astype(np.int32 if c.input_type == "int32_t" else np.float32)
    yield f"#if {c.upper}_SELF_TEST"
    yield _table(f"static const {c.input_type} test_inputs[{samples}][{size}]", inputs)
    yield _table(f"static const float test_outputs[{samples}][{c.outputs[0].size}]", c.outputs.reshape(samples, -1))
    most = OF_8_BITS if c.has_8_bits else TOLERANCE
    check = [
        "const float expected = test_outputs[n][i], difference = output[i] - expected;",
        f"const float most = {most}f * (1.0f + (expected < 0 ? -expected : expected));",
        "if (!(-most <= difference && difference <= most)) return 1;",
    ]
    each = block(f"for (long i = 0; i < {c.upper}_OUTPUTS; i++)", check)
    samples_in_turn = block(
        f"for (int n = 0; n < {samples}; n++)", [f"{c.name}_predict(test_inputs[n], output);", *each]
    )
    body = [f"float output[{c.upper}_OUTPUTS];", *samples_in_turn, "return 0;"]
    yield _function(f"int {c.name}_self_test(void)", body)
    yield "#endif"


def _table(name: str, rows: Array) -> str:
    """Rows of numbers, as an array of arrays."""
    lines = [line for row in rows for line in ("    {", *(f"        {text}" for text in numbers(row)), "    },")]
    return "\n".join([f"{name} = {{", *lines, "};"])


def _function(head: str, body: Iterable[str]) -> str:
    lines = [line for text in body for line in text.split("\n")]
    return "\n".join(block(head, lines))
