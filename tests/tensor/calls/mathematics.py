"""Functions of each element that few scripts use: of angles, of the gamma and error functions, of signs and of bits."""

from __future__ import annotations

from tests.tensor.calls.operands import Row

_OF_ONE = (
    ("absolute", "absolute", "x"), ("absolute", "absolute", "n"), ("asinh", "arcsinh", "x"),
    ("arcsinh", "arcsinh", "x"),
    ("acosh", "arccosh", "(p + 1)"), ("arccosh", "arccosh", "(p + 1)"), ("asin", "arcsin", "(x / 5)"),
    ("arcsin", "arcsin", "(x / 5)"), ("acos", "arccos", "(x / 5)"), ("arccos", "arccos", "(x / 5)"),
    ("atanh", "arctanh", "(x / 5)"), ("arctanh", "arctanh", "(x / 5)"), ("atan", "arctan", "x"),
    ("arctan", "arctan", "x"), ("sinh", "sinh", "x"), ("cosh", "cosh", "x"), ("sinc", "sinc", "x"), ("i0", "i0", "x"),
    ("exp2", "exp2", "x"), ("deg2rad", "deg2rad", "x"), ("rad2deg", "rad2deg", "x"), ("fix", "trunc", "x"),
    ("negative", "negative", "x"), ("sgn", "sign", "x"), ("signbit", "signbit", "x"), ("positive", "asarray", "x"),
    ("isneginf", "isneginf", "h"), ("isposinf", "isposinf", "h"), ("isreal", "isreal", "x"), ("frexp", "frexp", "x"),
    ("nan_to_num", "nan_to_num", "h"),
)  # fmt: skip
_OF_TWO = (
    ("arctan2", "arctan2"), ("atan2", "arctan2"), ("copysign", "copysign"), ("fmax", "fmax"), ("fmin", "fmin"),
    ("fmod", "fmod"), ("heaviside", "heaviside"), ("hypot", "hypot"), ("isclose", "isclose"),
    ("logaddexp", "logaddexp"), ("logaddexp2", "logaddexp2"), ("nextafter", "nextafter"), ("true_divide", "divide"),
    ("greater", "greater"), ("greater_equal", "greater_equal"), ("less", "less"), ("less_equal", "less_equal"),
    ("not_equal", "not_equal"),
)  # fmt: skip
_LOG_OF_FACTORIALS = "np.log([6.0, 1.0, 6.0, 1.0, 1.0])"

MATHEMATICS: list[Row] = [
    *((f"{a}.{name}()", f"np.{other}({a})") for name, other, a in _OF_ONE),
    *((f"x.{name}(y)", f"np.{other}(x, y)") for name, other in _OF_TWO),
    ("n.fmod(m)", "np.fmod(n, m)"),
    ("n.gcd(m)", "np.gcd(n, m)"),
    ("n.lcm(m)", "np.lcm(n, m)"),
    ("w.bitwise_left_shift(2)", "np.left_shift(w, 2)"),
    ("n.bitwise_right_shift(1)", "np.right_shift(n, 1)"),
    ("x.clamp_max(1)", "np.minimum(x, 1)"),
    ("x.clamp_min(y)", "np.maximum(x, y)"),
    ("x.ldexp(m)", "np.ldexp(x, m)"),
    ("x.frac()", "x - np.trunc(x)"),
    ("x.float_power(2)", "x ** 2"),
    ("n.float_power(2)", "(n ** 2).astype(float)"),
    ("x.rsub(y)", "y - x", "t.rsub(x, y)"),
    ("x.rsub(2, alpha=3)", "2 - 3 * x", "t.rsub(x, 2, alpha=3)"),
    ("p.xlogy(p + 1)", "p * np.log(p + 1)"),
    ("h.nan_to_num(1.0, 2.0, -2.0)", "np.array([0.5, 1, 2, -2])"),
    ("(p / 4).logit()", "np.log(p / (4 - p))"),
    ("y.erf()", "np.vectorize(__import__('math').erf)(y)"),
    ("y.erfc()", "np.vectorize(__import__('math').erfc)(y)"),
    ("t.erf(y / 2).erfinv()", "y / 2"),
    ("t.igamma(p * 0 + 1, p)", "1 - np.exp(-p)"),
    ("p.igammac(p * 0)", "np.ones((2, 3))"),
    ("(p * 0 + 1).igamma(p)", "1 - np.exp(-p)"),
    ("w.double().digamma()", "np.array([11 / 6, 0, 11 / 6, 1, 0]) - np.euler_gamma"),
    ("w.double().lgamma()", _LOG_OF_FACTORIALS),
    ("w.double().mvlgamma(1)", _LOG_OF_FACTORIALS),
    ("w.double().polygamma(1)", "np.pi**2 / 6 - np.array([49 / 36, 0, 49 / 36, 1, 0])", None),  # 9 digits there
]
