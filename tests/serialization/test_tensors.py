import json
import os
import subprocess
import sys

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import glassnet
from glassnet.errors import DtypeError
from glassnet.files import replace_file
from glassnet.serialization import ModelFileError, load_metadata

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


SGD = glassnet.optim.SGD([glassnet.nn.Parameter(glassnet.zeros(1))], lr=0.1)
ENDLESS = []
ENDLESS.append(ENDLESS)


def header_and_rest(data):
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def with_header(header, rest=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + rest


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_what_was_saved_is_loaded(tmp_path, dtype, shape):
    x = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)
    glassnet.save({"x": glassnet.from_numpy(x)}, tmp_path / "x.safetensors")
    loaded = glassnet.load(tmp_path / "x.safetensors")["x"]
    assert loaded.numpy().dtype is np.dtype(dtype)  # NumPy's own object: an equal one makes dispatch cast in every call
    assert loaded.shape == shape
    assert (loaded.numpy() == x).all()


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(lambda d: arrays.arrays(d, arrays.array_shapes(min_dims=0, min_side=0))),
        max_size=4,
    ),
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")), max_size=3),
)
def test_any_tensors_and_texts_come_back_in_their_order(tmp_path_factory, tensors, metadata):
    path = tmp_path_factory.mktemp("any") / "x.safetensors"
    glassnet.save(tensors, path, metadata)
    loaded = glassnet.load(path)
    assert list(loaded) == list(tensors)
    for name, x in tensors.items():
        np.testing.assert_array_equal(loaded[name].numpy(), x)
        assert loaded[name].dtype == x.dtype
    assert load_metadata(path) == metadata


def test_views_and_foreign_byte_orders_are_saved_as_what_they_look_like(tmp_path):
    x = np.arange(6.0).reshape(2, 3)
    arrays = {"transposed": x.T, "every second": x[:, ::2], "big-endian": x.astype(">f8"), "a scalar": np.float32(3)}
    glassnet.save(arrays, tmp_path / "x")
    for name, value in glassnet.load(tmp_path / "x").items():
        np.testing.assert_array_equal(value.numpy(), arrays[name])


def test_loaded_tensors_may_be_changed_and_the_file_stays(tmp_path):
    glassnet.save({"x": np.zeros(3)}, tmp_path / "x")
    glassnet.load(tmp_path / "x")["x"].add_(1)
    assert glassnet.load(tmp_path / "x")["x"].tolist() == [0, 0, 0]


def test_other_programs_can_read_it(tmp_path):
    glassnet.save({"b": np.ones((2, 2), np.float32), "a": np.arange(3)}, tmp_path / "x", {"by": "glassnet"})
    loaded = safetensors.numpy.load_file(tmp_path / "x")
    assert loaded["b"].tolist() == [[1, 1], [1, 1]]
    assert loaded["a"].tolist() == [0, 1, 2]
    with safetensors.safe_open(tmp_path / "x", framework="numpy") as file:
        assert file.metadata() == {"by": "glassnet"}


def test_files_of_other_programs_can_be_read(tmp_path):
    safetensors.numpy.save_file({"x": np.arange(3.0)}, tmp_path / "x", {"by": "another"})
    assert glassnet.load(tmp_path / "x")["x"].tolist() == [0, 1, 2]
    assert load_metadata(tmp_path / "x") == {"by": "another"}


def test_numbers_begin_at_a_multiple_of_8_so_that_they_can_be_mapped(tmp_path):
    for n in range(10):
        glassnet.save({"x" * (n + 1): np.arange(3.0)}, tmp_path / "x", {"é": "ü" * n})
        assert int.from_bytes((tmp_path / "x").read_bytes()[:8], "little") % 8 == 0


