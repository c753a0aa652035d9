"""SummaryWriter: what it writes is what TensorBoard reads, by the formats' descriptions and by TensorBoard itself."""

import struct
import zlib

import numpy as np
import pytest

import glassnet
from glassnet import nn
from glassnet.utils.tensorboard import SummaryWriter
from glassnet.utils.tensorboard.event_file import crc32c
from glassnet.utils.tensorboard.protobuf import varint
from tests.utils.event_files import events, fields, values


def file_in(folder):
    (path,) = folder.glob("events.out.tfevents.*")
    return path


@pytest.mark.parametrize("size", [0, 1, 4096, 4097, 20000, 20001])
def test_crc_of_many_bytes_is_that_of_each_after_the_other(size):
    """By the definition: the remainder of a division of polynomials, bit by bit, of what is left of the rows."""
    data = np.random.default_rng(0).integers(0, 256, size, np.uint8).tobytes()
    crc = 0xFFFFFFFF
    table = [0] * 256
    for n in range(256):
        for _ in range(8):
            table[n] = (table[n] or n) if _ == 0 else table[n]
            table[n] = (table[n] >> 1) ^ (0x82F63B78 if table[n] & 1 else 0)
    for byte in data:
        crc = (crc >> 8) ^ table[(crc ^ byte) & 0xFF]
    assert crc32c(data) == crc ^ 0xFFFFFFFF


def test_a_whole_number_below_zero_is_one_of_64_bits():
    assert varint(-1) == b"\xff" * 9 + b"\x01"


