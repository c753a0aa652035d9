"""The text of the header: how a network is called, and what it takes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from glassnet.encoders import NumberEncoder
from glassnet.export.c.c_literals import comment
from glassnet.export.c.contents import Contents
from glassnet.version import __version__


def header(contents: Contents) -> str:
    """The text of the header."""
    guard = f"{contents.upper}_H"
    begin = [f"#ifndef {guard}\n#define {guard}", "#include <stdint.h>", '#ifdef __cplusplus\nextern "C" {\n#endif']
    end = ["#ifdef __cplusplus\n}\n#endif", "#endif"]
    return "\n\n".join([about(contents), *begin, *_declarations(contents), *end]) + "\n"


def about(contents: Contents) -> str:
    """What the network is, as a comment."""
    c = contents
    memory = f"{c.constant_bytes:,} bytes of weights and constants, {c.memory_bytes:,} of memory, all static; no heap"
    facts = {"input": c.cells.about, **c.facts, "takes": memory, "written by": f"glassnet {__version__}"}
    width = max(map(len, facts)) + 2
    lines = [f"{name.ljust(width)}{text}" for name, text in facts.items()]
    return comment(c.title, "", *lines, "", f"As a command: cc -std=c99 -O2 {c.name}.c {c.name}_main.c -lm -o {c.name}")


def _declarations(c: Contents) -> Iterator[str]:
    upper = c.upper
    yield "\n".join(_sizes(c))
    yield (
        f"#ifndef {upper}_SELF_TEST\n"
        f"#define {upper}_SELF_TEST 1 /* 0 leaves the self-test out, and its samples */\n#endif"
    )
    if c.classes:
        yield f"/* The names of the classes. */\nextern const char *const {c.name}_labels[{upper}_OUTPUTS];"
    answer = "The probability of each class for a sample." if c.classes else "What the network gives for a sample."
    yield f"{comment(answer)}\n{predict_head(c)};"
    encoded = (
        f"A sample as the network takes it, made of {c.cells.about}. The result is 0, or the number of the first cell "
        "that it cannot take, counted from 1. Not where there is no C library."
    )
    yield f"{comment(encoded)}\n{encode_head(c)};"
    if isinstance(c.encoder, NumberEncoder) and c.input_type == "float":
        yield f"/* The same from bytes, such as those of a picture. */\n{encode_bytes_head(c)};"
    if c.train:
        kind = (
            "the numbers of their classes" if c.classes else "what the network should give, before it is in its units"
        )
        learned = (
            f"Learn from {upper}_BATCH samples, x, of {upper}_INPUTS numbers each, and their targets, y: {kind}. The "
            "result is the loss before it; NaN, and then nothing is learned, where an index or a class is none."
        )
        yield f"{comment(learned)}\n{train_head(c)};"
    if c.network.rates:
        rate = c.network.state[c.network.rates[0]].item()
        yield f"/* Set the learning rate of the steps to come; it begins at {rate:g}. */\n{rate_head(c)};"
    when = "when it was written" + ("; only before it learns" if c.train else "")
    yield (
        f"#if {upper}_SELF_TEST\n/* 0 if the network gives for a few samples what it gave {when}. */\n"
        f"int {c.name}_self_test(void);\n#endif"
    )


def _sizes(c: Contents) -> Iterator[str]:
    sizes = {
        "CELLS": (c.cells.cells, "texts of a sample, before they are encoded"),
        "INPUTS": (math.prod(c.input.shape), "numbers of a sample, as the network takes them"),
        "OUTPUTS": (c.outputs[0].size, "numbers that it gives for a sample"),
    }
    if c.train:
        sizes["BATCH"] = c.train.program.inputs[0].shape[0], "samples that it learns from in a step"
    sizes["CONSTANT_BYTES"] = c.constant_bytes, "of weights and constants, which are only read"
    sizes["MEMORY_BYTES"] = c.memory_bytes, "of static memory; there is no other but the stack"
    width = max(map(len, sizes)) + 1
    for name, (size, what) in sizes.items():
        yield f"#define {c.upper}_{name.ljust(width)}{str(size).ljust(8)} /* {what} */"


# the heads of functions -------------------------------------------------------------------------------------


def predict_head(c: Contents) -> str:
    """How a network is used."""
    return f"void {c.name}_predict(const {c.input_type} input[{c.upper}_INPUTS], float output[{c.upper}_OUTPUTS])"


def encode_head(c: Contents) -> str:
    """How cells are encoded."""
    cells = f"const char *const cells[{c.upper}_CELLS]"
    return f"int {c.name}_encode({cells}, {c.input_type} input[{c.upper}_INPUTS])"


def encode_bytes_head(c: Contents) -> str:
    """How bytes are encoded."""
    return f"void {c.name}_encode_bytes(const uint8_t bytes[{c.upper}_INPUTS], float input[{c.upper}_INPUTS])"


def rate_head(c: Contents) -> str:
    """How fast it learns."""
    return f"void {c.name}_set_learning_rate(double rate)"


def train_head(c: Contents) -> str:
    """How a network learns."""
    return f"float {c.name}_train_step(const {c.input_type} *x, const {c.target_type} *y)"
