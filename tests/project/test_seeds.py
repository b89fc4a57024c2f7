"""Seeds: types by declaration or by their cells, and every bad cell with its line."""

from __future__ import annotations

import pytest
from project_texts import load, told

from streamsql.datatypes import parse_type
from streamsql.project.cells import cell_problem, infer_type

INFERRED = {
    "bigint": ["1", "-2", None, "+3"],
    "decimal(3,2)": ["1.5", "0.25", "7"],
    "decimal(20,0)": ["99999999999999999999", "1"],
    "double": ["1e3", "2.5"],
    "boolean": ["true", "FALSE"],
    "date": ["2024-02-29"],
    "timestamp": ["2024-02-29 10:00:00", "2024-02-29T10:00:00.5Z", "2024-01-01"],
    "string": ["2023-02-29"],
}
TEXTS = [["007", "1"], [None], [], ["1", "x"], ["yes"], [" 1"], ["١"], ["1_0"], ["1" * 39]]


@pytest.mark.parametrize(("data_type", "cells"), INFERRED.items())
def test_inferred(data_type: str, cells: list[str | None]) -> None:
    assert infer_type(cells) == data_type


@pytest.mark.parametrize("cells", TEXTS)
def test_inferred_as_text(cells: list[str | None]) -> None:
    assert infer_type(cells) in ("string", "double")
    assert infer_type(cells) == "string" or cells == ["1" * 39]


FITS = [
    ("tinyint", "127", "128"),
    ("int", "-2147483648", "2147483648"),
    ("bigint", "9223372036854775807", "9223372036854775808"),
    ("decimal(4,2)", "99.50", "99.555"),
    ("decimal(4,2)", "-12.300", "123.4"),
    ("double", "-1.5e-3", "1,5"),
    ("boolean", "True", "maybe"),
    ("date", "2024-02-29", "2024-2-29"),
    ("timestamp", "2024-02-29 23:59:59+02:00", "2024-02-29 24:00:00"),
    ("varchar(3)", "abc", "abcd"),
]


@pytest.mark.parametrize(("data_type", "good", "bad"), FITS)
def test_cells(data_type: str, good: str, bad: str) -> None:
    assert cell_problem(good, parse_type(data_type)) is None
    assert cell_problem(bad, parse_type(data_type)) == f"'{bad}' is no {data_type}"


def test_a_csv_cannot_hold_everything() -> None:
    assert cell_problem("x", parse_type("array<int>")) == "a CSV cannot hold array<int>"


def test_a_seed() -> None:
    yaml = """\
        seeds:
          - name: rates
            description: Rates.
            tags: [ref]
            config: {delimiter: ";", tags: daily}
            columns: [{name: RATE, data_type: double}]
        """
    csv = 'currency;rate;note\nEUR;1;\nUSD;1.25;"two\nlines; and ""quotes"""\n\n'
    project = load({"seeds/rates.csv": csv, "seeds/seeds.yml": yaml})
    assert project.findings == ()
    (seed,) = project.seeds
    assert [(c.name, c.data_type) for c in seed.columns] == [
        ("currency", "string"),
        ("rate", "double"),
        ("note", "string"),
    ]
    assert seed.rows == (("EUR", "1", None), ("USD", "1.25", 'two\nlines; and "quotes"'))
    assert (seed.tags, seed.description) == (("ref", "daily"), "Rates.")


CASES = {
    "ragged": ("a,b\n1\n1,2\n1,2,3\n", ["2:1 bad-seed", "4:1 bad-seed"]),
    "empty": ("", ["1:1 bad-seed"]),
    "no name": ("a,,c\n", ["1:3 bad-seed"]),
    "twice": ("a,b,A\n", ["1:5 duplicate-name"]),
    "quotes": ('a\n"x\n', ["2:1 bad-seed"]),
    "windows": ("id\r\n1\r\nx\r\n", ["3:1 bad-cell"]),
    "after a cell of two lines": ('t,id\n"x\ny",1\n\nx,y\n', ["5:3 bad-cell"]),
    "unknown column": ("other\n1\n", ["seeds.yml 1:36 unknown-column"]),
}


@pytest.mark.parametrize(("csv", "findings"), CASES.values(), ids=CASES)
def test_finding(csv: str, findings: list[str]) -> None:
    texts = {"seeds/s.csv": csv}
    if "id" in csv or "other" in csv:
        texts["seeds/seeds.yml"] = "seeds: [{name: s, columns: [{name: id, data_type: int}]}]"
    expected = [f.replace(" ", ":", 1) if ".yml" in f else f"s.csv:{f}" for f in findings]
    assert told(load(texts).findings) == [f"seeds/{f}" for f in expected]


def test_large_seeds_are_refused() -> None:
    many = "a\n" + "1\n" * 10_001
    large = "a\n" + "x" * 1_048_576
    project = load({"seeds/many.csv": many, "seeds/large.csv": large})
    assert told(project.findings) == [
        "seeds/large.csv:1:1 seed-too-large",
        "seeds/many.csv:1:1 seed-too-large",
    ]
    assert project.seeds == ()
