"""What a module is made of, how it is called, how it is changed, and how it prints."""

import copy
import gc
import pickle
import warnings
import weakref

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.tensor import Tensor
from glassnet.tensor.graph import Node


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 3)
        self.scale = nn.Parameter(glassnet.ones(3))
        self.body = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Identity())
        self.register_buffer("seen", glassnet.zeros(()))
        self.fc2 = nn.Linear(3, 2)
        self.again = self.fc2

    def forward(self, x):
        return self.fc2(self.body(self.fc1(x).relu() * self.scale))


class Double(nn.Module):
    def forward(self, x, times=2):
        return x * times


# parameters ---------------------------------------------------------------------------------------


def test_parameter_shares_memory_and_requires_a_gradient():
    x = glassnet.zeros(2, 3)
    with glassnet.no_grad():
        p = nn.Parameter(x)
    x[0, 0] = 5
    assert p.requires_grad
    assert p.is_leaf
    assert isinstance(p, Tensor)
    assert p[0, 0].item() == 5
    assert nn.Parameter().shape == (0,)
    assert not nn.Parameter(x, requires_grad=False).requires_grad


def test_parameter_of_a_result_is_a_leaf():
    x = glassnet.ones(2, requires_grad=True) * 2
    assert nn.Parameter(x).is_leaf


def test_parameter_of_integers_says_what_to_do():
    with pytest.raises(RuntimeError, match=r"only floating tensors can require gradients, got int64.*x\.float\(\)"):
        nn.Parameter(glassnet.tensor([1, 2]))


def test_parameter_prints_and_copies():
    p = nn.Parameter(glassnet.zeros(2))
    assert repr(p) == "Parameter containing:\ntensor([0., 0.], requires_grad=True)"
    (p * 3).sum().backward()
    q = copy.deepcopy(p)
    q.data.fill_(1)
    q.grad.fill_(0)
    assert type(q) is nn.Parameter
    assert p.tolist() == [0, 0]
    assert p.grad.tolist() == [3, 3]


def test_what_is_computed_from_parameters_is_a_plain_tensor():
    p = nn.Parameter(glassnet.ones(2))
    assert type(p + p) is Tensor
    assert type(p.detach()) is Tensor
    assert type(p.data) is Tensor


def test_writing_to_shared_memory_is_noticed_by_autograd():
    x = glassnet.ones(2)
    p = nn.Parameter(x)
    y = (p * p).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


# registration -------------------------------------------------------------------------------------


def test_assigned_parts_are_found_by_name_in_order():
    net = Net()
    names = [name for name, _ in net.named_parameters()]
    assert names == ["scale", "fc1.weight", "fc1.bias", "body.0.weight", "fc2.weight", "fc2.bias"]
    assert [name for name, _ in net.named_buffers()] == ["seen"]
    assert [name for name, _ in net.named_children()] == ["fc1", "body", "fc2"]
    assert [name for name, _ in net.named_modules()] == ["", "fc1", "body", "body.0", "body.1", "fc2"]
    assert list(net.buffers()) == [net.seen]
    assert list(net.children()) == [net.fc1, net.body, net.fc2]
    assert list(net.parameters(recurse=False)) == [net.scale]
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]
    assert list(net.buffers(recurse=False)) == [net.seen]


def test_shared_parts_come_once_unless_asked_for():
    net = Net()
    twice = [name for name, _ in net.named_parameters(remove_duplicate=False)]
    assert twice[-2:] == ["again.weight", "again.bias"]
    assert [name for name, _ in net.named_modules(remove_duplicate=False)][-1] == "again"
    net.fc2.weight = net.fc1.bias = nn.Parameter(glassnet.zeros(2, 3))
    assert [name for name, _ in net.named_parameters()].count("fc1.bias") == 1
    assert "fc2.weight" not in dict(net.named_parameters())
    buffered = nn.Module()
    buffered.register_buffer("a", net.seen)
    buffered.register_buffer("b", net.seen)
    assert [name for name, _ in buffered.named_buffers()] == ["a"]
    assert [name for name, _ in buffered.named_buffers(remove_duplicate=False)] == ["a", "b"]


