"""Made-up queries with words lost, doubled and in other places: findings, and never a crash.

``STREAMSQL_FUZZ_SECONDS=600`` makes a long run of it.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Iterator

import pytest
from random_queries import Generator
from recorded_runs import MODES, model_text, profile, project_texts

from streamsql.pipeline import compile_project
from streamsql.project.nodes import ProjectFiles

SECONDS = float(os.environ.get("STREAMSQL_FUZZ_SECONDS", "1"))
MODELS = 20
_WORDS = re.compile(r"\w+|\s+|'[^']*'|.")
_STRAY = (
    *(" PIVOT ", " UNPIVOT ", " FOR ", " IN ", " AS ", " WITH ", " STREAM ", " LATERAL ", " x -> "),
    *("(", ")", ",", ".", "*", "[", "::", " CAST(", "'x'", " CHANGES FROM ", " TO ", " WATERMARK "),
    *(
        " |> ",
        " |> SET ",
        " |> DROP ",
        " |> AS ",
        " |> EXTEND ",
        " |> AGGREGATE ",
        " |> UNION ALL ",
    ),
    *(
        " |> SELECT ",
        " |> WHERE ",
        " |> JOIN ",
        " |> LIMIT ",
        " |> PIVOT ",
        " GROUP BY ",
        " = ",
        "FROM ",
    ),
)


def broken(sql: str, chance: random.Random) -> str:
    """Return a query with up to four words of it changed."""
    words = _WORDS.findall(sql)
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        place, other = chance.randrange(len(words)), chance.randrange(len(words))
        match chance.choice(("drop", "double", "swap", "stray")):
            case "drop":
                words[place] = " "
            case "double":
                words.insert(place, words[other])
            case "swap":
                words[place], words[other] = words[other], words[place]
            case _:
                words.insert(place, chance.choice(_STRAY))
    return "".join(words)


def projects(seed: int) -> Iterator[dict[str, str]]:
    generator, chance = Generator(seed), random.Random(seed)
    while True:
        texts = project_texts([])
        for number in range(MODELS):
            sql = broken(generator.query(), chance)
            texts[f"models/q{number}.sql"] = model_text(sql, chance.choice(MODES))
        yield texts


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_queries_are_told_of(seed: int) -> None:
    end = time.monotonic() + SECONDS
    for texts in projects(seed):
        files = ProjectFiles(texts, ("profiles.yml", profile("4.3.0")))
        compilation = compile_project(files)
        assert compilation.errors, "most of them are refused"
        if time.monotonic() > end:
            break
