"""docs/pytorch-names.md and its Korean twin, which list every public name of PyTorch's with its state.

python -m tests.pytorch.names_page        # writes both anew

A name works where glassnet has it; what differs then stands in `DIFFERS`, or in `differences`, as the tests of
functions know it. Why a name is not planned stands in `glassnet.pytorch.missing`. What is left is not there yet.
"""

from __future__ import annotations

import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import glassnet.pytorch
from glassnet.pytorch.answered import is_answered, sources_of
from glassnet.pytorch.missing import matches, reason
from glassnet.pytorch.public_names import public_names
from glassnet.pytorch.stand_in import StandIn
from tests.pytorch.differences import KNOWN

DOCS = Path(__file__).parents[2] / "docs"

# How names differ: the names of each way, in which * stands for anything.
DIFFERS = {
    "gives the function back as it is; `glassnet.compile` compiles one": "torch.compile torch.jit.freeze",
    "what it gives runs as it is written, every branch of it": (
        "torch.jit.script torch.jit.trace torch.jit.trace_module"
    ),
    "does nothing: everything is computed in the dtype it has": (
        "torch.GradScaler torch.amp.GradScaler torch.cuda.amp.GradScaler torch.cuda.amp.autocast"
    ),
    "on the CPU: of products, convolutions and losses; one written as addmm or einsum stays float32": (
        "torch.autocast torch.amp.autocast"
    ),
    "saves a module by the name of its class, which the program that loads it must have": (
        "torch.jit.save torch.jit.load"
    ),
    "takes four bytes a number in memory, two in files": "torch.bfloat16 torch.Tensor.bfloat16",
    "as on a machine without that device": "torch.cuda.* torch.mps.* torch.accelerator.*",
    "can be imported; what needs a network says so when called": "torch.hub.*",
    "steps of matrices are computed in the dtype of the weights, not in bfloat16": "torch.optim.Muon",
    "a row of a table counts as used where its gradient is not 0": "torch.optim.SparseAdam",
    "is taken, and changes nothing": (
        "torch.set_num_threads torch.set_num_interop_threads torch.use_deterministic_algorithms "
        "torch.set_float32_matmul_precision torch.set_flush_denormal torch.*autocast_*"
    ),
    "has no effect: what backward needs stays where it is": (
        "torch.autograd.graph.save_on_cpu torch.autograd.graph.allow_mutation_on_saved_tensors"
    ),
    "other numbers than PyTorch's from the same seed": (
        "torch.rand* torch.normal torch.bernoulli torch.multinomial torch.poisson torch.binomial "
        "torch.Tensor.*_normal_ torch.Tensor.normal_ torch.Tensor.uniform_ torch.Tensor.random_ "
        "torch.Tensor.exponential_"
    ),
    "tensors made in inference mode are like all others": (
        "torch.inference_mode torch.is_inference torch.Tensor.is_inference"
    ),
    "gives the function as it is: every transform follows what is changed in place": "torch.func.functionalize",
    "the mode is right where PyTorch's is not": (
        "torch.distributions.Kumaraswamy torch.distributions.Dirichlet torch.distributions.Beta"
    ),
    "the generator is NumPy's; its state is a dict": (
        "torch.manual_seed torch.seed torch.get_rng_state torch.set_rng_state"
    ),
    "there is no device but the CPU": "torch.Tensor.pin_memory",
}

# What a check of `differences` compares, as a reader would say it.
CHECKS = {
    "errors": "wrong arguments raise another class of error, or none",
    "in place": "in place",
    "reference": "for unusual numbers",
    "bool": "of bool",
    "int64|int8|uint8": "of whole numbers",
    "float32|float64": "of floating numbers",
}

