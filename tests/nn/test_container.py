"""Containers: the methods of lists and dicts, and that their parts are registered."""

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
    container = make(parts)
    assert len(container) == 4
    assert list(container) == parts
    assert container[0] is parts[0]
    assert container[-1] is parts[3]
    assert getattr(container, "0") is parts[0]
    assert type(container[1:3]) is type(container)
    assert list(container[1:3]) == parts[1:3]
    assert list(container[::-2]) == [parts[3], parts[1]]
    assert parts[2] in container


@NUMBERED
def test_changing(make):
    container = make([add(i) for i in range(3)])
    container[1] = add(10)
    container[-1] = add(20)
    assert texts(container) == ["0", "10", "20"]
    assert container.insert(1, add(5)) is container
    container.insert(-1, add(15))
    container.insert(5, add(99))
    assert texts(container) == ["0", "5", "10", "15", "20", "99"]
    assert names(container) == list("012345")
    del container[0]
    del container[-1]
    assert texts(container) == ["5", "10", "15", "20"]
    assert names(container) == list("0123")
    del container[1:3]
    assert texts(container) == ["5", "20"]
    assert container.pop().extra_repr() == "20"
    assert container.pop(0).extra_repr() == "5"
    assert len(container) == 0


@NUMBERED
def test_joining(make):
    container = make([add(0)])
    assert container.append(add(1)).extend([add(2)]) is container
    other = container + make([add(3)])
    assert texts(other) == ["0", "1", "2", "3"]
    assert type(other) is type(container)
    container += other
    assert texts(container) == ["0", "1", "2", "0", "1", "2", "3"]
    container.extend(container[:1])
    assert len(container) == 8


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
    container = make([add(0), add(1)])
    with pytest.raises(error, match=message):
        change(container)
    assert texts(container) == ["0", "1"]


def test_classic_mistakes_with_sequential():
    with pytest.raises(TypeError, match=r"expected modules, got a list; unpack it: Sequential\(\*layers\)"):
        nn.Sequential([nn.Linear(2, 3)])
    with pytest.raises(TypeError, match=r"expected a module at '0', got None; nn\.Identity\(\)"):
        nn.Sequential(None)
    with pytest.raises(TypeError, match="use the module of the function"):
        nn.Sequential(glassnet.relu)
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        nn.ModuleList()(1)


def test_parts_of_a_list_are_the_networks():
    net = nn.Module()
    net.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    assert list(net.state_dict()) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    assert nn.ModuleList([None, nn.Identity()])[0] is None


def test_a_module_list_prints_equal_neighbours_as_one_line():
    container = nn.ModuleList([add(1), add(1), nn.Sequential(add(2)), add(1)])
    assert repr(container) == (
        "ModuleList(\n  (0-1): 2 x Add(1)\n  (2): Sequential(\n    (0): Add(2)\n  )\n  (3): Add(1)\n)"
    )


# dicts of modules -----------------------------------------------------------------------------------


def test_module_dict_is_a_dict():
    a, b, c = add(0), add(1), add(2)
    container = nn.ModuleDict({"a": a, "b": b})
    assert container["a"] is a
    assert container.b is b
    assert list(container) == list(container.keys()) == ["a", "b"]
    assert list(container.values()) == [a, b]
    assert list(container.items()) == [("a", a), ("b", b)]
    assert "a" in container
    assert "weight" not in container
    container["c"] = c
    container.update({"a": c})
    container.update([("d", a)])
    assert names(container) == ["a", "b", "d"]  # c is there already, as a
    assert list(container) == ["a", "b", "c", "d"]
    assert container.pop("a") is c
    del container["b"]
    assert len(container) == 2
    container.clear()
    assert len(container) == 0
    assert container != nn.ModuleDict()  # empty too, but another module
    assert len({container, nn.ModuleDict()}) == 2


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
    container = nn.ModuleDict()
    container.note = "a plain attribute"
    with pytest.raises(error, match=message):
        container[key] = value
    assert len(container) == 0
    with pytest.raises(KeyError):
        container["missing"]
    with pytest.raises(KeyError):
        del container["missing"]


# parameters -----------------------------------------------------------------------------------------


def test_parameter_list():
    container = nn.ParameterList([glassnet.zeros(2, 3), nn.Parameter(glassnet.ones(()))])
    container.append(glassnet.zeros(4))
    container[0] = glassnet.ones(1)
    assert all(type(p) is nn.Parameter for p in container)
    assert [name for name, _ in container.named_parameters()] == ["0", "1", "2"]
    assert [p.shape for p in container[1:]] == [(), (4,)]
    assert repr(container) == (
        "ParameterList(\n"
        "    (0): Parameter containing: [float32 of size 1]\n"
        "    (1): Parameter containing: [float32 of size ]\n"
        "    (2): Parameter containing: [float32 of size 4]\n"
        ")"
    )
    assert len(nn.ParameterList()) == 0
    assert nn.ModuleList([container])._parameters == {}


def test_parameter_dict():
    container = nn.ParameterDict({"a": glassnet.zeros(2, 3), "none": None})
    container["b"] = nn.Parameter(glassnet.zeros(1))
    assert type(container["a"]) is nn.Parameter
    assert container["none"] is None
    assert [name for name, _ in container.named_parameters()] == ["a", "b"]
    assert container.get("missing") is None
    assert container.setdefault("b", glassnet.ones(1)) is container["b"]
    assert repr(container) == (
        "ParameterDict(\n"
        "    (a): Parameter containing: [torch.FloatTensor of size 2x3]\n"
        "    (b): Parameter containing: [torch.FloatTensor of size 1]\n"
        ")"
    )


@pytest.mark.parity
def test_parameter_containers_print_as_pytorchs():
    torch = pytest.importorskip("torch")

    def text(lib):
        numbers = [lib.zeros(2, 3), lib.zeros((), dtype=lib.float64)]
        listed, named = lib.nn.ParameterList(numbers), lib.nn.ParameterDict(dict(zip("ab", numbers, strict=True)))
        return repr((listed, named)).replace("torch.", "")

    assert text(glassnet) == text(torch)


@pytest.mark.parity
def test_lists_change_as_pytorchs():
    torch = pytest.importorskip("torch")

    def changed(nn):
        container = nn.Sequential(OrderedDict(a=nn.Linear(1, 2), b=nn.Identity()))
        yield repr(container[1:]), repr(container[:-1])
        container.append(nn.Flatten())
        yield repr(container)
        del container[0]
        yield repr(container)
        container.insert(1, nn.Linear(2, 3))
        yield repr(container)
        yield repr(container + container)
        yield repr(container.pop(1)), repr(container)
        listed = nn.ModuleList([nn.Identity()])
        listed += [nn.Flatten(), nn.Flatten()]
        listed.insert(0, nn.Linear(1, 1))
        yield repr(listed), repr(listed[1:]), repr(listed.pop(0)), repr(listed + listed)

    assert list(changed(nn)) == list(changed(torch.nn))


def test_a_subclass_of_module_dict_may_have_an_update_of_its_own():
    class Counts(nn.ModuleDict):
        def __init__(self) -> None:
            super().__init__()
            self.number = 0

        def update(self, values):
            self.number += len(values)

    counts = Counts()
    counts.update([1, 2])
    assert (counts.number, len(counts)) == (2, 0)
