"""Cells that a spreadsheet would compute: written as text, and read back as they were."""

import csv
import re
import runpy

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet import nn
from glassnet.encoders import TableEncoder
from glassnet.export import numpy_file
from glassnet.tables import Encoding, read_table, write_table
from glassnet.text.formulas import as_text, as_written
from glassnet.training import History

NUMBER = re.compile(r"[+-]?[0-9.,]*([eE][+-]?[0-9]+)?%?")
SIGNS = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
TEXTS = st.text(st.sampled_from(f"{SIGNS}'1a.,e%"), max_size=6) | st.text(max_size=6)


@given(TEXTS)
def test_what_is_written_is_read_back_and_computes_nothing(text):
    written = as_text(text)
    assert as_written(written) == text
    assert written[:1] not in {*SIGNS} or NUMBER.fullmatch(written)


@pytest.mark.parametrize("number", ["-1", "+2.5e-3", "-1,234.5", "-5%", "-.5", "-"])
def test_numbers_stay_numbers(number):
    assert as_text(number) == number


@pytest.mark.parametrize("text", ["-1+1", "+82-10-1234-5678", "-A1", "=1", "@SUM(1)", "-1e", "--"])
def test_what_only_begins_as_a_number_is_text(text):
    assert as_text(text) == f"'{text}"


def test_a_table_comes_back_as_it_was(tmp_path):
    texts = ["=1+1", "'=1+1", "-1", "+82-10", "'tis", "@a", '=HYPERLINK("x","y")', "a=1", "=\r1"]
    table = pandas.DataFrame({"=name": texts, "plain": texts[::-1], "number": range(-4, 5)})
    for name in (tmp_path / "t.csv", tmp_path / "t.tsv"):
        write_table(table, name)
        with open(name, newline="", encoding="utf-8") as file:
            cells = [cell for row in csv.reader(file, delimiter="\t" if name.suffix == ".tsv" else ",") for cell in row]
        assert [cell for cell in cells if cell[:1] in {*SIGNS}] == [
            c for c in cells if NUMBER.fullmatch(c) and c[0] == "-"
        ]
        back = read_table(name)
        assert back.drop(columns="number").to_dict("list") == table.drop(columns="number").to_dict("list")
        write_table(back, tmp_path / "again.csv")
        assert read_table(tmp_path / "again.csv").equals(back)


def test_an_exported_file_reads_and_writes_them_so_too(tmp_path):
    labels = ["=1+1", "-A1"]
    table = {"=size": labels * 8, "kind": labels * 8}
    write_table(pandas.DataFrame(table), tmp_path / "t.csv")
    encoding = Encoding.fit(table, "kind")
    encoder = TableEncoder(encoding)
    numpy_file(nn.Linear(2, 2), tmp_path / "m.py", table, classes=labels, encoder=encoder)
    namespace = runpy.run_path(str(tmp_path / "m.py"))
    assert namespace["read"](str(tmp_path / "t.csv")) == table
    namespace["write"](namespace["answers"](table), str(tmp_path / "out.csv"))
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
        assert {row[0] for row in csv.reader(file)} <= {"prediction", "'=1+1", "'-A1"}
    assert {*read_table(tmp_path / "out.csv")["prediction"]} <= {*labels}


def test_the_names_of_metrics_are_not_computed():
    assert History([{"epoch": 1, "=1+1": 0.5}]).to_csv() == "epoch,'=1+1\n1,0.5\n"