def test_assigning_again_keeps_or_moves_the_place():
    net = Net()
    net.fc1 = nn.Identity()
    assert [name for name, _ in net.named_children()] == ["fc1", "body", "fc2"]
    net.fc1 = nn.Parameter(glassnet.zeros(1))  # another kind: registered anew
    assert [name for name, _ in net.named_children()] == ["body", "fc2"]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale", "fc1"]
    net.scale = None
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["fc1"]
    net.scale = nn.Parameter(glassnet.zeros(1))
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["scale", "fc1"]


def test_deleting_and_reading_what_is_not_there():
    net = Net()
    del net.fc1, net.seen
    assert not hasattr(net, "fc1")
    assert "fc1.weight" not in dict(net.named_parameters())
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'fc1'"):
        net.fc1  # noqa: B018
    with pytest.raises(AttributeError):
        del net.fc1
    net.note = "a plain attribute"
    del net.note
    assert not hasattr(net, "note")


@pytest.mark.parametrize(
    "value", [nn.Parameter(glassnet.zeros(1)), nn.Identity(), nn.Buffer(glassnet.zeros(1))], ids=["p", "m", "b"]
)
def test_forgetting_super_init_is_explained(value):
    class Forgetful(nn.Module):
        def __init__(self):
            self.note = "plain attributes do not need it"
            self.part = value

    with pytest.raises(AttributeError, match=r"Forgetful .*before Module\.__init__\(\).*super\(\)\.__init__\(\)"):
        Forgetful()


def test_forgetting_super_init_without_parts_is_explained_when_they_are_asked_for():
    class Forgetful(nn.Module):
        def __init__(self):
            self.note = 1
            del self.note

    with pytest.raises(AttributeError, match=r"super\(\)\.__init__\(\)"):
        list(Forgetful().parameters())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("scale", glassnet.zeros(3), r"expected a Parameter or None for the parameter 'scale', got Tensor; wrap it"),
        ("scale", 3, r"expected a Parameter or None for the parameter 'scale', got int$"),
        ("fc1", glassnet.zeros(3), r"expected a Module or None for the module 'fc1', got Tensor$"),
        ("fc1", nn.Linear, r"expected a Module or None for the module 'fc1', got the class Linear; make one of it"),
        ("fc1", len, r"for the module 'fc1', got builtin_function_or_method; use the module of the function"),
        ("seen", 3.0, r"expected a Tensor or None for the buffer 'seen', got float"),
    ],
)
def test_assigning_what_is_no_part_is_refused(name, value, message):
    net = Net()
    before = getattr(net, name)
    with pytest.raises(TypeError, match=message):
        setattr(net, name, value)
    assert getattr(net, name) is before


@pytest.mark.parametrize(
    ("register", "name", "value", "error", "message"),
    [
        ("register_parameter", "a.b", None, KeyError, "must not be empty or contain a dot"),
        ("register_parameter", "", None, KeyError, "must not be empty"),
        ("register_parameter", 3, None, TypeError, "name of a parameter as text, got int: 3"),
        ("register_parameter", "forward", None, KeyError, "'forward' is a name that every Net has already"),
        ("register_parameter", "fc1", None, KeyError, "Net has an attribute 'fc1' already"),
        ("register_parameter", "p", glassnet.zeros(1), TypeError, "expected a Parameter or None"),
        ("register_buffer", "scale", None, KeyError, "Net has an attribute 'scale' already"),
        ("register_buffer", "b", [1.0], TypeError, "expected a Tensor or None for the buffer 'b', got list"),
        ("register_module", "train", nn.Identity(), KeyError, "'train' is a name that"),
        ("add_module", "m", 3, TypeError, "expected a Module or None"),
    ],
)
def test_registering_what_cannot_be_is_refused(register, name, value, error, message):
    with pytest.raises(error, match=message):
        getattr(Net(), register)(name, value)


