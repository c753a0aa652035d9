"""Containers: the ways of lists and dicts, and that what they hold is found."""

from collections import OrderedDict

import pytest

import glassnet
from glassnet import nn


def add(n):
    class Add(nn.Module):
        def forward(self, x):
            return [*x, n]

        def extra_repr(self):
            return str(n)

    return Add()


def names(container):
    return [name for name, _ in container.named_children()]


def texts(container):
    return [module.extra_repr() for module in container]


NUMBERED = pytest.mark.parametrize(
    "make", [lambda parts: nn.Sequential(*parts), nn.ModuleList], ids=["Sequential", "ModuleList"]
)


# lists of modules -----------------------------------------------------------------------------------


def test_sequential_calls_one_after_another():
    net = nn.Sequential(add(0), add(1), nn.Sequential(add(2)))
    assert net([]) == [0, 1, 2]
    assert nn.Sequential()("unchanged") == "unchanged"


def test_sequential_with_names():
    net = nn.Sequential(OrderedDict(first=add(0), second=add(1)))
    assert names(net) == ["first", "second"]
    assert net.first is net[0]
    assert names(net[1:]) == ["second"]
    net.append(add(2))
    assert names(net) == ["first", "second", "2"]
    assert nn.Sequential({"1": add(0)}).append(add(1))([]) == [0, 1]  # the name "1" is taken


@NUMBERED
def test_indexing(make):
    parts = [add(i) for i in range(4)]
    held = make(parts)
    assert len(held) == 4
    assert list(held) == parts
    assert held[0] is parts[0]
    assert held[-1] is parts[3]
    assert getattr(held, "0") is parts[0]
    assert type(held[1:3]) is type(held)
    assert list(held[1:3]) == parts[1:3]
    assert list(held[::-2]) == [parts[3], parts[1]]
    assert parts[2] in held


@NUMBERED
def test_changing(make):
    held = make([add(i) for i in range(3)])
    held[1] = add(10)
    held[-1] = add(20)
    assert texts(held) == ["0", "10", "20"]
    assert held.insert(1, add(5)) is held
    held.insert(-1, add(15))
    held.insert(5, add(99))
    assert texts(held) == ["0", "5", "10", "15", "20", "99"]
    assert names(held) == list("012345")
    del held[0]
    del held[-1]
    assert texts(held) == ["5", "10", "15", "20"]
    assert names(held) == list("0123")
    del held[1:3]
    assert texts(held) == ["5", "20"]
    assert held.pop().extra_repr() == "20"
    assert held.pop(0).extra_repr() == "5"
    assert len(held) == 0


@NUMBERED
def test_joining(make):
    held = make([add(0)])
    assert held.append(add(1)).extend([add(2)]) is held
    other = held + make([add(3)])
    assert texts(other) == ["0", "1", "2", "3"]
    assert type(other) is type(held)
    held += other
    assert texts(held) == ["0", "1", "2", "0", "1", "2", "3"]
    held.extend(held[:1])
    assert len(held) == 8


@NUMBERED
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda c: c[2], IndexError, "expected an index from -2 to 1, got 2"),
        (lambda c: c[-3], IndexError, "expected an index from -2 to 1, got -3"),
        (lambda c: c.__setitem__(2, add(0)), IndexError, "got 2"),
        (lambda c: c.__delitem__(2), IndexError, "got 2"),
        (lambda c: c.insert(3, add(0)), IndexError, "a position to insert at from -2 to 2, got 3"),
        (lambda c: c.insert(0, 3), TypeError, "expected a Module or None for the module '2', got int"),
        (lambda c: c.append(nn.Linear), TypeError, r"got the class Linear; make one of it: Linear\(\)"),
        (lambda c: c.extend(add(0)), TypeError, r"expected a list, got Add; append\(\) adds one"),
        (lambda c: c[5:].pop(), IndexError, "no index, as it is empty, got -1"),
    ],
)
def test_what_cannot_be_leaves_it_as_it_was(make, change, error, message):
    held = make([add(0), add(1)])
    with pytest.raises(error, match=message):
        change(held)
    assert texts(held) == ["0", "1"]


def test_classic_mistakes_with_sequential():
    with pytest.raises(TypeError, match=r"expected modules, got a list; unpack it: Sequential\(\*layers\)"):
        nn.Sequential([nn.Linear(2, 3)])
    with pytest.raises(TypeError, match=r"expected a module at '0', got None; nn\.Identity\(\)"):
        nn.Sequential(None)
    with pytest.raises(TypeError, match="functions have their modules"):
        nn.Sequential(glassnet.relu)
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        nn.ModuleList()(1)


def test_parts_of_a_list_are_the_networks():
    net = nn.Module()
    net.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    assert list(net.state_dict()) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    assert nn.ModuleList([None, nn.Identity()])[0] is None