def test_numbers(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        assert writer.get_logdir() == str(tmp_path)
        for step, value in enumerate([0.5, glassnet.tensor(2.0, requires_grad=True), np.float64(3), [4], 1e300]):
            writer.add_scalar("loss", value, step)
        writer.add_scalars("both/x", {"a": 1, "b": 2}, 7, walltime=5.0)
        with pytest.raises(ValueError, match=r"one number for 'loss', got a shape of \[2\]"):
            writer.add_scalar("loss", [1, 2])
    found = values(file_in(tmp_path))
    assert [(tag, step) for tag, step, _ in found] == [("loss", step) for step in range(5)]
    assert [struct.unpack("<f", value[2])[0] for _, _, value in found] == [0.5, 2, 3, 4, float("inf")]
    for name, number in (("a", 1), ("b", 2)):
        (event,) = [event for event in events(file_in(tmp_path / f"both_x_{name}")) if 5 in event]
        assert struct.unpack("<d", event[1]) == (5.0,)
        assert event[2] == 7
        assert dict(fields(dict(fields(event[5]))[1]))[2] == struct.pack("<f", number)


def doubles(data):
    return struct.unpack(f"<{len(data) // 8}d", data)


@pytest.mark.parametrize("bins", ["tensorflow", "auto", 5, [-1.0, 0.0, 1.0]])
def test_a_histogram_counts_every_number_between_its_limits(tmp_path, bins):
    numbers = np.random.default_rng(0).uniform(-1, 1, 500)
    numbers[:3] = 0.0, 1e-15, -1e-15
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("w", glassnet.from_numpy(np.append(numbers, np.nan)), 1, bins=bins)
        with pytest.raises(ValueError, match="finite numbers for 'w', and there are none"):
            writer.add_histogram("w", [np.nan])
    ((_, _, value),) = values(file_in(tmp_path))
    parts = dict(fields(value[5]))
    low, high, count, total, squares = (doubles(parts[n])[0] for n in range(1, 6))
    assert (low, high, count) == (numbers.min(), numbers.max(), 500)
    np.testing.assert_allclose([total, squares], [numbers.sum(), (numbers**2).sum()])
    limits, counts = doubles(parts[6]), doubles(parts[7])
    assert len(limits) == len(counts)
    assert counts[0] == 0
    assert sum(counts) == 500
    assert list(limits) == sorted(limits)
    for n in range(1, len(limits) - 1):  # each bin is from the limit before up to its own
        assert counts[n] == np.sum((numbers >= limits[n - 1]) & (numbers < limits[n]))


def pixels(png):
    """The pixels of a PNG whose rows have no filter."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    channels = {0: 1, 2: 3, 6: 4}[kind]
    at = png.index(b"IDAT")
    (size,) = struct.unpack(">I", png[at - 4 : at])
    rows = np.frombuffer(zlib.decompress(png[at + 4 : at + 4 + size]), np.uint8).reshape(height, -1)
    return rows[:, 1:].reshape(height, width, channels)


def test_pictures(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (3, 4, 5), np.uint8)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("chw", glassnet.from_numpy(colours))
        writer.add_image("hwc", colours.transpose(1, 2, 0), dataformats="HWC")
        writer.add_image("hw", glassnet.tensor([[0.0, 0.5], [1.0, 2.0]]), dataformats="HW")
        writer.add_images("many", np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 2, 3), np.uint8))
        for shape, dims in (((2, 2), "CHW"), ((5, 2, 2), "CHW"), ((3, 2, 2), "ABC")):
            with pytest.raises(ValueError, match="add_image: expected"):
                writer.add_image("x", np.zeros(shape), dataformats=dims)
    found = {tag: pixels(dict(fields(value[4]))[4]) for tag, _, value in values(file_in(tmp_path))}
    assert (found["chw"] == colours.transpose(1, 2, 0)).all()
    assert (found["hwc"] == found["chw"]).all()
    assert found["hw"][..., 0].tolist() == [[0, 127], [255, 255]]
    assert found["many"].shape == (4, 24, 1)
    assert found["many"][0, ::3, 0].tolist() == list(range(8))
    assert found["many"][2, ::3, 0].tolist() == [8, 9, 0, 0, 0, 0, 0, 0]


def test_the_graph_has_the_operations_of_each_layer(tmp_path):
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU(), nn.Linear(3, 1)))
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(model, glassnet.ones(1, 2))
        with pytest.raises(ValueError, match=r"add_graph\(model, x\)"):
            writer.add_graph(model)
    (event,) = [event for event in events(file_in(tmp_path)) if 4 in event]
    nodes = [fields(node) for number, node in fields(event[4]) if number == 1]
    names = {dict(node)[1].decode(): [value.decode() for number, value in node if number == 3] for node in nodes}
    assert names["Sequential/0/linear_0"] == ["input/0", "Sequential/0/weight", "Sequential/0/bias"]
    assert names["Sequential/1/0/relu_1"] == ["Sequential/0/linear_0"]
    assert names["output/0"] == ["Sequential/1/1/linear_2"]
    assert not [source for sources in names.values() for source in sources if source not in names]
    assert not model[0]._call_hooks


def test_an_embedding_is_files(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_embedding(
            glassnet.tensor([[1.0, 2.0], [3.0, 4.0]]), ["a\tb", "c"], glassnet.ones(2, 1, 3, 3), 2, "my tag"
        )
        wrong = (([1.0], None, None), ([[1.0]], ["a", "b"], None), ([[1.0]], None, np.ones((1, 2))))
        for matrix, labels, small in wrong:
            with pytest.raises(ValueError, match="add_embedding: expected"):
                writer.add_embedding(matrix, labels, small)
    folder = tmp_path / "00002" / "my_tag"
    assert (folder / "tensors.tsv").read_text() == "1.0\t2.0\n3.0\t4.0\n"
    assert (folder / "metadata.tsv").read_text() == "a b\nc\n"
    assert pixels((folder / "sprite.png").read_bytes()).shape == (6 - 3 + 3, 6, 1)
    assert 'tensor_path: "00002/my_tag/tensors.tsv"' in (tmp_path / "projector_config.pbtxt").read_text()


def write_all(folder):
    with SummaryWriter(folder, filename_suffix=".x") as writer:
        writer.add_scalar("loss", 1.5, 3)
        writer.add_histogram("h", [1.0, 2.0], 0)
        writer.add_image("im", np.zeros((3, 2, 2)), 0)
        writer.add_text("words", "*hello*", 0)
        writer.add_audio("sound", np.zeros(100), 0, 8000)
        writer.add_pr_curve("pr", [1, 0, 1, 0], [0.9, 0.2, 0.4, 0.6], 0, num_thresholds=5)
        writer.add_hparams({"lr": 0.1, "opt": "sgd", "flag": True, "n": np.int64(3)}, {"acc": 0.5}, run_name="r")
        writer.add_graph(nn.Linear(2, 1), glassnet.ones(1, 2))
        with pytest.raises(ValueError, match="expected 'bad' as a number, a text"):
            writer.add_hparams({"bad": [1, 2]}, {})
        writer.flush()


def test_texts_and_curves_say_which_plugin_shows_them(tmp_path):
    write_all(tmp_path)
    plugins = {
        tag: dict(fields(dict(fields(value[9]))[1]))[1]
        for folder in (tmp_path, tmp_path / "r")
        for tag, _, value in values(file_in(folder))
        if 9 in value
    }
    hparams = dict.fromkeys(
        (f"_hparams_/{name}" for name in ("experiment", "session_start_info", "session_end_info")), b"hparams"
    )
    assert plugins == {"words/text_summary": b"text", "pr": b"pr_curves", **hparams}


def test_tensorboard_itself_reads_all(tmp_path):
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="tensorboard is not installed"
    )
    write_all(tmp_path)
    found = accumulator.EventAccumulator(str(tmp_path))
    found.Reload()
    tags = found.Tags()
    assert tags["scalars"] == ["loss"]
    assert tags["images"] == ["im"]
    assert tags["histograms"] == ["h"]
    assert tags["graph"]


def test_a_figure_is_a_picture(tmp_path):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    figure = plt.figure(figsize=(1, 1), dpi=20)
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("f", figure)
    ((_, _, value),) = values(file_in(tmp_path))
    assert pixels(dict(fields(value[4]))[4]).shape == (20, 20, 4)
    assert not plt.fignum_exists(figure.number)


def test_without_a_folder_it_is_in_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SummaryWriter(comment="_mine").close()
    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.endswith("_mine")