def test_registering_by_name():
    net = nn.Module()
    net.register_parameter("weight", nn.Parameter(glassnet.zeros(2)))
    net.register_parameter("bias", None)
    net.register_module("act", nn.Identity())
    net.add_module("nothing", None)
    net.shift = nn.Buffer(glassnet.zeros(1))
    net.mask = nn.Buffer(glassnet.zeros(1), persistent=False)
    assert net.bias is None
    assert net.nothing is None
    assert list(net.children()) == [net.act]
    assert [name for name, _ in net.named_buffers()] == ["shift", "mask"]
    assert list(net.state_dict()) == ["weight", "shift"]
    net.shift = glassnet.ones(1)  # a buffer may become any tensor
    assert next(iter(net.buffers())) is net.shift


def test_pytorchs_own_dictionaries_are_there_and_live():
    net = Net()
    assert list(net._modules) == ["fc1", "body", "fc2", "again"]
    assert list(net._parameters) == ["scale"]
    assert list(net._buffers) == ["seen"]
    net._modules["fc1"] = replacement = nn.Linear(4, 3)
    assert net.fc1 is replacement
    assert "scale" not in net._modules
    del net._modules["again"]
    assert len(net._modules) == 3
    assert not hasattr(net, "again")
    with pytest.raises(KeyError):
        del net._parameters["fc1"]
    assert repr(nn.Sequential(nn.Identity())._modules) == "{'0': Identity()}"


def test_dir_lists_parts_but_not_numbers():
    assert {"fc1", "scale", "seen", "forward"} <= set(dir(Net()))
    assert "0" not in dir(nn.Sequential(nn.Identity()))


def test_parts_by_path():
    net = Net()
    assert net.get_submodule("") is net
    assert net.get_submodule("body.0") is net.body[0]
    assert net.get_parameter("fc1.weight") is net.fc1.weight
    assert net.get_parameter("scale") is net.scale
    assert net.get_buffer("seen") is net.seen


@pytest.mark.parametrize(
    ("get", "path", "message"),
    [
        ("get_submodule", "fc9", r"Net has no module 'fc9'; it has fc1, body, fc2, again"),
        ("get_submodule", "body.7.x", r"body has no module '7'; it has 0, 1"),
        ("get_submodule", "fc1.x", r"fc1 has no module 'x'; it has none"),
        ("get_parameter", "fc1.gain", r"fc1 has no parameter 'gain'; it has weight, bias"),
        ("get_buffer", "scale", r"Net has no buffer 'scale'; it has seen"),
    ],
)
def test_a_path_that_leads_nowhere(get, path, message):
    with pytest.raises(AttributeError, match=message):
        getattr(Net(), get)(path)


# modes --------------------------------------------------------------------------------------------


def test_train_and_eval_reach_everything_and_respect_overrides():
    class Frozen(nn.Module):
        def train(self, mode=True):
            return super().train(False)

    net = nn.Sequential(nn.Dropout(), nn.Sequential(Frozen(), nn.Dropout()))
    assert net.eval() is net
    assert not any(m.training for m in net.modules())
    net.train()
    assert [m.training for m in net.modules()] == [True, True, True, False, True]
    with pytest.raises(ValueError, match="train: expected True or False, got 1"):
        net.train(1)


def test_freezing_and_forgetting_gradients():
    net = Net()
    net.fc1.requires_grad_(False)
    net(glassnet.ones(2, 4)).sum().backward()
    assert net.fc1.weight.grad is None
    grads = [p.grad for p in net.parameters() if p.grad is not None]
    assert len(grads) == 4
    net.zero_grad(set_to_none=False)
    assert all(not g.array.any() for g in grads)
    assert net.scale.grad is grads[0]
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_apply_visits_children_first():
    seen = []
    net = nn.Sequential(nn.Sequential(nn.Identity()), nn.Dropout())
    assert net.apply(lambda m: seen.append(m)) is net
    assert seen == [net[0][0], net[0], net[1], net]


