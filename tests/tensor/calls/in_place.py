"""Methods that change the tensor they are called on."""

from __future__ import annotations

from tests.tensor.calls.operands import Row

# Each of these changes the first operand, and gives it back.
IN_PLACE: list[Row] = [
    *((f"{a}.{name}_()", f"np.{other}({a})") for name, other, a in (
        ("exp", "exp", "x"), ("log", "log", "p"), ("sqrt", "sqrt", "p"), ("sin", "sin", "x"), ("cos", "cos", "x"),
        ("tanh", "tanh", "x"), ("abs", "abs", "x"), ("abs", "abs", "n"), ("neg", "negative", "n"),
        ("floor", "floor", "x"), ("ceil", "ceil", "x"), ("round", "round", "x"), ("reciprocal", "reciprocal", "p"),
        ("square", "square", "x"))),
    ("p.rsqrt_()", "1 / np.sqrt(p)"),
    ("x.sigmoid_()", "1 / (1 + np.exp(-x))"),
    ("x.relu_()", "np.maximum(x, 0)"),
    ("x.add_(y)", "x + y"),
    ("x.add_(2)", "x + 2"),
    ("x.add_(y, alpha=-0.5)", "x - 0.5 * y"),
    ("n.add_(m)", "n + m"),
    ("x.sub_(y)", "x - y"),
    ("x.sub_(y, alpha=2)", "x - 2 * y"),
    ("x.mul_(y)", "x * y"),
    ("x.multiply_(3)", "x * 3"),
    ("x.div_(y)", "x / y"),
    ("x.divide_(2)", "x / 2"),
    ("p.pow_(2)", "p ** 2"),
    ("n.remainder_(3)", "n % 3"),
    ("x.addcmul_(y, y + 1, value=0.5)", "x + 0.5 * y * (y + 1)"),
    ("x.addcmul_(y, y)", "x + y * y"),
    ("x.addcdiv_(y, y.abs() + 1, value=-0.1)", "x - 0.1 * y / (abs(y) + 1)"),
    ("x.lerp_(x + 2, 0.25)", "x + 0.5"),
    ("x.clamp_(-1, 1)", "np.clip(x, -1, 1)"),
    ("x.clip_(min=0)", "np.clip(x, 0, None)"),
    ("n.clamp_(max=2)", "np.clip(n, None, 2)"),
    ("x.clamp_(min=y)", "np.maximum(x, y)"),
    ("x.copy_(y)", "np.broadcast_to(y, (3, 4)).copy()"),
    ("n.copy_(x)", "x.astype(int)"),
    ("x.copy_(n)", "n.astype(float)"),
    ("x.fill_(2.5)", "np.full((3, 4), 2.5)"),
    ("x.fill_(s)", "np.full((3, 4), -1.75)"),
    ("n.fill_(3)", "np.full((3, 4), 3)"),
    ("b.fill_(True)", "np.full((3, 4), True)"),
    ("x.zero_()", "np.zeros((3, 4))"),
    ("x.masked_fill_(b, 0.5)", "np.where(b, 0.5, x)"),
    ("x.masked_fill_(c, -1)", "np.where(c, -1, x)"),
    ("n.masked_fill_(n < 0, 0)", "np.maximum(n, 0)"),
    ("x.cumsum_(0)", "x.cumsum(0)"),
    ("x.index_fill_(0, j, 9.0)", "np.array([[9.0] * 4, x[1], [9.0] * 4])"),
    ("x.index_fill_(-1, j, 9.0)", "np.where([True, False, True, False], 9.0, x)"),
    ("n.index_fill_(1, j, -1)", "np.where([True, False, True, False], -1, n)"),
    ("x.scatter_(1, i, 5.0)", "np.array([[5, -2.25, 5, 3], [-0.75, 2.5, -1.5, 5], [5, 5, 1.25, -0.5]])"),
    ("x.scatter_(-1, i[:, :1], x[:, 3:])",
     "np.array([[3, -2.25, 0.5, 3], [-0.75, 2.5, -1.5, 0.125], [4, -0.5, 1.25, -0.5]])"),
    ("n.scatter_(0, i[:1] * 0 + 2, 8)", "np.array([[7, -3, 0, 2], [-8, 5, 4, -1], [8, 8, -6, 9]])"),
    ("x.requires_grad_().detach_()", "x"),
    ("x.requires_grad_(False)", "x"),
    *((f"x.__i{name}__({other})", f"x {op} {other}") for name, op in (
        ("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/"), ("floordiv", "//"), ("mod", "%"))
      for other in ("y", "2.0")),
    ("p.__ipow__(3)", "p ** 3"),
    *((f"{a}.__i{name}__({other})", f"{a} {op} {other}") for name, op in (("and", "&"), ("or", "|"), ("xor", "^"))
      for a, other in (("b", "c"), ("n", "m"), ("n", "5"))),
]  # fmt: skip
