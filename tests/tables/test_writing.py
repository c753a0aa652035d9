"""Tables written are the tables read."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.tables import TableError, read_table, write_table

CELLS = st.text(st.sampled_from("aé가€𝄞 \r\n\t\"',;|"), max_size=8)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.csv", ";"), ("a.tsv", "\t"), ("a.CSV", ";")])
def test_text_is_written_as_it_was_read(tmp_path, encoding, name, delimiter):
    path = tmp_path / "in.csv"
    path.write_bytes('이름;값\n"홍; ""길""동";1\n둘;\n'.encode(encoding))
    frame = read_table(path)
    write_table(frame.assign(예측=["가", "나"]), tmp_path / name)
    back = read_table(tmp_path / name)
    assert back.attrs == {"encoding": encoding, "delimiter": delimiter}
    assert back.values.tolist() == [['홍; "길"동', "1", "가"], ["둘", "", "나"]]


def test_what_the_encoding_has_no_letters_for_is_written_in_utf_8(tmp_path):
    (tmp_path / "in.csv").write_bytes("é,b\n1,2\n".encode("cp1252"))
    write_table(read_table(tmp_path / "in.csv").assign(c=["가"]), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf-8") == "é,b,c\n1,2,가\n"
    write_table(pd.DataFrame({"a": [1.5]}), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text("utf-8") == "a\n1.5\n"


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from(["a.csv", "a.tsv"]),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_any_cells_come_back(tmp_path_factory, rows, name, encoding):
    path = tmp_path_factory.getbasetemp() / name
    frame = pd.DataFrame(rows, columns=["a", "b"])
    frame.attrs["encoding"] = encoding
    write_table(frame, path)
    assert read_table(path).values.tolist() == rows


def test_a_file_that_cannot_be_written_is_as_it_was(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    write_table(pd.DataFrame({"a": [1]}), tmp_path / "a.csv")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*a\.csv'"):
        write_table(pd.DataFrame({"a": [2]}), tmp_path / "a.csv")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.csv": "a\n1\n"}


def test_parquet_and_back(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame({"a": ["가", "b"], "n": [1.5, 2.5]})
    write_table(frame, tmp_path / "a.parquet")
    back = read_table(tmp_path / "a.parquet")
    assert back.to_dict() == frame.to_dict()
    write_table(back, tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text("utf-8") == "a,n\n가,1.5\nb,2.5\n"
    with pytest.raises(TableError, match=r"a\.parquet: it cannot be written as Parquet \(.*\); write a \.csv"):
        write_table(pd.DataFrame({"a": [1, "b", object()]}), tmp_path / "a.parquet")
    assert read_table(tmp_path / "a.parquet").to_dict() == frame.to_dict()