# dtypes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("convert", "dtype"),
    [
        (lambda m: m.double(), glassnet.float64),
        (lambda m: m.half(), glassnet.float16),
        (lambda m: m.double().float(), glassnet.float32),
        (lambda m: m.to(glassnet.float64), glassnet.float64),
        (lambda m: m.to("cpu", glassnet.float64), glassnet.float64),
        (lambda m: m.to(dtype=glassnet.float64), glassnet.float64),
        (lambda m: m.to(glassnet.zeros(1, dtype=glassnet.float64)), glassnet.float64),
        (lambda m: m.to("cpu"), glassnet.float32),
        (lambda m: m.cpu(), glassnet.float32),
    ],
)
def test_converting_keeps_the_parameters_themselves(convert, dtype):
    net = Net()
    net.register_buffer("count", glassnet.tensor(3))
    net(glassnet.ones(1, 4)).sum().backward()
    parameters = list(net.parameters())
    values = [p.detach().double().tolist() for p in parameters]
    assert convert(net) is net
    assert all(p is q for p, q in zip(net.parameters(), parameters, strict=True))
    assert {p.dtype for p in parameters} | {p.grad.dtype for p in parameters} | {net.seen.dtype} == {dtype}
    assert net.count.dtype == glassnet.int64
    if dtype != glassnet.float16:
        assert [p.tolist() for p in parameters] == values


def test_a_memory_format_is_that_of_the_weights_of_convolutions():
    network = nn.Sequential(nn.Conv2d(2, 3, 5), nn.BatchNorm2d(3))
    before = [p.tolist() for p in network.parameters()]
    assert network.to(glassnet.float64, memory_format=glassnet.channels_last) is network
    assert network[0].weight.stride() == (50, 1, 10, 2)
    assert {p.dtype.name for p in network.parameters()} == {"float64"}
    assert [p.tolist() for p in network.parameters()] == before


def test_converting_to_what_cannot_be():
    with pytest.raises(TypeError, match="parameters of a module are floating, got int64"):
        Net().to(glassnet.int64)
    for convert in (lambda m: m.cuda(), lambda m: m.to("cuda:0")):
        with pytest.raises(RuntimeError, match='expected device "cpu"'):
            convert(nn.Identity())


# copies -------------------------------------------------------------------------------------------


def test_deepcopy_is_another_network():
    net = Net()
    net.register_forward_hook(lambda *_: None)
    other = copy.deepcopy(net)
    assert other.again is other.fc2
    assert other.fc1 is not net.fc1
    assert list(other.state_dict()) == list(net.state_dict())
    x = glassnet.randn(2, 4)
    assert glassnet.equal(other(x), net(x))
    other.fc1.weight.data.zero_()
    assert net.fc1.weight.array.any()
    assert next(other.parameters()) is other.scale


def test_copy_shares_the_parts_but_not_the_registry():
    net = Net()
    other = copy.copy(net)
    assert other.fc1 is net.fc1
    del other.fc1
    other.extra = nn.Identity()
    assert [name for name, _ in net.named_children()] == ["fc1", "body", "fc2"]
    assert not hasattr(net, "extra")


def test_a_module_that_a_script_pickles_is_there_again():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.LazyLinear(2), nn.LSTM(2, 2))
    net[0].weight.requires_grad_(False)
    other = pickle.loads(pickle.dumps(net))
    assert repr(other) == repr(net)
    assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in net.parameters()]
    assert other[1].running_mean.tolist() == [0, 0, 0]
    assert not pickle.loads(pickle.dumps(nn.Buffer(glassnet.ones(1), persistent=False))).persistent


