"""Products over chosen dimensions, and functions of matrices."""

from __future__ import annotations

from tests.tensor.calls.operands import Row

PRODUCTS: list[Row] = [
    *(
        (f"t.einsum('{equation}', {tensors})", f"np.einsum('{equation}', {tensors})")
        for equation, tensors in [
            ("ij->", "x"),
            ("ij->ji", "x"),
            ("ba", "x"),
            ("ii", "q"),
            ("ii->i", "q"),
            ("ij,kj->ik", "x, x"),
            ("ij,j", "x, y"),
            ("i,j->ji", "v, y"),
            ("...j,j->...", "z, y"),
            ("i...,k...", "z, x[:2]"),
            ("bij,bkj,bk->bi", "z, z, z[:, :, 0]"),
            ("i j , i j -> j", "n, n"),
        ]
    ),
    ("t.einsum(x, [0, 1], y, [1], [0])", "x @ y"),
    ("t.einsum(z, [..., 1], y, [1])", "z @ y"),
    ("t.einsum('ij,jk', [p, q])", "p @ q"),
    ("t.tensordot(x, x)", "np.tensordot(x, x)", None),
    ("t.tensordot(z, x, 2)", "np.tensordot(z, x, 2)"),
    ("t.tensordot(z, p, ([0, 1], [0, 1]))", "np.tensordot(z, p, ([0, 1], [0, 1]))"),
    ("t.tensordot(p, q, ([-1], [0]))", "np.tensordot(p, q, ([-1], [0]))"),
    ("z.inner(x)", "np.inner(z, x)"),
    ("s.inner(s)", "np.inner(s, s)"),
    ("t.addmm(y[:3], p, q, beta=2, alpha=0.5)", "2 * y[:3] + 0.5 * (p @ q)"),
    ("t.addmm(q[:2] * np.nan, p, q, beta=0)", "p @ q", None),
    ("v[:2].addmv(p, y[:3])", "v[:2] + p @ y[:3]"),
    ("s.addr(v, y, alpha=-1)", "s - np.outer(v, y)"),
    ("s.addbmm(z, z.transpose(1, 2))", "s + (z @ z.swapaxes(1, 2)).sum(0)"),
    ("t.baddbmm(q, z, z.transpose(1, 2), beta=3)", "3 * q + z @ z.swapaxes(1, 2)"),
    ("n.kron(p[0])", "np.kron(n, p[0])", None),
    ("z.kron(q)", "np.kron(z, q)"),
    ("q.cross(q.flip(0))", "np.cross(q, q[::-1], axis=0)", None),
    ("q.cross(q.flip(0), 1)", "np.cross(q, q[::-1])"),
    ("q.inverse()", "np.linalg.inv(q)"),
    ("n[:, :3].matrix_power(5)", "np.linalg.matrix_power(n[:, :3], 5)"),
    ("q.matrix_power(-2)", "np.linalg.matrix_power(q, -2)"),
    ("(q * 0).matrix_exp()", "np.eye(3)"),
    ("q.matrix_power(0)", "np.eye(3)"),
    ("t.chain_matmul(p, q, q, x)", "p @ q @ q @ x", None),
    ("t.vander(m)", "np.vander(m)"),
    ("t.vander(y, 2, increasing=True)", "np.vander(y, 2, increasing=True)"),
    ("v.vdot(v)", "v @ v"),
    ("v.ger(y)", "np.outer(v, y)"),
]

_Z = "t.complex(x, x + 1)", "(x + 1j * (x + 1))"
_TRANSFORMS = "fft", "ifft", "rfft", "fftn", "rfft2", "ihfft", "fftshift"
_D = "(q @ q.T)"

