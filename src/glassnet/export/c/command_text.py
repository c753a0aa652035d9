"""The text of the command: `main`, and the functions of command.c that it needs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable

from glassnet.encoders import SeriesEncoder, TableEncoder
from glassnet.export.c.c_functions import functions_in
from glassnet.export.c.c_literals import comment, listed, quoted
from glassnet.export.c.contents import Contents
from glassnet.text.formulas import as_text

COMMAND = ("glassnet.export.c", "command.c")


def command(contents: Contents) -> str:
    """The text of the file with `main`. Exit codes: 0 done, 1 the self-test failed, 2 bad input."""
    c = contents
    tables = []
    labels = columns = "NULL"
    if c.classes:
        labels = "labels"
        tables.append(listed("static const char *const labels[] =", (quoted(_row([x])) for x in c.classes)))
    if c.cells.columns:
        columns = "columns"
        tables.append(listed("static const char *const columns[] =", map(quoted, c.cells.columns)))
    arguments = ["file", "name", quoted(_row(_header(c))), labels, *([columns] if columns != "NULL" else [])]
    call = f"{c.cells.reading}({', '.join(arguments)})"
    functions = functions_in(call, COMMAND).replace("INPUT input", f"{c.input_type} input")
    functions = re.sub(r"\bmodel_|MODEL_", lambda found: f"{c.name if found[0].islower() else c.upper}_", functions)
    about = comment(
        f"The network in {c.name}.c as a command: {c.name} [FILE] prints what it makes of the samples in a CSV file, "
        f"or of those that come through standard input; {c.name} --self-test checks it, which each call does first.",
        "",
        "Exit codes: 0 done, 1 the self-test failed, 2 bad input.",
    )
    headers = [f'#include "{c.name}.h"', "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>"]
    # all at once: a column may be called model_year
    own = {"CALL": call, "model": c.name, "MODEL_": f"{c.upper}_", "SAMPLES": str(len(c.inputs))}
    main = re.sub("|".join(own), lambda found: own[found[0]], _MAIN)
    return "\n\n".join([about, *headers, *tables, functions, main])


def _header(c: Contents) -> list[str]:
    """The first row of what is printed."""
    if c.classes:
        return ["prediction", *c.classes]
    if isinstance(c.encoder, SeriesEncoder):
        return ["step", c.encoder.target_name]
    if isinstance(c.encoder, TableEncoder):
        return [c.encoder.target_name]
    size = c.outputs[0].size
    return ["output"] if size == 1 else [f"output{i}" for i in range(1, size + 1)]


def _row(cells: Iterable[str]) -> str:
    """Cells as a row of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([as_text(cell) for cell in cells])
    return text.getvalue()


_MAIN = """\
int main(int count, char *words[]) {
    const char *const name = count > 1 ? words[1] : "standard input";
    if (count > 2) {
        fprintf(stderr, "usage: %s [FILE]; or --self-test\\n", words[0]);
        return 2;
    }
#if MODEL_SELF_TEST
    if (model_self_test()) {
        fprintf(stderr, "self-test failed: the network does not give what it gave when it was written\\n");
        return 1;
    }
    if (count > 1 && !strcmp(words[1], "--self-test")) {
        puts("self-test passed: SAMPLES samples");
        return 0;
    }
#endif
    FILE *const file = count > 1 ? fopen(words[1], "rb") : stdin;
    if (!file) {
        perror(name);
        return 2;
    }
    const int result = CALL;
    if (file != stdin) fclose(file);
    return result;
}
"""