# calling ------------------------------------------------------------------------------------------


def test_calling_passes_arguments_on():
    assert Double()(3, times=5) == 15


def test_a_module_without_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match=r"^Empty has no forward; define def forward\(self, x\)"):
        Empty()(1)
    with pytest.raises(NotImplementedError, match=r"^in 0 \(Empty\(\)\): Empty has no forward"):
        nn.Sequential(Empty())(1)


def test_an_error_names_the_layer_by_its_path():
    net = Net()
    with pytest.raises(
        glassnet.ShapeError,
        match=r"^in fc1 \(Linear\(in_features=4, out_features=3, bias=True\)\): linear: expected an input whose last",
    ):
        net(glassnet.ones(2, 5))
    net.fc1 = nn.Identity()
    net.scale = nn.Parameter(glassnet.ones(()))
    with pytest.raises(glassnet.ShapeError, match=r"^in body\.0 \(Linear\(in_features=3, out_features=3, bias=False\)"):
        net(glassnet.ones(2, 4))
    outer = nn.Sequential(nn.Identity(), net)
    with pytest.raises(glassnet.ShapeError, match=r"^in 1\.body\.0 \(Linear\("):
        outer(glassnet.ones(2, 4))


def test_an_error_in_a_lone_layer_names_it_without_a_path():
    with pytest.raises(glassnet.ShapeError, match=r"^in Linear\(in_features=4, out_features=3, bias=True\): linear: "):
        nn.Linear(4, 3)(glassnet.ones(2, 5))


def test_an_error_in_the_forward_of_a_network_names_the_network():
    net = Net()
    net.scale = nn.Parameter(glassnet.ones(7))
    with pytest.raises(glassnet.ShapeError, match=r"^in Net: mul: shapes"):
        net(glassnet.ones(2, 4))
    with pytest.raises(glassnet.ShapeError, match=r"^in 0 \(Net\): mul: shapes"):
        nn.Sequential(net)(glassnet.ones(2, 4))


@pytest.mark.parametrize(
    ("layer", "arguments", "kind", "message"),
    [
        (
            nn.Upsample(scale_factor=2),
            [(2, 3)],
            NotImplementedError,
            r"Upsample\(.*: interpolate: expected an",
        ),
        (
            nn.EmbeddingBag(3, 2, mode="max"),
            [(2,), (1,), (2,)],
            NotImplementedError,
            r"EmbeddingBag\(.*: embedding_",
        ),
        (nn.Linear(2, 2), [(2, 2), (2, 2)], TypeError, r"Linear\(.*\)\): Linear.forward\(\) takes 2 positional"),
    ],
    ids=lambda x: type(x).__name__ if isinstance(x, nn.Module) else "",
)
def test_an_error_of_pythons_that_glassnet_raises_names_the_layer(layer, arguments, kind, message):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer

        def forward(self, *arguments):
            return self.layer(*arguments)

    zeros = [glassnet.zeros(*shape) for shape in arguments]
    if isinstance(layer, nn.EmbeddingBag):
        zeros[:2] = [x.long() for x in zeros[:2]]
    with pytest.raises(kind, match=rf"^in layer \({message}") as caught:
        Net()(*zeros)
    assert type(caught.value) is kind


def test_an_error_of_the_users_stays_as_it_is():
    class Net(nn.Module):
        def forward(self, x):
            raise ValueError("mine", x) if x else ValueError("mine")

    for x in (0, 1):
        with pytest.raises(ValueError, match="mine") as caught:
            nn.Sequential(Net())(x)
        assert caught.value.args == (("mine", 1) if x else ("mine",))


def test_an_error_in_a_shared_layer_names_its_first_path():
    shared = nn.Linear(3, 2)
    net = nn.ModuleDict({"a": nn.Sequential(shared), "b": nn.Sequential(shared)})

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = net

        def forward(self, x):
            return self.parts["b"](x)

    with pytest.raises(glassnet.ShapeError, match=r"^in parts\.a\.0 \(Linear"):
        Twice()(glassnet.ones(2, 5))