HEAD = """# Every name of PyTorch's

[한국어](ko/pytorch-names.md) · [PyTorch scripts](pytorch.md)

With this page you can see of every public name of PyTorch 2.13 and torchvision whether it works under `glassnet run`,
how it differs if it does, and why it is not planned if it is not there. It is written by
`python -m tests.pytorch.names_page`.
"""
HEAD_IN_KOREAN = """# PyTorch의 모든 이름

[English](../pytorch-names.md) · [PyTorch 스크립트](../ko/pytorch.md)

PyTorch 2.13과 torchvision의 공개된 이름마다 `glassnet run`에서 쓸 수 있는지, 다르다면 무엇이 다른지,
없다면 왜 없는지를 적은 쪽입니다. `python -m tests.pytorch.names_page`가 씁니다.
"""
WORDS = {"works": "Works", "not yet": "Not there yet", "differs": "Works, and differs", "not planned": "Not planned"}


@cache
def korean() -> dict[str, str]:
    """Each text in Korean, from lines of a text and lines after it that are indented."""
    lines = (Path(__file__).parent / "names_in_korean.txt").read_text(encoding="utf-8").splitlines()
    return {english: text.strip() for english, text in zip(lines[::2], lines[1::2], strict=True)}


@cache
def measured() -> dict[str, list[tuple[list[str], str]]]:
    """How functions differ by `differences`, by their name in PyTorch: what of them, and why."""
    found: dict[str, dict[str, set[str]]] = {}
    for (entry, check), known in KNOWN.items():
        name = entry
        while f"torch.{name}" not in places() and "." in name:
            name = name.rpartition(".")[0]  # a variant of it
        phrase = next((phrase for checks, phrase in CHECKS.items() if check in checks.split("|")), check)
        for why in [known] if isinstance(known, str) else known.values():
            found.setdefault(name, {}).setdefault(why, set()).add(phrase)
    return {name: [(sorted(phrases), why) for why, phrases in reasons.items()] for name, reasons in found.items()}


@cache
def places() -> set[str]:
    return {f"{module}.{name}" for module, names in public_names().items() for name in names}


def there(module: str) -> set[str]:
    """What glassnet has of a module's names, or of those of tensors."""
    if module == "torch.Tensor":
        glassnet.pytorch.install()
        try:
            return {*dir(glassnet.ones(1))}
        finally:
            glassnet.pytorch.uninstall()
    return {*dir(StandIn(module, sources_of(module)))} if is_answered(module) else set()


@cache
def states(module: str) -> dict[str, dict[str, list[tuple[list[str], str]]]]:
    """The names of a module by their state, each with reasons, and what of it each is a reason of."""
    sorted_in: dict[str, Any] = {state: {} for state in WORDS}
    here = there(module)
    for name in public_names()[module]:
        whole = f"{module}.{name}"
        how = next((how for how, patterns in DIFFERS.items() if matches(whole, patterns)), None)
        reasons = [([], how)] if how else measured().get(whole.removeprefix("torch."))
        why = reason(whole)
        if name in here:
            sorted_in["differs" if reasons else "works"][name] = reasons or []
        else:
            sorted_in["not planned" if why else "not yet"][name] = [([], why)] if why else []
    return sorted_in


def page(is_korean: bool) -> str:
    """The whole page, in English or Korean."""

    def said(text: str) -> str:
        return korean().get(text, text) if is_korean else text

    def told(reasons: Any) -> str:
        parts = ((", ".join(map(said, of)), "" if why == "not yet" else said(why)) for of, why in reasons)
        return "; ".join(": ".join(filter(None, part)) for part in parts)

    blocks = [HEAD_IN_KOREAN if is_korean else HEAD]
    for module, names in public_names().items():
        blocks.append(f"## {module}\n")
        for state, found in states(module).items():
            by_text: dict[str, list[str]] = {}
            for name, reasons in found.items():
                by_text.setdefault(told(reasons), []).append(name)
            if found:
                blocks.append(f"**{said(WORDS[state])}** ({len(found)} / {len(names)})\n")
                blocks += [_wrapped(text, of) for text, of in by_text.items()]
    return "\n".join(blocks)


def _wrapped(text: str, names: list[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    whole = f"{listed}: {text}" if text else listed
    return textwrap.fill(whole, 120, break_long_words=False, break_on_hyphens=False) + "\n"


PAGES = (DOCS / "pytorch-names.md", DOCS / "ko" / "pytorch-names.md")

if __name__ == "__main__":
    for path in PAGES:
        path.write_text(page("ko" in path.parts), encoding="utf-8")
