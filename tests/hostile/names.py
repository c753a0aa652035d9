"""Names that data can bring: of classes, columns, layers, files and folders."""

from __future__ import annotations

import os

PLANTED = "planted"  # what a name puts at the beginning of a line, where it can

NAMES: dict[str, str] = {
    "quotes": "a\"b'c`d",
    "triple quotes": "\"\"\"+x+'''",
    "backslash": "a\\b\\",
    "end of line": f"a\n{PLANTED}",
    "return": f"a\r{PLANTED}",
    "CRLF": f"a\r\n{PLANTED}",
    "tab": "a\tb",
    "NEL": f"a\x85{PLANTED}",
    "line separator": f"a\u2028{PLANTED}",
    "vertical tab": f"a\x0b{PLANTED}\x1c{PLANTED}",
    "NUL": "a\0b",
    "colour": "a\x1b[31mb",
    "clear": "a\x1b[2J\x1b[H\x07b",
    "hyperlink": "a\x1b]8;;http://x\x1b\\b",
    "title": "a\x1b]0;x\x07b",
    "CSI of one byte": "a\x9b2Jb",
    "backspace": "abc\x08\x08\x7f",
    "script": "<script>alert(1)</script>",
    "end of style": "</style></title></textarea><script>x</script>",
    "handler": '" onload="x" \'><img src=x onerror=x>',
    "comment": "--><!-- ]]>",
    "entity": "&lt;b&gt; &amp; &#x3c;",
    "formula": "=1+1",
    "command formula": "=cmd|' /C calc'!A0",
    "plus formula": "+1+1",
    "minus formula": "-A1",
    "at formula": "@SUM(1+1)",
    "tab formula": "\t=2+2",
    "kept formula": "'=1+1",
    "right to left": "a\u202eb\u202c",
    "isolate": "a\u2067b\u2069\u200f",
    "zero width": "a\u200bb\ufeffc\u2060",
    "language tag": "a\U000e0041\U000e007f",
    "surrogate": "a\udcb0\udced",
    "half of a letter": "a\ud83d",
    "Hangul in bytes": os.fsdecode("고양이".encode("cp949")),
    "Hangul": "고양이 사진",
    "decomposed": "\u1100\u1169\u110b\u1163\u11bc",
    "combining": "e\u0301\u0323\u0489" * 3,
    "emoji": "👨\u200d👩\u200d👧🏽",
    "noncharacter": "a\ufffeb\uffff",
    "markup of rich": "[red]a[/red] [/] [link=x]",
    "emoji of rich": ":smile: [[",
    "mathtext": "$\\frac$ a_{$ ^",
    "LaTeX": "\\input{/etc/passwd} %x # & ~ ^ _ { }",
    "percent": "%s %d %(name)s %",
    "braces": "{0} {x!r} {{ }} {",
    "escape of Python": "\\N{DASH} \\x41 \\u0041",
    "shell": "$(id) `id` ; rm -rf | x > y",
    "DOS device": "CON",
    "parent": "..",
    "short option": "-rf",
    "long option": "--help",
    "home": "~",
    "path": "a/b",
    "dotted": "a.b..c.",
    "keyword": "class",
    "dunder": "__class__",
    "None": "None",
    "nan": "nan",
    "True": "True",
    "number": "007",
    "delimiters": "a,b;c|d",
    "long": "n" * 10_000,
    "wide": "가" * 10_000,
    "spaces": "  a  b  ",
    "only spaces": "   ",
    "no-break space": "\u00a0",
    "filler": "\u3164",
}

# What the reader of a table makes of some of them: a cell that is blank, or says that nothing is there.
ABSENT = {"None", "nan", "only spaces", "no-break space"}


def of_files(names: dict[str, str] = NAMES) -> dict[str, bytes]:
    """Those that a file or a folder can have, as the system has them."""
    found = {}
    for title, name in names.items():
        try:
            data = os.fsencode(name)
        except UnicodeEncodeError:
            continue
        if len(data) <= 200 and not {*b"/\0"} & {*data} and name not in ("..", "."):
            found[title] = data
    return found