def test_an_error_in_a_module_that_is_not_registered_is_named_without_a_path():
    class Hidden(nn.Module):
        def forward(self, x):
            return nn.Linear(3, 2)(x)

    with pytest.raises(glassnet.ShapeError, match=r"^in Linear\(in_features=3"):
        Hidden()(glassnet.ones(2, 5))


# printing -----------------------------------------------------------------------------------------


def test_repr_of_nested_modules():
    assert repr(nn.Identity()) == "Identity()"
    assert repr(nn.Sequential(nn.Identity(), nn.Sequential(nn.Linear(2, 3)))) == (
        "Sequential(\n"
        "  (0): Identity()\n"
        "  (1): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "  )\n"
        ")"
    )


def test_repr_with_extra_lines():
    class Lines(nn.Module):
        def extra_repr(self):
            return "one\ntwo"

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = Lines()

        def extra_repr(self):
            return "size=3"

    assert repr(Lines()) == "Lines(\n  one\n  two\n)"
    assert repr(Both()) == "Both(\n  size=3\n  (inner): Lines(\n    one\n    two\n  )\n)"


# hooks --------------------------------------------------------------------------------------------


def test_hooks_are_called_in_order_and_taken_away():
    calls = []
    layer = Double()
    handles = [
        layer.register_forward_hook(lambda m, args, y: calls.append(("after 1", m is layer, args, y))),
        layer.register_forward_pre_hook(lambda m, args: calls.append(("before 1", m is layer, args))),
        layer.register_forward_pre_hook(lambda m, args: calls.append(("before 0", m is layer, args)), prepend=True),
        layer.register_forward_hook(lambda m, args, y: calls.append(("after 0", m is layer, args, y)), prepend=True),
    ]
    assert layer(3) == 6
    assert calls == [
        ("before 0", True, (3,)),
        ("before 1", True, (3,)),
        ("after 0", True, (3,), 6),
        ("after 1", True, (3,), 6),
    ]
    for handle in handles:
        handle.remove()
    calls.clear()
    assert layer(3) == 6
    assert not calls


def test_hooks_replace_what_goes_in_and_comes_out():
    layer = Double()
    layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
    layer.register_forward_pre_hook(lambda m, args: (args[0] + 10, 3))
    layer.register_forward_hook(lambda m, args, y: y + args[0])
    layer.register_forward_hook(lambda m, args, y: -y)
    assert layer(3) == -(14 * 3 + 14)


def test_hooks_with_keyword_arguments():
    layer = Double()
    seen = []
    layer.register_forward_pre_hook(lambda m, args, kwargs: seen.append(kwargs), with_kwargs=True)
    layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"times": 7}), with_kwargs=True)
    layer.register_forward_hook(lambda m, args, kwargs, y: (y, kwargs["times"]), with_kwargs=True)
    assert layer(3, times=4) == (21, 7)
    assert seen == [{"times": 4}]
    layer.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with pytest.raises(TypeError, match=r"must return None or \(args, kwargs\), got tuple"):
        layer(3)


def test_backward_hooks_see_the_gradients_that_pass_the_module():
    layer = nn.Linear(2, 1, bias=False)
    layer.weight.data.copy_(glassnet.tensor([[2.0, 3.0]]))
    seen = []
    handle = layer.register_full_backward_hook(lambda m, gx, gy: seen.append((m is layer, gx, gy)))
    x = glassnet.ones(1, 2, requires_grad=True)
    (layer(x).sum() * 5 + x.sum()).backward()  # what x is used for besides the layer is not the layer's
    ((same, (gx,), (gy,)),) = seen
    assert same
    assert gx.tolist() == [[10, 15]]
    assert gy.tolist() == [[5]]
    assert x.grad.tolist() == [[11, 16]]
    handle.remove()
    layer(x).sum().backward()
    assert len(seen) == 1