def test_equal_content_is_equal_bytes_in_every_process(tmp_path):
    code = (
        "import sys, numpy as np, glassnet\n"
        "glassnet.save({'b': np.zeros(3), 'a': np.ones(2)}, sys.argv[1], {c: c for c in 'qwertyuiop'})"
    )
    for number in range(3):
        env = os.environ | {"PYTHONHASHSEED": str(number), "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code, tmp_path / str(number)], check=True, env=env)
    assert len({(tmp_path / str(number)).read_bytes() for number in range(3)}) == 1


def test_importing_glassnet_does_not_import_safetensors():
    code = "import sys, glassnet; sys.exit('safetensors' in sys.modules)"
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0


def test_the_front_door_has_no_other_name():
    with pytest.raises(AttributeError, match="module 'glassnet' has no attribute 'lode'"):
        glassnet.lode  # noqa: B018


# what cannot be saved -----------------------------------------------------------------------------


def test_a_network_is_no_safetensors_file(tmp_path):
    with pytest.raises(TypeError, match=r"more than its tensors; use a path that ends in \.pt"):
        glassnet.save(glassnet.nn.Linear(2, 2), tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("tensors", "metadata", "error", "message"),
    [
        ({"x": [1, print]}, None, TypeError, r"x\.1 is of type builtin_function_or_method; a file holds tensors, arr"),
        ({"a": SGD}, None, TypeError, r"a is of type SGD; .*; state_dict\(\) gives what such an object remembers"),
        ({"x": {(1, 2): 0}}, None, TypeError, r"x has the key \(1, 2\); expected texts or numbers as keys"),
        (ENDLESS, None, TypeError, "is nested more than 30 levels deep; does something hold itself"),
        (
            {"x": np.zeros(1, np.uint16)},
            None,
            DtypeError,
            "'x' has dtype uint16, which a file cannot hold; it holds bo",
        ),
        ({"x": np.zeros(1)}, {"n": 3}, TypeError, "metadata are texts by name, got 'n': int; use json.dumps"),
        ({"x": np.zeros(1)}, {3: "n"}, TypeError, "metadata are texts by name, got 3: str"),
    ],
)
def test_what_cannot_be_saved_leaves_no_file(tmp_path, tensors, metadata, error, message):
    with pytest.raises(error, match=message):
        glassnet.save(tensors, tmp_path / "x", metadata)
    assert not list(tmp_path.iterdir())


# files that are whole or not there ----------------------------------------------------------------


def test_a_file_is_replaced(tmp_path):
    replace_file(tmp_path / "x", b"before")
    replace_file(tmp_path / "x", b"af", memoryview(b"ter"))
    assert (tmp_path / "x").read_bytes() == b"after"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_file_that_was_there(tmp_path, monkeypatch, function):
    def full(*_):
        raise OSError(28, "No space left on device", "temporary")

    replace_file(tmp_path / "x", b"before")
    monkeypatch.setattr(os, function, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*x'"):
        glassnet.save({"x": np.zeros(3)}, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["x"]


# files that cannot be read ------------------------------------------------------------------------

ONE = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
NUMBERS = b"01234567"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty; use a whole copy of it, or save the model again"),
        (b"PK\x03\x04 a zip archive, by PyTorch", "the archive was cut off or edited"),
        (b"short", "not a safetensors file"),
        (with_header({"x": ONE}, NUMBERS)[:40], "the header should have 61 bytes, but the whole file has 40"),
        (
            with_header({"x": ONE}, NUMBERS[:5]),
            r"edited \(the header speaks of 8 bytes of numbers, and there are 5\)",
        ),
        (with_header({"x": ONE}, NUMBERS + b"8"), "was cut off or edited"),
        ((2**63).to_bytes(8, "little") + b"{}" + b" " * 40, "the header should have 9223372036854775808 bytes"),
        ((2).to_bytes(8, "little") + b"{]", "was cut off or edited .its header is no JSON: "),
        (with_header(b"{" * 100_000), "was cut off or edited"),
        (with_header({"x": ONE | {"shape": [3]}}, NUMBERS), "was cut off or edited"),
        (with_header({"x": ONE | {"shape": [-2]}}, NUMBERS), "was cut off or edited"),
        (with_header({"x": ONE | {"dtype": "F99"}}, NUMBERS), "x has dtype F99, which NumPy or glassnet does not have"),
        (with_header({"x": ONE | {"dtype": []}}, NUMBERS), "in its header, x.dtype should be a text, got a list of 0"),
        (with_header({"x": [ONE]}, NUMBERS), "in its header, x should be an object, got a list of 1"),
        (
            with_header({"x": ONE | {"shape": [True, 2]}}, NUMBERS),
            r"x.shape\[0\] should be a whole number of 0 or more",
        ),
        (with_header({"x": ONE | {"data_offsets": [0, 8, 8]}}, NUMBERS), "x.data_offsets should be a list of 2, got"),
        (with_header({"x": ONE, "y": ONE}, NUMBERS), "the numbers of y begin at 0, expected at 8"),
        (
            with_header({"x": ONE, "y": ONE | {"data_offsets": [9, 17]}}, NUMBERS * 3),
            "the numbers of y begin at 9, expected at 8",
        ),
        (
            with_header({"x": ONE | {"dtype": "F8_E5M2", "shape": [4]}}, NUMBERS),
            "x has dtype F8_E5M2, which NumPy or glassne",
        ),
        (with_header({"x": ONE | {"shape": [0, 2**62], "data_offsets": [0, 0]}}), r"x has shape \[0, 4611686018427387"),
        (with_header({"x": ONE | {"shape": [2] + [1] * 70}}, NUMBERS), "which NumPy cannot make"),
        (with_header({"__metadata__": {"a": 1}}), "was cut off or edited"),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else value[:40],
)
def test_a_file_that_is_none_is_one_error(tmp_path, data, message):
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=message) as raised:
        glassnet.load(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "\n" not in str(raised.value)


ODD = st.sampled_from([0, 1, 2, 3, 4, 8, -1, True, 2.0, None, "F32", "I8", "F99", [], [2], [0, 8], [8, 16], [4, 4], {}])
PARTS = st.one_of(
    st.builds(lambda key, value: {key: value}, st.sampled_from(["dtype", "shape", "data_offsets", "more"]), ODD),
    st.builds(lambda start, end: {"data_offsets": [start, end]}, st.integers(-1, 17), st.integers(-1, 17)),
    st.builds(lambda kind, n: {"dtype": kind, "shape": [n]}, st.sampled_from(["U8", "BOOL", "F16", "F64"]), ODD),
)


@given(st.dictionaries(st.sampled_from(["x", "y"]), st.lists(PARTS, max_size=2), max_size=2), st.integers(0, 17), ODD)
def test_what_the_library_refuses_is_refused(tmp_path_factory, changes, size, metadata):
    """And what it reads is read, but for kinds of numbers that NumPy has not."""
    header = {"__metadata__": metadata} if metadata != 0 else {}
    for place, (name, parts) in enumerate(changes.items()):
        header[name] = ONE | {"data_offsets": [8 * place, 8 * place + 8]}
        for part in parts:
            header[name] |= part
    data = with_header(header, bytes(size))
    path = tmp_path_factory.mktemp("odd") / "x"
    path.write_bytes(data)
    try:
        expected = safetensors.numpy.load(data)
    except (safetensors.SafetensorError, KeyError):  # KeyError: it has no such dtype in NumPy
        expected = None
    if expected is None:
        with pytest.raises(ModelFileError):
            glassnet.load(path)
    else:
        assert {name: x.shape for name, x in glassnet.load(path).items()} == {n: x.shape for n, x in expected.items()}


def test_metadata_may_be_null(tmp_path):
    (tmp_path / "x").write_bytes(with_header({"__metadata__": None}))
    assert glassnet.load(tmp_path / "x") == {}
    assert load_metadata(tmp_path / "x") == {}


def test_what_is_no_file_is_not_read(tmp_path):
    for path in (tmp_path, "/dev/zero"):
        if os.path.exists(path):
            with pytest.raises(ModelFileError, match=r"expected a file, got a (folder|device); "):
                glassnet.load(path)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        glassnet.load(tmp_path / "x")


@given(st.binary(max_size=200))
def test_no_bytes_crash_it(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("bytes") / "x"
    for content in (data, len(data).to_bytes(8, "little") + data, with_header(b'{"x":' + data + b"}")):
        path.write_bytes(content)
        try:
            glassnet.load(path)
        except ModelFileError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_header_order_is_the_order_of_saving(tmp_path):
    glassnet.save({"b": np.zeros(1), "a": np.zeros(1, np.int8)}, tmp_path / "x", {"m": "1"})
    header, rest = header_and_rest((tmp_path / "x").read_bytes())
    assert list(header) == ["__metadata__", "b", "a"]
    assert len(rest) == 9
