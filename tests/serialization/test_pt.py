"""PyTorch's files without PyTorch: what is saved comes back, and what a stranger wrote does nothing."""

import io
import struct
import zipfile
from collections import OrderedDict

import numpy as np
import pytest

import glassnet
import glassnet.functional as F
from glassnet import nn
from glassnet.serialization import ModelFileError
from glassnet.serialization.pt.opcodes import read_pickle
from glassnet.serialization.pt.pickled import DEEPEST

FORMS = pytest.mark.parametrize("as_archive", [True, False], ids=["archive", "legacy"])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(8, 3, bias=False)
        self.again = self.head
        self.scales = nn.ParameterList([nn.Parameter(glassnet.ones(1))])
        self.kind = nn.ReLU
        self.act, self.act2, self.names, self.limit = F.gelu, glassnet.tanh, ["a", "b"], {"most": 1.5}
        self.register_buffer("scale", glassnet.full((1,), 2.0), persistent=False)

    def forward(self, x):
        return self.act2(self.act(self.again(self.body(x)))) * self.scale


def saved(value, as_archive=True):
    file = io.BytesIO()
    glassnet.save(value, file, _use_new_zipfile_serialization=as_archive)
    return file.getvalue()


def back(value, as_archive=True, **options):
    return glassnet.load(io.BytesIO(saved(value, as_archive)), **options)


@FORMS
def test_plain_values_come_back_as_they_are(as_archive):
    value = {
        "numbers": [0, 255, 256, -1, 2**31, -(2**70), 1.5, float("inf"), 1 + 2j, True, None],
        "texts": ("", "é\n", "x" * 300, b"\x00\xff", bytearray(b"ab")),
        ("a", 1): {1: OrderedDict(z=1, a=2)},
        "sets": [{1}, frozenset([2])],
        "shape": glassnet.Size([2, 3]),
        "dtype": glassnet.float16,
        "device": glassnet.device("cuda:1"),
        "arrays": [np.arange(6.0).reshape(2, 3), np.float32(2), np.array([True])],
    }
    came = back(value, as_archive)
    assert str(came) == str(value)
    assert [type(x) for x in came.values()] == [type(x) for x in value.values()]
    assert back({1, "a"}, as_archive) == {1, "a"}


@FORMS
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
                                   "complex64", "complex128"])  # fmt: skip
def test_tensors_come_back_in_their_dtype_and_layout(as_archive, dtype):
    whole = glassnet.from_numpy(np.arange(24).reshape(2, 3, 4).astype(dtype))
    views = [whole, whole[1:], whole.permute(2, 0, 1), whole[:, ::2, 1], whole[0, 0, :1].expand(5, 1), whole[:0]]
    for x, y in zip(views, back(views, as_archive), strict=True):
        assert y.numpy().dtype is np.dtype(dtype)
        assert (x.numpy() == y.numpy()).all()
        assert x.stride() == y.stride() or not x.numel()
    backwards = np.arange(3, dtype=np.float32)[::-1]
    assert back([glassnet.from_numpy(backwards)])[0].tolist() == [2, 1, 0]


@FORMS
def test_numbers_without_dimensions_come_back(as_archive):
    w = glassnet.ones(2, requires_grad=True)
    loss, count = back([(w * 2).sum(), glassnet.tensor(3)], as_archive)
    assert (loss.item(), loss.shape, loss.requires_grad, count.item()) == (4, (), True, 3)


@FORMS
def test_shared_memory_is_shared_again_and_written_once(as_archive):
    x = glassnet.zeros(1000)
    layer = nn.Linear(10, 10)
    value = [x, x.view(10, 100), x[10:], layer.weight, layer.weight]
    assert len(saved(value, as_archive)) < 4000 + 400 + 2500
    a, b, c, w, same = back(value, as_archive)
    a[11] = 5
    assert b[0, 11] == c[1] == 5
    assert w is same
    assert isinstance(w, nn.Parameter)
    assert w.requires_grad
    assert len(saved([x[:3]])) < 1500  # the rest of its memory is not needed