FACTORS: list[Row] = [
    *(
        (f"{_Z[0]}{after}", f"{other}({_Z[1]})")
        for after, other in [
            (".angle()", "np.angle"),
            (".conj()", "np.conj"),
            (".conj_physical()", "np.conj"),
            (".resolve_conj()", ""),
            (".resolve_neg()", ""),
            (".real", "np.real"),
            (".imag", "np.imag"),
            (".abs()", "abs"),
            (".exp()", "np.exp"),
        ]
    ),
    (f"{_Z[0]}.is_complex()", "True"),
    ("x.cdouble()", "x.astype('c16')"),
    ("x.cfloat() * 2j", "x.astype('c8') * 2j"),
    ("n * 1j", "(n * 1j).astype('c8')"),
    ("t.polar(p, q[:2])", "p * np.exp(1j * q[:2])"),
    (f"t.view_as_real({_Z[0]})", "np.stack([x, x + 1], -1)"),
    ("t.view_as_complex(i.double())", "i[:, 0] + 1j * i[:, 1]"),
    *(
        (f"t.fft.{name}(x)", f"np.fft.{name}(x)")
        for name in ("fft", "ifft", "rfft", "fftn", "rfft2", "ihfft", "fftshift")
    ),
    ("t.fft.fft(x, 3, 0, 'ortho')", "np.fft.fft(x, 3, 0, 'ortho')"),
    ("t.fft.fft2(z, (4, 2), norm='forward')", "np.fft.fft2(z, (4, 2), norm='forward')"),
    ("t.fft.irfft(x, 7)", "np.fft.irfft(x, 7)"),
    ("t.fft.hfft(x)", "np.fft.hfft(x)"),
    ("t.fft.irfftn(z)", "np.fft.irfftn(z)", None),
    ("t.fft.ifftshift(v)", "np.fft.ifftshift(v)"),
    ("t.fft.fftfreq(5, 0.5, dtype=t.float64)", "np.fft.fftfreq(5, 0.5)"),
    ("t.fft.rfftfreq(5, dtype=t.float64)", "np.fft.rfftfreq(5)"),
    (f"{_D}.cholesky()", f"np.linalg.cholesky({_D})", None),
    (f"{_D}.cholesky_inverse()", f"np.linalg.inv(np.tril({_D}) @ np.tril({_D}).T)"),
    (f"q.cholesky_solve({_D})", f"np.linalg.solve(np.tril({_D}) @ np.tril({_D}).T, q)"),
    ("q.det()", "np.linalg.det(q)"),
    (f"{_D}.logdet()", f"np.linalg.slogdet({_D})[1]"),
    ("q.slogdet()", "np.linalg.slogdet(q)"),
    ("p.pinverse()", "np.linalg.pinv(p)"),
    ("p.qr()", "np.linalg.qr(p)", None),
    ("p.svd()[1]", "np.linalg.svd(p)[1]"),
    ("p.lu_solve(*t.linalg.lu_factor(q[:2, :2]))", "np.linalg.solve(q[:2, :2], p)", None),
    ("t.linalg.solve(q, p[0])", "np.linalg.solve(q, p[0])"),
    ("t.linalg.solve(q, p, left=False)", "p @ np.linalg.inv(q)"),
    ("t.linalg.lstsq(x.T, y.reshape(-1, 1))[0]", "np.linalg.lstsq(x.T, y.reshape(-1, 1))[0]"),
    (f"t.linalg.eigh({_D})[0]", f"np.linalg.eigh({_D})[0]"),
    (f"t.linalg.eigvalsh({_D})", f"np.linalg.eigvalsh({_D})"),
    ("t.linalg.svdvals(x)", "np.linalg.svd(x)[1]"),
    ("t.linalg.eigvals(q).abs().sort()[0]", "np.sort(abs(np.linalg.eigvals(q)))"),
    *((f"t.linalg.norm(x, {p})", f"np.linalg.norm(x, {p})") for p in ("'fro'", "'nuc'", 1, -1, 2, -2)),
    ("t.linalg.vector_norm(x, 3, 1)", "np.linalg.norm(x, 3, 1)"),
    ("t.linalg.cond(q)", "np.linalg.cond(q)"),
    ("t.linalg.cond(q, 1)", "np.linalg.cond(q, 1)"),
    ("t.linalg.matrix_rank(p)", "np.linalg.matrix_rank(p)"),
    ("t.linalg.multi_dot([p, q, x, y])", "p @ q @ x @ y"),
    ("t.linalg.vecdot(x, y)", "x @ y"),
    ("t.linalg.vander(m)", "np.vander(m, increasing=True)"),
    ("t.linalg.tensorsolve(q.reshape(3, 1, 3), p[0].reshape(3, 1))", "np.linalg.solve(q, p[0])", None),
]