def test_a_backward_hook_replaces_the_gradient_of_the_input():
    layer = Double()
    layer.register_full_backward_hook(lambda m, gx, gy: (gx[0] * 10,))
    layer.register_full_backward_hook(lambda m, gx, gy: gx[0] + 1)
    x = glassnet.ones(1, requires_grad=True)
    y = layer(x).sum()
    y.backward(retain_graph=True)
    assert x.grad.tolist() == [21]
    y.backward()
    assert x.grad.tolist() == [42]


def test_a_backward_hook_of_a_layer_whose_input_needs_no_gradient():
    layer = nn.Linear(2, 2)
    seen = []
    layer.register_full_backward_hook(lambda m, gx, gy: seen.append((gx, gy[0].tolist())))
    layer(glassnet.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1, 1]])]
    with glassnet.no_grad():
        layer(glassnet.ones(1, 2))
    assert len(seen) == 1


def test_a_backward_hook_of_several_outputs_and_no_input_that_needs_a_gradient():
    class Split(nn.Linear):
        def forward(self, x):
            return super().forward(x).unbind(1)

    layer = Split(2, 2)
    seen = []
    layer.register_full_backward_hook(lambda m, gx, gy: seen.append((gx, [g.item() for g in gy])))
    first, second = layer(glassnet.ones(1, 2))
    (first + 3 * second).sum().backward()
    assert seen == [((None,), [1, 3])]


def test_a_backward_hook_of_several_inputs_and_outputs():
    class Pair(nn.Module):
        def forward(self, a, n, b):
            return a * n, a * b, n

    pair = Pair()
    seen = []
    pair.register_full_backward_hook(lambda m, gx, gy: seen.append((gx, gy)))
    a, b = (glassnet.full((1,), k, requires_grad=True) for k in (2.0, 3.0))
    first, second, n = pair(a, 5, b)
    assert n == 5
    (first + 10 * second).sum().backward()
    ((gx, gy),) = seen
    assert [None if g is None else g.item() for g in gx] == [35, None, 20]
    assert [None if g is None else g.item() for g in gy] == [1, 10, None]
    pair.register_full_backward_hook(lambda m, gx, gy: gx)
    first, second, _ = pair(a, 5, b)
    with pytest.raises(RuntimeError, match="can replace the gradient of one input, but here 2 inputs"):
        (first + second).sum().backward()


# memory -------------------------------------------------------------------------------------------


def test_training_without_gc_stays_flat():
    net = nn.Sequential(nn.Linear(8, 8), Double(), nn.Linear(8, 8), nn.Dropout(0.0))
    net[1].register_forward_hook(lambda m, args, y: None)
    net[1].register_full_backward_hook(lambda m, gx, gy: None)
    x = glassnet.ones(4, 8)

    def step():
        net.zero_grad()
        (net(x) ** 2).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)

    def alive():
        return sum(issubclass(type(o), Tensor | Node) for o in gc.get_objects())

    step()
    while gc.collect():  # what other tests left may take more than one go
        pass
    gc.disable()
    try:
        before = alive()
        for _ in range(20):
            step()
        assert alive() == before
        assert gc.collect() == 0  # nothing was left to the garbage collector
    finally:
        gc.enable()


def test_a_network_is_freed_by_reference_counting():
    net = Net()
    gone = weakref.ref(net)
    list(net._modules.items())
    gc.disable()
    try:
        del net
        assert gone() is None
    finally:
        gc.enable()


# against PyTorch ----------------------------------------------------------------------------------