def test_the_name_says_the_form_and_the_bytes_tell_it(tmp_path):
    state = nn.Linear(2, 1).state_dict()
    for name, begins in (("w.pt", b"PK"), ("w.pth", b"PK"), ("w.pth.tar", b"PK"), ("w.ckpt", b"PK"), ("w", b""),
                         ("w.safetensors", b"")):  # fmt: skip
        glassnet.save(state, tmp_path / name)
        data = (tmp_path / name).read_bytes()
        assert data.startswith(begins or data[:8] + b"{")
        (tmp_path / "other").write_bytes(data)
        assert glassnet.load(tmp_path / "other", map_location="cpu", weights_only=True)["bias"].shape == (1,)
    with (tmp_path / "w.pt").open("rb") as file:
        assert list(glassnet.load(file)) == ["weight", "bias"]
    assert saved(state) == saved(state)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_checkpoint_goes_on(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = glassnet.optim.Adam(model.parameters())
    x = glassnet.randn(8, 3)

    def step():
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()

    step()
    at = {"epoch": 1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    glassnet.save(at, tmp_path / "at.pt")
    step()
    expected = model[0].weight.tolist()
    loaded = glassnet.load(tmp_path / "at.pt")
    model.load_state_dict(loaded["model"])
    optimizer.load_state_dict(loaded["optimizer"])
    step()
    assert model[0].weight.tolist() == expected


@FORMS
def test_a_whole_module_comes_back(as_archive):
    model = Net().eval()
    model.head.weight.requires_grad_(False)
    other = back(model, as_archive)
    x = glassnet.randn(2, 1, 2, 2)
    assert type(other) is Net
    assert other.again is other.head
    assert not other.training
    assert not other.head.weight.requires_grad
    assert (other(x) == model(x)).all()
    assert list(other.state_dict()) == list(model.state_dict())
    assert other.names == ["a", "b"]
    assert repr(other) == repr(model)
    with pytest.raises(ModelFileError, match=r"a whole network .*Net.*weights_only=False"):
        back(model, as_archive, weights_only=True)


def test_a_class_that_is_not_there_is_not_looked_for(monkeypatch):
    data = saved(Net())
    monkeypatch.delitem(globals(), "Net")
    with pytest.raises(ModelFileError, match=r"test_pt\.Net, which is no class.*import or define it"):
        glassnet.load(io.BytesIO(data))


def _endless():
    value = []
    value.append(value)
    return value


def _deep():
    value = []
    for _ in range(DEEPEST + 2):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({"a": [1, object()]}, TypeError, r"a\.1 is of type builtins\.object; a file holds tensors.*leave it out"),
        (_endless(), TypeError, "holds itself"),
        (_deep(), TypeError, "nested more than"),
        ({(1, (2, 3)): 1}, TypeError, "a key of type tuple"),
        ([np.array([None])], TypeError, "an array of object"),
        ([iter([])], TypeError, r"of type builtins\.list_iterator"),
        (nn.utils.weight_norm(nn.Linear(2, 1)), TypeError, "computes weight from others.*state_dict"),
        (lambda: 0, TypeError, "of type builtins.function"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_file_can_hold_is_refused_before_one_is_made(tmp_path, value, error, message):
    with pytest.raises(error, match=message):
        glassnet.save(value, tmp_path / "x.pt")
    assert list(tmp_path.iterdir()) == []


# what strangers write -----------------------------------------------------------------------------


def archive(text, storages=(), compressed=False, name="archive/data.pkl"):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as members:
        members.writestr(name, text)
        for key, raw in storages:
            members.writestr(f"archive/data/{key}", raw)
    return file.getvalue()


def text_of(module, name):
    return b"\x80\x02c" + f"{module}\n{name}\n".encode()


def tensor(size=(3,), stride=(1,), offset=0, count=3, kind="FloatStorage", key="0"):
    def numbers(values):
        return b"(" + b"".join(b"\x8a\x08" + struct.pack("<q", n) for n in values) + b"t"

    storage = b"(X\x07\0\0\0storagectorch\n" + kind.encode() + b"\nX" + struct.pack("<I", len(key)) + key.encode()
    storage += b"X\x03\0\0\0cpu\x8a\x08" + struct.pack("<q", count) + b"tQ"
    place = b"\x8a\x08" + struct.pack("<q", offset) + numbers(size) + numbers(stride)
    return text_of("torch._utils", "_rebuild_tensor_v2") + b"(" + storage + place + b"\x89}tR."


THREE = [("0", np.ones(3, "<f4").tobytes())]
DOUBLED = b"]q\0" + b"".join(b"0](h%ch%ceq%c" % (n, n, n + 1) for n in range(60)) + b"."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (archive(text_of("os", "system") + b"X\x02\0\0\0ls\x85R."), "asks for os.system"),
        (archive(text_of("builtins", "eval") + b"X\x01\0\0\x001\x85R."), "asks for builtins.eval"),
        (archive(text_of("torch.nn.functional", "relu") + b"K\x01\x85R."), "it calls <function relu.*not called here"),
        (archive(text_of("sys", "modules") + b"."), "asks for sys.modules"),
        (archive(b"\x80\x02i"), "instruction b'i'"),
        (archive(b"\x80\x02I1\n."), "older than PyTorch writes"),
        (archive(b"\x80\x02]q\0h\0a."), "holds itself"),
        (archive(b"\x80\x02" + b"]" * 300 + b"a" * 299 + b"."), "nested more than"),
        (archive(b"\x80\x02" + DOUBLED), "more than 5,000,000 values"),
        (archive(b"\x80\x02}((K\x01K\x02tK\x03tK\x04s."), "a key of type tuple"),
        (archive(b"\x80\x02X\xff\xff\xff\x7fabc."), "was cut off"),
        (archive(b"\x80\x02h\x05."), "was edited .KeyError"),
        (archive(b"\x80\x02K\x01K\x02."), "was edited .ValueError"),
        (archive(b"\x80\x02K\x01"), "was cut off"),
        (archive(tensor(), THREE, compressed=True), "is compressed"),
        (archive(tensor()), "no member data/0"),
        (archive(tensor(size=(4,)), THREE), r"shape \[4\] reaches element 3 of a storage of 3"),
        (archive(tensor(offset=1), THREE), "reaches element 3"),
        (archive(tensor(offset=-1), THREE), "0 or more"),
        (archive(tensor(stride=(-1,)), THREE), "0 or more"),
        (archive(tensor(size=(2**40,), stride=(0,)), THREE), "lies in a storage of 3 elements"),
        (archive(tensor(size=(2**40, 0), stride=(0, 0)), THREE), None),
        (archive(tensor(size=(1,) * 70, stride=(1,) * 70), THREE), "has steps for|cannot make"),
        (archive(tensor(size=(1, 1)), THREE), "has steps for 1 dimensions"),
        (archive(tensor(count=2**50), THREE), "should have"),
        (archive(tensor(kind="QInt8Storage"), THREE), "asks for torch.QInt8Storage"),
        (archive(tensor(kind="BoolStorage", count=12), THREE), "other bytes than 0 and 1"),
        (archive(b"", name="readme.txt"), "without the data of PyTorch"),
        (archive(tensor(), THREE)[:150], "cut off"),
        (saved({"w": glassnet.ones(3)}, False)[:-3], "cut off"),
        (saved({"w": glassnet.ones(3)}, False)[:200], "cut off"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else str(value)[:30],
)  # fmt: skip
def test_one_error_says_what_is_wrong(tmp_path, data, message):
    (tmp_path / "x.pt").write_bytes(data)
    if message is None:
        assert glassnet.load(tmp_path / "x.pt").numel() == 0
        return
    with pytest.raises(ModelFileError, match=message):
        glassnet.load(tmp_path / "x.pt")


def damaged(data, random):
    changed = bytearray(data)
    for at in random.integers(0, len(changed), random.integers(1, 4)):
        changed[at] = random.integers(256)
    return bytes(changed[: random.integers(1, len(changed)) if random.random() < 0.1 else len(changed)])


def damaged_within(data, random):
    """An archive that is whole, of a description that is not."""
    with zipfile.ZipFile(io.BytesIO(data)) as members:
        parts = {name: members.read(name) for name in members.namelist()}
    storages = [(name.rpartition("/")[2], part) for name, part in parts.items() if "/data/" in name]
    return archive(damaged(parts["archive/data.pkl"], random), storages)


@pytest.mark.parametrize(
    ("as_archive", "damage"),
    [(True, damaged), (True, damaged_within), (False, damaged)],
    ids=["archive", "in", "legacy"],
)
def test_any_damage_is_one_error_or_none(as_archive, damage):
    random = np.random.default_rng(0)
    good = saved({"m": Net().state_dict(), "net": Net(), "n": [1.5, np.ones(2)], "e": 3}, as_archive)
    seen = set()
    for _ in range(100):
        try:
            glassnet.load(io.BytesIO(damage(good, random)))
        except ModelFileError as error:
            seen.add(error.problem[:20])
    assert seen  # some of them are damaged


def test_a_pickle_calls_nothing():
    def never(*_):
        raise AssertionError

    text = b"\x80\x02}(X\x01\0\0\0a](K\x01K\x02eu."
    assert read_pickle(memoryview(text + b"rest"), never, never, never) == ({"a": [1, 2]}, len(text))
