"""Windows: convolutions, each of whose results is made of what a window sees, and their gradients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from glassnet.engines.native.kernel_code import block, index_text, loop_head
from glassnet.export.c.element_code import ElementCode, nested, shifted
from glassnet.ops.layers.convolution_shapes import each


class Window(ElementCode):
    """What looks at a window of its input for each element."""

    def how(self, n: int) -> tuple[tuple[int, ...], ...]:
        """The stride, the padding and the dilation along each of ``n`` dimensions."""
        given = (("stride", 1), ("padding", 0), ("dilation", 1))
        return tuple(tuple(each(self.param(name, default), n)) for name, default in given)

    @property
    def bias(self) -> str:
        """What a sum begins with."""
        return self.operand(2, self.at[1]) if len(self.made_by.reads) > 2 else "0"


class Convolution(Window):
    """y[n, o, i] = b[o] + Σ x[n, c, i·stride + k·dilation − padding]·W[o, c, k]."""

    def value(self) -> Iterator[str]:
        """The sum over channels and the places of the window that are not padding."""
        x, weight = self.made_by.reads[:2]
        outputs, channels, *size = weight.shape
        n, groups, at = len(size), self.param("groups", 1), self.at
        strides, paddings, dilations = self.how(n)
        within = "c" if channels > 1 else "0"
        channel = within if groups == 1 else f"{at[1]} / {outputs // groups} * {channels} + {within}"
        seen, kernel = [f"r{d}" for d in range(n)], [f"k{d}" for d in range(n)]
        product = f"{self.name} += {self.operand(0, at[0], channel, *seen)} * {self.operand(1, at[1], 'c', *kernel)};"
        yield f"{self.type} {self.name} = {self.bias};"
        lines: Iterable[str] = [product]
        for d in reversed(range(n)):
            place = shifted(index_text(0, (strides[d], at[d + 2]), (dilations[d], f"k{d}")), -paddings[d])
            lines = block(loop_head(f"k{d}", size[d]), _within(f"r{d}", place, x.shape[d + 2], paddings[d] > 0, lines))
        yield from nested([("c", channels)] if channels > 1 else [], lines)


class ConvTranspose(Window):
    """y[n, c, i·stride + k·dilation − padding] = b[c] + Σ x[n, o, i]·W[o, c, k]: the places that give to each."""

    def value(self) -> Iterator[str]:
        """The sum over channels and the windows that see the place."""
        x, weight = self.made_by.reads[:2]
        outputs, channels, *size = weight.shape
        n, groups, at = len(size), self.param("groups", 1), self.at
        strides, paddings, dilations = self.how(n)
        of_group = outputs // groups
        giver = "c" if groups == 1 else f"{at[1]} / {channels} * {of_group} + c"
        channel = at[1] if groups == 1 else f"{at[1]} % {channels}"
        seen, kernel = [f"r{d}" for d in range(n)], [f"k{d}" for d in range(n)]
        product = f"{self.name} += {self.operand(0, at[0], giver, *seen)} * {self.operand(1, giver, channel, *kernel)};"
        yield f"{self.type} {self.name} = {self.bias};"
        lines: Iterable[str] = [product]
        for d in reversed(range(n)):
            back = f"k{d}" if dilations[d] == 1 else f"{dilations[d]}*k{d}"
            place = f"{shifted(at[d + 2], paddings[d])} - {back}"
            if strides[d] == 1:
                lines = _within(f"r{d}", place, x.shape[d + 2], True, lines)
            else:
                inner = lines
                lines = [
                    f"const long c{d} = {place};",
                    f"if (c{d} < 0 || c{d} % {strides[d]}) continue;",
                    *_within(f"r{d}", f"c{d} / {strides[d]}", x.shape[d + 2], True, inner),
                ]
            lines = block(loop_head(f"k{d}", size[d]), lines)
        yield from nested([("c", of_group)], lines)


class ConvolutionWeight(Window):
    """y[o, c, k] = Σ x[n, c, i·stride + k·dilation − padding]·g[n, o, i]: the gradient of the weight."""

    def value(self) -> Iterator[str]:
        """The sum over samples and places."""
        x, g = self.made_by.reads
        outputs, channels, *size = self.made_by.output.shape
        n, groups, at = len(size), self.param("groups", 1), self.at
        strides, paddings, dilations = self.how(n)
        channel = at[1] if groups == 1 else f"{at[0]} / {outputs // groups} * {channels} + {at[1]}"
        seen, places = [f"r{d}" for d in range(n)], [f"k{d}" for d in range(n)]
        product = f"{self.name} += {self.operand(0, 'c', channel, *seen)} * {self.operand(1, 'c', at[0], *places)};"
        yield f"{self.type} {self.name} = 0;"
        lines: Iterable[str] = [product]
        for d in reversed(range(n)):
            place = shifted(index_text(0, (strides[d], f"k{d}"), (dilations[d], at[d + 2])), -paddings[d])
            inner = _within(f"r{d}", place, x.shape[d + 2], paddings[d] > 0, lines)
            lines = block(loop_head(f"k{d}", g.shape[d + 2]), inner)
        yield from nested([("c", x.shape[0])], lines)


def _within(name: str, place: str, size: int, may_be_outside: bool, body: Iterable[str]) -> Iterator[str]:
    """``body`` where a place is one of those that there are."""
    if size > 1 or may_be_outside:
        yield f"const long {name} = {place};"
    if may_be_outside:
        yield f"if ({name} < 0 || {name} >= {size}) continue; /* padding */"
    yield from body