def test_a_module_list_prints_equal_neighbours_as_one_line():
    held = nn.ModuleList([add(1), add(1), nn.Sequential(add(2)), add(1)])
    assert repr(held) == (
        "ModuleList(\n  (0-1): 2 x Add(1)\n  (2): Sequential(\n    (0): Add(2)\n  )\n  (3): Add(1)\n)"
    )


# dicts of modules -----------------------------------------------------------------------------------


def test_module_dict_is_a_dict():
    a, b, c = add(0), add(1), add(2)
    held = nn.ModuleDict({"a": a, "b": b})
    assert held["a"] is a
    assert held.b is b
    assert list(held) == list(held.keys()) == ["a", "b"]
    assert list(held.values()) == [a, b]
    assert list(held.items()) == [("a", a), ("b", b)]
    assert "a" in held
    assert "weight" not in held
    held["c"] = c
    held.update({"a": c})
    held.update([("d", a)])
    assert names(held) == ["a", "b", "d"]  # c is there already, as a
    assert list(held) == ["a", "b", "c", "d"]
    assert held.pop("a") is c
    del held["b"]
    assert len(held) == 2
    held.clear()
    assert len(held) == 0
    assert held != nn.ModuleDict()  # empty too, but another module
    assert len({held, nn.ModuleDict()}) == 2


@pytest.mark.parametrize(
    ("key", "value", "error", "message"),
    [
        ("a.b", nn.Identity(), KeyError, "contain a dot"),
        ("items", nn.Identity(), KeyError, "'items' is a name that every ModuleDict has already"),
        (3, nn.Identity(), TypeError, "name of a module as text"),
        ("a", 3, TypeError, "expected a Module or None"),
        ("note", nn.Identity(), KeyError, "has an attribute 'note' already"),
    ],
)
def test_module_dict_refuses(key, value, error, message):
    held = nn.ModuleDict()
    held.note = "a plain attribute"
    with pytest.raises(error, match=message):
        held[key] = value
    assert len(held) == 0
    with pytest.raises(KeyError):
        held["missing"]
    with pytest.raises(KeyError):
        del held["missing"]


# parameters -----------------------------------------------------------------------------------------


def test_parameter_list():
    held = nn.ParameterList([glassnet.zeros(2, 3), nn.Parameter(glassnet.ones(()))])
    held.append(glassnet.zeros(4))
    held[0] = glassnet.ones(1)
    assert all(type(p) is nn.Parameter for p in held)
    assert [name for name, _ in held.named_parameters()] == ["0", "1", "2"]
    assert [p.shape for p in held[1:]] == [(), (4,)]
    assert repr(held) == (
        "ParameterList(\n"
        "    (0): Parameter containing: [float32 of size 1]\n"
        "    (1): Parameter containing: [float32 of size ]\n"
        "    (2): Parameter containing: [float32 of size 4]\n"
        ")"
    )
    assert len(nn.ParameterList()) == 0
    assert nn.ModuleList([held])._parameters == {}


def test_parameter_dict():
    held = nn.ParameterDict({"a": glassnet.zeros(2, 3), "none": None})
    held["b"] = nn.Parameter(glassnet.zeros(1))
    assert type(held["a"]) is nn.Parameter
    assert held["none"] is None
    assert [name for name, _ in held.named_parameters()] == ["a", "b"]
    assert held.get("missing") is None
    assert held.setdefault("b", glassnet.ones(1)) is held["b"]
    assert repr(held) == (
        "ParameterDict(\n"
        "    (a): Parameter containing: [float32 of size 2x3]\n"
        "    (b): Parameter containing: [float32 of size 1]\n"
        ")"
    )


@pytest.mark.parity
def test_parameter_containers_print_as_pytorchs():
    torch = pytest.importorskip("torch")

    def text(lib):
        return repr(lib.nn.ParameterList([lib.zeros(2, 3), lib.zeros(())])).replace("torch.", "")

    assert text(glassnet) == text(torch)


@pytest.mark.parity
def test_lists_change_as_pytorchs():
    torch = pytest.importorskip("torch")

    def changed(nn):
        held = nn.Sequential(OrderedDict(a=nn.Linear(1, 2), b=nn.Identity()))
        yield repr(held[1:]), repr(held[:-1])
        held.append(nn.Flatten())
        yield repr(held)
        del held[0]
        yield repr(held)
        held.insert(1, nn.Linear(2, 3))
        yield repr(held)
        yield repr(held + held)
        yield repr(held.pop(1)), repr(held)
        listed = nn.ModuleList([nn.Identity()])
        listed += [nn.Flatten(), nn.Flatten()]
        listed.insert(0, nn.Linear(1, 1))
        yield repr(listed), repr(listed[1:]), repr(listed.pop(0)), repr(listed + listed)

    assert list(changed(nn)) == list(changed(torch.nn))
