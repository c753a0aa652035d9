"""Transforms and constraints: there and back, how they stretch, against autograd and against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.distributions as D
from glassnet.autograd.derivatives import jacobian

X = np.array([[0.3, -1.2, 0.8], [2.0, 0.1, -0.4]])
UP = np.abs(X) + 0.1

# By name: what makes it of a library (its distributions, and what makes tensors of arrays), and what it is given.
TRANSFORMS: dict[str, tuple[Any, np.ndarray]] = {
    "exp": (lambda d, t: d.ExpTransform(), X),
    "power": (lambda d, t: d.PowerTransform(t(np.array(1.7))), UP),
    "sigmoid": (lambda d, t: d.SigmoidTransform(), X),
    "softplus": (lambda d, t: d.SoftplusTransform(), X),
    "tanh": (lambda d, t: d.TanhTransform(), X),
    "affine": (lambda d, t: d.AffineTransform(t(np.array([1.0, 2.0, 3.0])), t(np.array(-2.0))), X),
    "affine of events": (lambda d, t: d.AffineTransform(1.0, -2.0, event_dim=1), X),
    "stick breaking": (lambda d, t: d.StickBreakingTransform(), X),
    "composed": (lambda d, t: d.ComposeTransform([d.AffineTransform(1.0, 2.0), d.TanhTransform()]), X),
    "composed of events": (lambda d, t: d.ComposeTransform([d.ExpTransform(), d.StickBreakingTransform()]), X),
    "independent": (lambda d, t: d.IndependentTransform(d.ExpTransform(), 1), X),
    "reshape": (lambda d, t: d.ReshapeTransform((3,), (3, 1)), X),
    "cat": (lambda d, t: d.CatTransform([d.ExpTransform(), d.TanhTransform()], dim=-1, lengths=[1, 2]), X),
    "stack": (lambda d, t: d.StackTransform([d.ExpTransform(), d.TanhTransform()], dim=0), X),
    "correlations": (lambda d, t: d.CorrCholeskyTransform(), X),
    "normal cdf": (lambda d, t: d.CumulativeDistributionTransform(d.Normal(t(np.array(0.0)), t(np.array(1.0)))), X),
    "inverse": (lambda d, t: d.ExpTransform().inv, UP),
    "nothing": (lambda d, t: d.identity_transform, X),
}
MANY_TO_ONE: dict[str, tuple[Any, np.ndarray]] = {
    "abs": (lambda d, t: d.AbsTransform(), X),
    "softmax": (lambda d, t: d.SoftmaxTransform(), X),
    "lower": (lambda d, t: d.LowerCholeskyTransform(), np.arange(9.0).reshape(3, 3) / 5),
    "positive definite": (lambda d, t: d.PositiveDefiniteTransform(), np.arange(9.0).reshape(3, 3) / 5),
}


def tensor(x: np.ndarray) -> Any:
    return gn.tensor(x, dtype=gn.float64)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_there_and_back(name: str) -> None:
    make, given = TRANSFORMS[name]
    transform, x = make(D, tensor), tensor(given)
    y = transform(x)
    assert transform.inv(y).numpy() == pytest.approx(given, abs=1e-9)
    assert transform.inv.inv(x).numpy() == pytest.approx(y.numpy())
    assert transform.domain.check(x).all()
    assert transform.codomain.check(y).all()
    assert tuple(transform.forward_shape(x.shape)) == y.shape
    assert tuple(transform.inverse_shape(y.shape)) == x.shape
    cached = transform.with_cache()
    y = cached(x)
    assert cached.inv(y) is x or name in ("nothing", "inverse", "composed", "composed of events")


@pytest.mark.parametrize("name", MANY_TO_ONE)
def test_there_and_back_and_there(name: str) -> None:
    """Where several arguments give one result, the inverse is one of them."""
    make, given = MANY_TO_ONE[name]
    transform, x = make(D, tensor), tensor(given)
    y = transform(x)
    assert transform(transform.inv(y)).numpy() == pytest.approx(y.numpy(), abs=1e-9)
    assert transform.codomain.check(y + 1e-9 if name == "abs" else y).all()
    assert not transform.bijective
    assert tuple(transform.forward_shape(x.shape)) == tuple(transform.inverse_shape(y.shape)) == x.shape
    for what in (lambda: transform.sign, lambda: transform.log_abs_det_jacobian(x, y)):
        with pytest.raises(NotImplementedError, match=type(transform).__name__):
            what()


def test_transforms_are_equal_if_they_do_the_same() -> None:
    affine = [D.AffineTransform(gn.tensor([1.0]), scale) for scale in (2.0, 2.0, 3.0)]
    assert affine[0] == affine[1] != affine[2]
    assert D.ExpTransform() == D.ExpTransform() != D.TanhTransform()
    assert D.ComposeTransform([D.ExpTransform(), affine[2].inv]).sign == 1
    assert D.AffineTransform(0.0, -1.0).sign == -1
    assert D.PowerTransform(gn.tensor(-1.0)).sign == -1
    assert D.IndependentTransform(D.ExpTransform(), 1).sign == 1


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: D.StickBreakingTransform().forward_shape(()), "one dimension or more"),
        (lambda: D.StickBreakingTransform().inverse_shape(()), "one dimension or more"),
        (lambda: D.SoftmaxTransform().forward_shape(()), "one dimension or more"),
        (lambda: D.CorrCholeskyTransform().forward_shape((4,)), "1, 3, 6, 10"),
        (lambda: D.CorrCholeskyTransform().forward_shape(()), "one dimension or more"),
        (lambda: D.CorrCholeskyTransform().inverse_shape((2, 3)), "square matrices"),
        (lambda: D.ReshapeTransform((2,), (3,)), "not the same number"),
        (lambda: D.ReshapeTransform((2,), (2, 1))(gn.ones(3)), r"ends in \[2\]"),
        (lambda: D.CatTransform([D.ExpTransform()])(gn.ones(3)), "expected 1 along"),
        (lambda: D.StackTransform([D.ExpTransform()])(gn.ones(3)), "expected 1 along"),
        (lambda: D.IndependentTransform(D.ExpTransform(), 1)(gn.tensor(1.0)), "1 dimensions or more"),
        (lambda: D.IndependentTransform(D.ExpTransform(), 1).inv(gn.tensor(1.0)), "1 dimensions or more"),
        (lambda: D.ExpTransform(cache_size=2), "cache_size 0 or 1"),
        (lambda: D.StackTransform.domain.check(1), "of an object only"),
        (lambda: D.constraints.independent(D.constraints.real, 2).check(gn.ones(3)), "2 dimensions or more"),
        (lambda: D.utils.vec_to_tril_matrix(gn.ones(2)), "fill no lower triangle"),
        (lambda: D.utils.tril_matrix_to_vec(gn.ones(2, 2), 3), "diag from -2 to 1"),
    ],
)
def test_messages(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name not in ("correlations", "stack")])
def test_the_stretch_is_the_determinant_of_the_jacobian(name: str) -> None:
    make, given = TRANSFORMS[name]
    transform, x = make(D, tensor), tensor(given[0])
    dims = transform.domain.event_dim
    stretch = transform.log_abs_det_jacobian(x, transform(x))

    def free(x: Any) -> Any:
        y = transform(x)
        return (y[..., :-1] if "breaking" in name or name == "composed of events" else y).reshape(-1)

    matrix = jacobian(free, x)
    by_autograd = gn.linalg.slogdet(matrix.reshape(x.numel(), x.numel())).logabsdet
    assert stretch.dim() == x.dim() - dims
    assert stretch.sum().item() == pytest.approx(by_autograd.item())


@pytest.mark.parity
@pytest.mark.parametrize("name", [*TRANSFORMS, *MANY_TO_ONE])
def test_as_in_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")

    make, given = (TRANSFORMS | MANY_TO_ONE)[name]
    ours, theirs = make(D, tensor), make(torch.distributions, torch.tensor)
    x, z = tensor(given), torch.tensor(given)
    y, w = ours(x), theirs(z)
    assert y.numpy() == pytest.approx(w.numpy(), rel=1e-10, abs=1e-12)
    assert ours.inv(y).numpy() == pytest.approx(theirs.inv(w).numpy(), rel=1e-9, abs=1e-12)
    assert repr(ours) == repr(theirs)
    assert ours.bijective == theirs.bijective
    assert ours.domain.event_dim == theirs.domain.event_dim
    assert ours.codomain.event_dim == theirs.codomain.event_dim
    try:
        expected = theirs.log_abs_det_jacobian(z, w)
    except NotImplementedError:
        with pytest.raises(NotImplementedError):
            ours.log_abs_det_jacobian(x, y)
        return
    assert ours.log_abs_det_jacobian(x, y).numpy() == pytest.approx(expected.numpy(), rel=1e-9, abs=1e-12)


@pytest.mark.parity
def test_transformed_distributions_as_in_pytorch() -> None:
    torch = pytest.importorskip("torch")

    for names in (["exp"], ["affine", "sigmoid"], ["stick breaking"], ["affine of events", "exp"], ["correlations"]):
        densities = []
        for d, t in ((D, tensor), (torch.distributions, torch.tensor)):
            base = d.Normal(t(np.array([0.1, 0.2, 0.3])), t(np.array([1.0, 0.5, 2.0])))
            whole = d.TransformedDistribution(base, [TRANSFORMS[name][0](d, t) for name in names])
            y = t(X)
            for transform in whole.transforms:
                y = transform(y)
            densities.append(whole.log_prob(y).numpy())
            densities.append(np.array([*whole.batch_shape, 0, *whole.event_shape]))
            if names in (["exp"], ["affine", "sigmoid"]):
                densities += [
                    whole.cdf(y).numpy(),
                    whole.expand((2, *whole.batch_shape)).icdf(t(np.full(3, 0.3))).numpy(),
                ]
            assert tuple(whole.rsample((4,)).shape) == (4, *whole.batch_shape, *whole.event_shape)
        half = len(densities) // 2
        for one, other in zip(densities[:half], densities[half:], strict=True):
            assert one == pytest.approx(other, rel=1e-9)


CONSTRAINED = [
    "positive", "nonnegative", "unit_interval", "real", "simplex", "lower_cholesky", "positive_definite",
    "corr_cholesky", "real_vector",
]  # fmt: skip


@pytest.mark.parametrize("name", CONSTRAINED)
def test_from_real_numbers_to_what_is_constrained(name: str) -> None:
    constraint = getattr(D.constraints, name)
    transform = D.transform_to(constraint)
    x = tensor(np.arange(9.0).reshape(3, 3) / 4 - 1)
    assert constraint.check(transform(x)).all()
    if name not in ("lower_cholesky", "positive_definite"):
        both_ways = D.biject_to(constraint)
        assert both_ways.inv(both_ways(x)).numpy() == pytest.approx(x.numpy(), abs=1e-7)


def test_of_what_nothing_is_said() -> None:
    with pytest.raises(NotImplementedError, match="Boolean"):
        D.biject_to(D.constraints.boolean)


@pytest.mark.parity
def test_constraints_as_in_pytorch(subtests: Any) -> None:
    torch = pytest.importorskip("torch")

    values = [
        np.array([-1.0, 0.0, 0.5, 1.0, 2.0, np.nan]), np.eye(3), np.eye(3) - 2, np.array([[0.2, 0.8], [0.5, 0.6]]),
        np.tril(np.ones((3, 3))), np.array([[1.0, 0.0], [0.6, 0.8]]), np.array([[2.0, 1.0], [1.0, 2.0]]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
    ]  # fmt: skip
    makers = {
        **{name: lambda c, name=name: getattr(c, name) for name in (
            "boolean", "corr_cholesky", "lower_cholesky", "lower_triangular", "nonnegative", "nonnegative_integer",
            "one_hot", "positive", "positive_definite", "positive_integer", "positive_semidefinite", "real",
            "real_vector", "simplex", "square", "symmetric", "unit_interval",
        )},
        "greater": lambda c: c.greater_than(0.5), "less": lambda c: c.less_than(0.5),
        "half open": lambda c: c.half_open_interval(0.0, 1.0), "integers": lambda c: c.integer_interval(0, 1),
        "counts": lambda c: c.multinomial(1), "independent": lambda c: c.independent(c.positive, 1),
        "stack": lambda c: c.stack([c.positive, c.real], -1), "cat": lambda c: c.cat([c.positive, c.real], -1),
    }  # fmt: skip
    for name, make in makers.items():
        ours, theirs = make(D.constraints), make(torch.distributions.constraints)
        assert repr(ours) == repr(theirs) or name in ("stack", "cat")
        assert (ours.is_discrete, ours.event_dim) == (theirs.is_discrete, theirs.event_dim), name
        for i, value in enumerate(values):
            with subtests.test(constraint=name, value=i):
                if name in ("stack", "cat") and value.shape[-1] != 2:
                    continue  # which PyTorch cuts to the shorter
                try:
                    expected = theirs.check(torch.tensor(value))
                except Exception:  # of no use for such a shape
                    continue
                assert ours.check(tensor(value)).tolist() == expected.tolist()
