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
    ("q.matrix_power(0)", "np.eye(3)"),
    ("t.chain_matmul(p, q, q, x)", "p @ q @ q @ x", None),
    ("t.vander(m)", "np.vander(m)"),
    ("t.vander(y, 2, increasing=True)", "np.vander(y, 2, increasing=True)"),
    ("v.vdot(v)", "v @ v"),
    ("v.ger(y)", "np.outer(v, y)"),
]
