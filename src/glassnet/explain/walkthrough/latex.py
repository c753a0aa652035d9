"""LaTeX: a page as displayed formulas. It needs amsmath; names in other letters than Latin need XeLaTeX or LuaLaTeX."""

from __future__ import annotations

import re
import unicodedata

from glassnet.explain.walkthrough.page import Page, Row

SYMBOLS = {
    "·": r"\cdot ",
    "×": r"\times ",
    "−": "-",
    "Σ": r"\sum ",
    "Π": r"\prod ",
    "∂": r"\partial ",
    "←": r"\leftarrow ",
    "√": r"\surd ",
    "‖": r"\| ",
    "…": r"\dots ",
    "≤": r"\le ",
    "≥": r"\ge ",
    "≠": r"\ne ",
    "∞": r"\infty ",
    "α": r"\alpha ",
    "β": r"\beta ",
    "ε": r"\varepsilon ",
    "λ": r"\lambda ",
    "μ": r"\mu ",
    "ρ": r"\rho ",
    "Δ": r"\Delta ",
    "ᵀ": r"^{\top}",
    "ᵗ": "^{t}",
    "≈": r"\approx ",
    "₊": "_{+}",
    "ₜ": "_{t}",
    "*": r"\cdot ",
    "~": r"\sim ",
    "<": "<",  # these need math in text
    ">": ">",
    "|": "|",
}
FUNCTIONS = {"exp", "log", "max", "min", "sin", "cos", "tan", "tanh", "Max", "Min"}
SPECIAL = {c: f"\\{c}" for c in "_%&#${}"} | {"\\": r"\textbackslash ", "^": r"\textasciicircum{}"}


def as_latex(page: Page) -> str:
    """A paragraph of formulas for each phase."""
    setup = "\\allowdisplaybreaks\n\\setcounter{MaxMatrixCols}{12}"
    parts = [rf"\subsection*{{{_in_text(page.title)}}}", *map(_in_text, page.lines), setup]
    for section in page.sections:
        rows = " \\\\\n".join(_formula(row) for row in section.rows)
        parts += [
            rf"\paragraph{{{_in_text(section.title)}}}",
            "\\begin{align*}\n" + rows + "\n\\end{align*}",
        ]
    return "\n\n".join(parts) + "\n"


def _formula(row: Row) -> str:
    left, sign, right = row.formula.partition(" = ")
    is_sum = sign and "where" not in row.formula and "←" not in row.formula and not _is_prose(right)
    said = in_math(right) if is_sum else rf"\text{{{_in_text(row.call)}}}"
    if is_sum and left != row.name:  # ∂L/∂fc1 and the like
        return rf"{in_math(left)} &= {said} {_numbers(row)}"
    return rf"{_name(row.name)} &= {said} {_numbers(row)}"


def _is_prose(formula: str) -> bool:
    return len(re.findall(r"[a-z]{2,} [a-z]{2,}", formula)) > 0


def _numbers(row: Row) -> str:
    """The numbers of a row, and beside them those of its gradient."""
    texts = dict(row.numbers)
    value = f"&& {_matrix(texts.get('value', texts.get('after', ())))}"
    if "gradient" not in texts:
        return value
    return rf"{value} && \frac{{\partial \mathit{{loss}}}}{{\partial {_name(row.name)}}} = {_matrix(texts['gradient'])}"


def _matrix(lines: tuple[str, ...]) -> str:
    if any(re.search(r"[^\d\s.e+-]", line) for line in lines):
        return rf"\text{{{_in_text('; '.join(lines))}}}"
    cells = [line.split("  ") for line in lines]
    rows = r" \\ ".join(" & ".join(cell.strip() for cell in line if cell.strip()) for line in cells)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"


def in_math(formula: str) -> str:
    """A formula of ours in LaTeX's math."""
    parts = re.split(r"(\w[\w.]*)", unicodedata.normalize("NFD", formula))
    return "".join(_word(part) if n % 2 else _signs(part) for n, part in enumerate(parts)).strip()


def _word(word: str) -> str:
    if re.fullmatch(r"[\d.]+(e\d+)?", word):
        return word
    base = word.rstrip("".join(c for c in word if _script(c) or c in SYMBOLS))
    rest = _signs(word[len(base) :])
    if base in FUNCTIONS:
        return rf"\{base.lower()} " + rest
    if base in SYMBOLS or not base:
        return _signs(base) + rest
    return (base if len(base) == 1 else _name(base)) + rest


def _name(name: str) -> str:
    return name if len(name) == 1 and name.isascii() else rf"\mathit{{{''.join(SPECIAL.get(c, c) for c in name)}}}"


def _signs(text: str) -> str:
    return "".join(
        _script(c) or SYMBOLS.get(c) or ("" if unicodedata.combining(c) else SPECIAL.get(c, c)) for c in text
    )


def _script(letter: str) -> str:
    """A raised or lowered letter as ^{…} or _{…}; "" for any other."""
    kind, _, base = unicodedata.decomposition(letter).partition(" ")
    if kind in ("<super>", "<sub>") and letter not in SYMBOLS:
        return f"{'^' if kind == '<super>' else '_'}{{{chr(int(base, 16))}}}"
    return ""


def _in_text(text: str) -> str:
    said = "".join(
        f"${symbol.strip()}$" if (symbol := SYMBOLS.get(c) or _script(c)) and c != "*" else SPECIAL.get(c, c)
        for c in text
    )
    return "".join(c for c in said if not unicodedata.combining(c))
