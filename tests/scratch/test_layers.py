"""Layers: backward is the slope of forward, for every layer and for a layer of every operation."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet import scratch, tensor
from glassnet.autograd import grad
from glassnet.errors import GradientError
from glassnet.ops import Op, registry
from glassnet.scratch import Affine, Layer
from glassnet.tensor import apply
from tests.ops import checks
from tests.ops.sample import Sample, normal, spaced
from tests.ops.samples import samples_of
from tests.scratch.slopes import check_layer, weights_like

LABELS = np.array([2, 0, 1, 1])
ONE_HOT = np.eye(3)[LABELS]
SOFT = np.array([[0.2, 0.5, 0.3], [1.0, 0.0, 0.0], [0.1, 0.1, 0.8], [0.0, 0.5, 0.5]])


def probabilities(*shape):
    return scratch.softmax(normal(*shape))


def batch_normalization(size, **options):
    return scratch.BatchNormalization(normal(size, seed=5), normal(size, seed=6), **options)


CASES = {
    "Add": (scratch.Add(), normal(2, 3), normal(2, 3, seed=1)),
    "Add, broadcast": (scratch.Add(), normal(2, 3), normal(3, seed=1)),
    "Add, numbers": (scratch.Add(), 2.0, 3.0),
    "Mul": (scratch.Mul(), normal(2, 3), normal(2, 3, seed=1)),
    "Mul, broadcast": (scratch.Mul(), normal(2, 1), normal(3, seed=1)),
    "Div": (scratch.Div(), normal(2, 3), spaced(2, 3)),
    "Exp": (scratch.Exp(), normal(2, 3)),
    "Log": (scratch.Log(), np.exp(normal(2, 3))),
    "Sum": (scratch.Sum(), normal(2, 3)),
    "Sum over 0": (scratch.Sum(axis=0, keepdims=True), normal(2, 3)),
    "Sum over two": (scratch.Sum(axis=(0, 2)), normal(2, 3, 2)),
    "Repeat": (scratch.Repeat(4), normal(1, 3)),
    "Repeat columns": (scratch.Repeat(2, axis=-1), normal(3, 1)),
    "MatMul": (scratch.MatMul(), normal(2, 3), normal(3, 4, seed=1)),
    "MatMul of a vector": (scratch.MatMul(), normal(3), normal(3, 4, seed=1)),
    "Identity": (scratch.Identity(), normal(2, 3)),
    "Sigmoid": (scratch.Sigmoid(), normal(2, 3)),
    "Relu": (scratch.Relu(), spaced(2, 3)),
    "LeakyRelu": (scratch.LeakyRelu(0.2), spaced(2, 3)),
    "Tanh": (scratch.Tanh(), normal(2, 3)),
    "Softmax": (scratch.Softmax(), normal(2, 3)),
    "Softmax of a vector": (scratch.Softmax(), normal(4)),
    "Softmax down": (scratch.Softmax(axis=0), normal(2, 3)),
    "Affine": (Affine(normal(3, 2, seed=1), normal(2, seed=2)), normal(4, 3)),
    "Affine, b a row": (Affine(normal(3, 2, seed=1), normal(1, 2, seed=2)), normal(4, 3)),
    "Affine of a vector": (Affine(normal(3, 2, seed=1), normal(2, seed=2)), normal(3)),
    "Affine of a vector, b a row": (Affine(normal(3, 2, seed=1), normal(1, 2, seed=2)), normal(3)),
    "Affine of a sequence": (Affine(normal(3, 2, seed=1), normal(2, seed=2)), normal(2, 4, 3)),
    "Affine, no rows": (Affine(normal(3, 2, seed=1), normal(2, seed=2)), normal(0, 3)),
    "CrossEntropyError": (scratch.CrossEntropyError(), probabilities(4, 3), LABELS),
    "CrossEntropyError, one sample": (scratch.CrossEntropyError(), probabilities(3), 1),
    "CrossEntropyError, a sequence": (scratch.CrossEntropyError(), probabilities(2, 2, 3), LABELS.reshape(2, 2)),
    "SoftmaxWithLoss": (scratch.SoftmaxWithLoss(), normal(4, 3), LABELS),
    "SoftmaxWithLoss, one sample": (scratch.SoftmaxWithLoss(), normal(3), [2]),
    "SoftmaxWithLoss, one-hot list": (scratch.SoftmaxWithLoss(), normal(2, 3), [[0, 1, 0], [1, 0, 0]]),
    "Dropout, unused": (scratch.Dropout(0.0), normal(2, 3)),
    "BatchNormalization": (batch_normalization(3), normal(5, 3)),
    "BatchNormalization of images": (batch_normalization(12), normal(5, 3, 2, 2)),
    "BatchNormalization, one gamma": (scratch.BatchNormalization(1.5, -0.5), normal(5, 3)),
}


@pytest.mark.parametrize("case", CASES)
def test_backward_is_the_slope_of_forward(case):
    check_layer(*CASES[case])


@pytest.mark.parametrize("targets", [ONE_HOT, SOFT], ids=["one-hot", "probabilities"])
@pytest.mark.parametrize("layer", [scratch.CrossEntropyError, scratch.SoftmaxWithLoss])
def test_losses_of_rows_of_targets(layer, targets):
    x = probabilities(4, 3)
    check_layer(layer(), x, targets.tolist())  # as a list: nothing to differentiate by


def test_every_layer_is_among_the_cases():
    layers = {name for name in scratch.__all__ if hasattr(getattr(scratch, name), "backward")}
    assert layers - {"Layer"} == {case.split()[0].rstrip(",") for case in CASES}


# a layer of any operation -----------------------------------------------------------------------------


# They work on real numbers alone, and move each number of a matrix by itself.
NOT_HERE = {"real", "imag", "complex_of", "with_part", "view_as_real", "view_as_complex", "eig", "eigvals", "fourier"}
NOT_HERE |= checks.OF_SYMMETRIC | {"standard_gamma"}  # which draws other numbers each time
OPERATIONS = [op for op in registry.values() if op.differentiable and op.name not in NOT_HERE]


def samples(op: Op, order: int) -> list[Sample]:
    of_reals = [s for s in samples_of(op) if not any(map(checks.is_complex, s.inputs))]
    return [s for s in of_reals if s.order >= order and checks.differentiated(op, s)]


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_a_layer_of_any_operation(op):
    assert samples(op, 1)
    for sample in samples(op, 1)[:2]:
        check_layer(Layer(op, **sample.kwargs()), *sample.arrays())


@pytest.mark.slow("all samples, of which the quick one takes two")
@pytest.mark.more
@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_a_layer_of_any_operation_on_every_sample(op):
    for sample in samples(op, 1)[2:]:
        check_layer(Layer(op, **sample.kwargs()), *sample.arrays())


@pytest.mark.parametrize("op", OPERATIONS, ids=lambda op: op.name)
def test_a_layer_gives_what_tensors_give(op):
    for sample in samples(op, 0):
        if sample.params.get("dtype", np.dtype(np.float64)).kind != "f":
            continue  # a cast to whole numbers, which tensors do not differentiate at all
        layer = Layer(op.name, **sample.kwargs())
        y = layer.forward(*sample.arrays())
        w = weights_like(y)
        gradients = layer.backward(w)
        if not isinstance(gradients, tuple):
            gradients = (gradients,)
        places = checks.differentiated(op, sample)
        inputs = [tensor(x, requires_grad=True) if i in places else x for i, x in enumerate(sample.arrays())]
        result = apply(op, *inputs, **sample.kwargs())
        expected = grad(result, [inputs[i] for i in places], tensor(w, dtype=result.dtype), allow_unused=True)
        np.testing.assert_array_equal(y, result.array, err_msg=sample.label)
        for i, g in zip(places, expected, strict=True):
            np.testing.assert_array_equal(gradients[i], g.array, err_msg=f"{sample.label}, input {i}")


@pytest.mark.parametrize("layer", [Layer("isfinite"), Layer("cast", dtype=np.dtype(np.int64))])
def test_an_operation_without_derivative_runs_forward_only(layer):
    assert layer.forward(1.7) == 1
    with pytest.raises(GradientError, match=f"{layer.op.name} has no derivative"):
        layer.backward(1.0)


@pytest.mark.parametrize("name", ["floor", "ceil", "round", "trunc", "sign"])
def test_steps_have_slope_zero(name):
    layer = Layer(name)
    layer.forward([1.7, -0.2])
    assert layer.backward([1.0, 1.0]).tolist() == [0, 0]


def test_inputs_without_derivative_get_none():
    layer = Layer("where")
    layer.forward([True, False], [1.0, 2.0], [3.0, 4.0])
    none, a, b = layer.backward([10.0, 20.0])
    assert none is None
    assert a.tolist() == [10.0, 0.0]
    assert b.tolist() == [0.0, 20.0]


def test_an_input_left_out_gets_none():
    layer = Layer("linear")
    layer.forward([[1.0, 2.0]], [[3.0, 4.0]], None)
    assert layer.backward([[1.0]])[2] is None


# forward: what comes in and goes out --------------------------------------------------------------------


def test_lists_and_whole_numbers_become_float64():
    layer = scratch.Mul()
    y = layer.forward([1, 2], 3)
    assert y.tolist() == [3, 6]
    assert y.dtype == np.float64
    assert [g.tolist() for g in layer.backward([1, 1])] == [[3.0, 3.0], 3.0]


def test_float32_stays_float32():
    layer = scratch.Mul()
    y = layer.forward(np.ones(2, np.float32), 3.0)
    dx, dy = layer.backward(np.ones(2))
    assert y.dtype == dx.dtype == dy.dtype == np.float32


def test_buying_apples_and_oranges():
    """The computational graph of a first lesson in backpropagation: 2 apples at 100, 3 oranges at 150, tax 10 %."""
    apples, oranges, both, taxed = scratch.Mul(), scratch.Mul(), scratch.Add(), scratch.Mul()
    price = taxed.forward(both.forward(apples.forward(100, 2), oranges.forward(150, 3)), 1.1)
    assert price == pytest.approx(715)
    dall, dtax = taxed.backward(1)
    dapples, doranges = both.backward(dall)
    np.testing.assert_allclose(apples.backward(dapples), (2.2, 110))
    np.testing.assert_allclose(oranges.backward(doranges), (3.3, 165))
    assert dtax == 650


def test_results_and_gradients_are_in_memory_of_their_own():
    x, dout = np.ones((1, 3)), np.ones((2, 3))
    repeat, add = scratch.Repeat(2), scratch.Add()
    y = repeat.forward(x)
    y += 1
    assert x.tolist() == [[1, 1, 1]]
    add.forward(y, y)
    da, db = add.backward(dout)
    da += 1
    assert dout.max() == db.max() == 1
    summed = scratch.Sum()
    summed.forward(x)
    dx = summed.backward(1)
    dx += 1  # not a read-only look at one number
    assert dx.tolist() == [[2, 2, 2]]


def test_gradient_of_one_input_alone():
    layer = scratch.MatMul()
    layer.forward(normal(2, 3), normal(3, 4, seed=1))
    w = weights_like(layer.out)
    for i, gradient in enumerate(layer.backward(w)):
        np.testing.assert_array_equal(layer.gradient_of(i, w), gradient)


def test_a_failed_forward_leaves_the_last_one_in_place():
    layer = scratch.Exp()
    layer.forward([0.0, 1.0])
    with pytest.raises(TypeError):
        layer.forward("abc")
    np.testing.assert_allclose(layer.backward([1, 1]), [1, np.e])


def test_softmax_with_loss_gives_y_minus_t():
    layer = scratch.SoftmaxWithLoss()
    assert layer.y is None
    layer.forward(normal(4, 3), LABELS)
    np.testing.assert_allclose(layer.y, scratch.softmax(normal(4, 3)))
    np.testing.assert_allclose(layer.backward(), (layer.y - ONE_HOT) / 4, atol=1e-16)
    np.testing.assert_allclose(layer.backward(8), 2 * (layer.y - ONE_HOT), atol=1e-16)


def test_softmax_then_cross_entropy_is_softmax_with_loss():
    first, second, both = scratch.Softmax(), scratch.CrossEntropyError(), scratch.SoftmaxWithLoss()
    x = normal(4, 3)
    np.testing.assert_allclose(second.forward(first.forward(x), LABELS), both.forward(x, LABELS))
    np.testing.assert_allclose(first.backward(second.backward()), both.backward())


# Affine -------------------------------------------------------------------------------------------------


def test_affine_learns_in_place():
    W, b = normal(3, 2), np.zeros(2)
    layer = Affine(W, b)
    assert layer.params[0] is W
    assert layer.params[1] is b
    arrays = list(layer.grads)
    layer.forward(normal(4, 3))
    layer.backward(np.ones((4, 2)))
    assert all(g is h for g, h in zip(layer.grads, arrays, strict=True))
    np.testing.assert_allclose(layer.grads[1], [4, 4])
    np.testing.assert_allclose(layer.grads[0], normal(4, 3).T @ np.ones((4, 2)))


def test_affine_s_own_gradients_are_new_arrays():
    layer = Affine(normal(3, 2), np.zeros(2))
    layer.forward(normal(4, 3))
    first = layer.gradients(np.ones((4, 2)))
    layer.backward(np.ones((4, 2)))
    for g, h in zip(first, layer.grads, strict=True):
        np.testing.assert_array_equal(g, h)
        assert not np.may_share_memory(g, h)


@pytest.mark.parity
def test_affine_and_batch_normalization_are_pytorch_s():
    torch = pytest.importorskip("torch")
    x, W, b, gamma, beta = normal(5, 3), normal(3, 4, seed=1), normal(4, seed=2), normal(4, seed=3), normal(4, seed=4)
    affine, batch = Affine(W, b), scratch.BatchNormalization(gamma, beta)
    y = batch.forward(affine.forward(x))
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, W, b, gamma, beta)]
    mean, variance = torch.zeros(4, dtype=torch.float64), torch.ones(4, dtype=torch.float64)
    h = tensors[0] @ tensors[1] + tensors[2]
    expected = torch.nn.functional.batch_norm(h, mean, variance, *tensors[3:], training=True)
    np.testing.assert_allclose(y, expected.detach().numpy(), rtol=0, atol=1e-10)
    np.testing.assert_allclose(batch.running_mean, mean.numpy(), rtol=0, atol=1e-10)
    w = weights_like(y)
    expected.backward(torch.tensor(w))
    dx = affine.backward(batch.backward(w))
    for g, own in zip((dx, *affine.grads, *batch.grads), tensors, strict=True):
        np.testing.assert_allclose(g, own.grad.numpy(), rtol=0, atol=1e-8)


# in training and in use ---------------------------------------------------------------------------------


def test_dropout_scales_what_it_keeps():
    layer = scratch.Dropout(0.25)
    y = layer.forward(np.ones((100, 100)))
    assert set(np.unique(y)) == {0.0, 1 / 0.75}
    assert abs(np.mean(y == 0) - 0.25) < 0.02
    np.testing.assert_array_equal(layer.backward(np.full((100, 100), 2.0)), 2 * y)
    np.testing.assert_array_equal(layer.forward([1, 2], train_flg=False), [1, 2])
    np.testing.assert_array_equal(layer.backward([3, 4]), [3, 4])


def test_dropout_of_everything():
    layer = scratch.Dropout(1)
    assert layer.forward([1.0, 2.0]).tolist() == [0, 0]
    assert layer.backward([1.0, 2.0]).tolist() == [0, 0]


def test_batch_normalization_normalises():
    layer = scratch.BatchNormalization(np.ones(3), np.zeros(3), momentum=0.5, eps=1e-12)
    x = 5 + 2 * normal(50, 3)
    y = layer.forward(x)
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), 1)
    np.testing.assert_allclose(layer.running_mean, 0.5 * x.mean(axis=0))
    np.testing.assert_allclose(layer.running_var, 0.5 + 0.5 * x.var(axis=0))
    layer.forward(x)
    np.testing.assert_allclose(layer.running_mean, 0.75 * x.mean(axis=0))


def test_batch_normalization_in_use():
    mean, variance = np.array([1.0, 2.0]), np.array([4.0, 9.0])
    layer = scratch.BatchNormalization([2, 3], [0, 1], running_mean=mean, running_var=variance, eps=0)
    y = layer.forward([[1, 2], [3, 8]], train_flg=False)
    np.testing.assert_allclose(y, [[0, 1], [2, 7]])
    np.testing.assert_allclose(layer.backward(np.ones((2, 2))), [[1, 1], [1, 1]])
    assert layer.grads[0].tolist() == [1, 2]
    assert layer.running_mean is mean
    assert mean.tolist() == [1, 2]


def test_batch_normalization_in_use_has_the_right_slopes():
    class InUse(scratch.BatchNormalization):
        def forward(self, x):
            return super().forward(x, train_flg=False)

    check_layer(
        InUse(normal(3), normal(3, seed=1), running_mean=normal(3, seed=2), running_var=[1, 2, 3]), normal(4, 3)
    )


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (scratch.Sigmoid(), "<Sigmoid: 1 / (1 + exp(-x))>"),
        (Layer("softplus"), "<Layer(softplus): "),
        (Affine(np.zeros((3, 2)), np.zeros(2)), "<Affine: [3, 2]>"),
        (scratch.SoftmaxWithLoss(), "<SoftmaxWithLoss: −Σ t·log y, over n>"),
    ],
)
def test_layers_say_what_they_are(layer, text):
    assert repr(layer).startswith(text)