def architectures(nn):
    class Block(nn.Module):
        def __init__(self, n):
            super().__init__()
            self.norm = nn.Identity()
            self.fc = nn.Linear(n, n, bias=False)
            self.gates = nn.ModuleList([nn.Linear(n, n), nn.Linear(n, n), nn.Dropout(0.1)])
            self.register_parameter("nothing", None)
            self.register_buffer("mask", None)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.blocks = nn.Sequential(Block(2), Block(3))
            self.heads = nn.ModuleDict({"a": nn.Linear(2, 3), "b": nn.Sequential()})
            self.table = nn.Embedding(5, 4, padding_idx=-1)
            self.both = nn.Bilinear(2, 3, 4)
            self.shape = nn.Sequential(nn.Flatten(), nn.Unflatten(1, (2, -1)))
            self.tied = self.heads["a"]

        def extra_repr(self):
            return "depth=2"

    return [Model(), nn.Sequential(), nn.ModuleList(), Block(1)]


@pytest.mark.parity
def test_repr_and_names_are_pytorchs():
    torch = pytest.importorskip("torch")
    for ours, theirs in zip(architectures(nn), architectures(torch.nn), strict=True):
        assert repr(ours) == repr(theirs)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        for names in ("named_parameters", "named_buffers", "named_modules", "named_children"):
            assert [n for n, _ in getattr(ours, names)()] == [n for n, _ in getattr(theirs, names)()]
        for names in ("named_parameters", "named_buffers", "named_modules"):
            for remove in (True, False):
                assert [n for n, _ in getattr(ours, names)(prefix="p", remove_duplicate=remove)] == [
                    n for n, _ in getattr(theirs, names)(prefix="p", remove_duplicate=remove)
                ]


@pytest.mark.parity
def test_three_layers_backward_is_pytorchs():
    torch = pytest.importorskip("torch")
    sizes = [(5, 7), (7, 6), (6, 3)]
    ours = nn.Sequential(*[nn.Linear(a, b, dtype=glassnet.float64) for a, b in sizes])
    theirs = torch.nn.Sequential(*[torch.nn.Linear(a, b, dtype=torch.float64) for a, b in sizes])
    theirs.load_state_dict({k: torch.tensor(v.array) for k, v in ours.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((4, 5))

    def loss(net, x):
        a, b, c = net
        return (c(b(a(x).relu()).tanh()) ** 2).mean()

    mine, other = loss(ours, glassnet.tensor(x)), loss(theirs, torch.tensor(x))
    mine.backward()
    other.backward()
    assert abs(mine.item() - other.item()) < 1e-10
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.array, q.grad.numpy(), rtol=0, atol=1e-8)


@pytest.mark.parity
def test_backward_hooks_are_pytorchs():
    torch = pytest.importorskip("torch")
    results = []
    for lib in (glassnet, torch):
        layer = lib.nn.Linear(2, 2)
        with lib.no_grad():
            layer.weight.copy_(lib.tensor([[1.0, 2.0], [3.0, 4.0]]))
        seen = []
        layer.register_full_backward_hook(
            lambda m, gx, gy, seen=seen: seen.append([None if g is None else g.tolist() for g in (*gx, *gy)])
        )
        x = lib.ones(2, 2, requires_grad=True)
        (layer(x * 2).sum() * 3).backward()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PyTorch warns that there is no gradient of the input to see
            layer(lib.ones(2, 2)).sum().backward()
        results.append((seen, x.grad.tolist()))
    assert results[0] == results[1]


def test_types_and_memory() -> None:
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    assert model.type(glassnet.float64) is model
    assert {x.dtype for x in model.state_dict().values()} == {np.dtype(np.float64)}
    memory = model[0].weight.array
    assert model.to_empty(device="cpu") is model
    assert model[0].weight.array is not memory
    assert model[0].weight.shape == (1, 2)
    assert isinstance(model[0].weight, nn.Parameter)
    memory = model[0].weight.array
    model.to_empty(recurse=False)
    assert model[0].weight.array is memory
    assert model.share_memory() is model
    with pytest.raises(RuntimeError):
        model.to_empty(device="cuda")
