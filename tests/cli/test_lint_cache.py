"""A lint that remembers says what one that does not says: after any change, to anything.

Every lint here has a memory of two kinds: of the whole answer, and of each model.

``STREAMSQL_EDITS`` sets how many random edits of the sample project the long test tries.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from click.testing import Result

from streamsql import lint_cache, packing, relint
from streamsql.findings import Location
from streamsql.parse import ParsedModel
from streamsql.project.nodes import ModelConfig
from streamsql.render import Reference, RenderedModel
from streamsql.resolve import Relation, StatefulOperator, StateKey

ROOT = Path(__file__).parents[2]
EDITS = int(os.environ.get("STREAMSQL_EDITS", "100"))
FEW_AND_MANY = [10, pytest.param(EDITS, marks=pytest.mark.slow)]
Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def lint(invoke: Invoke, root: Path, *arguments: str) -> tuple[int, str]:
    result = invoke("lint", "--project-dir", root, *arguments)
    assert not isinstance(result.exception, BaseException) or isinstance(
        result.exception, SystemExit
    )
    return result.exit_code, result.output


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the sample project, with a connection that environment variables decide over."""
    for name in ("models", "macros", "seeds"):
        shutil.copytree(ROOT / name, tmp_path / name)
    settings = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(settings[settings.index("[tool.streamsql]") :])
    shutil.copy(ROOT / "profiles.yml", tmp_path / "profiles.yml")
    for path, text in MORE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


# What the sample project has none of: schema files, docs, a model that asks the environment, and
# joins in views above views.
MORE = {
    "schemas/clicks.avsc": json.dumps(
        {
            "type": "record",
            "name": "click",
            "fields": [
                {"name": "url", "type": "string"},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            ],
        }
    ),
    "models/clicks.yml": """\
sources:
  - name: web
    connection: kafka
    tables:
      - name: clicks
        topic: web.clicks
        format: avro
        format_options: {schema: schemas/clicks.avsc}
        watermark: {column: at, delay: 5 minutes}
models:
  - name: clicks
    description: "{{ doc('clicks') }}"
    columns:
      - {name: url, data_type: string, data_tests: [short]}
""",
    "macros/tests.sql": "{% macro test_short(model) %}length(url) < {{ most() }}"
    "{% endmacro %}{% macro most() %}99{% endmacro %}\n",
    "models/clicks.md": "{% docs clicks %}Clicks on pages.{% enddocs %}\n",
    "models/clicks.sql": """\
SELECT upper(url) AS url, at AS clicked_at
FROM {{ source('web', 'clicks') }}
WHERE url <> '{{ env_var('HIDDEN_URL', 'none') }}'
""",
    "models/clicked_orders.sql": """\
SELECT o.*, c.url, c.clicked_at
FROM {{ ref('stg_orders') }} AS o
JOIN {{ ref('clicks') }} AS c
  ON c.url = o.customer_id AND c.clicked_at BETWEEN o.ordered_at AND o.ordered_at + INTERVAL 1 HOUR
""",
    "models/clicks_out.sql": """\
{{ config(materialized='topic', topic='shop.clicks', format='avro', meta={'tier': 1},
          format_options={'schema': 'schemas/clicks.avsc'}) }}
SELECT url, clicked_at AS at FROM {{ ref('clicked_orders') }}
""",
}


def test_a_reader_looked_at_alone_knows_what_is_never_null(sample: Path, invoke: Invoke) -> None:
    lint(invoke, sample)
    reader = sample / "models/clicks_out.sql"
    reader.write_text(f"{reader.read_text()}-- looked at again\n")
    assert lint(invoke, sample) == lint(invoke, sample, "--no-cache")


class Edits:
    """Random changes of a project's files, its environment and its options."""

    def __init__(self, root: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root
        self.random = random.Random(seed)
        self.monkeypatch = monkeypatch
        self.options: list[str] = []
        self.undo: list[Callable[[], object]] = []

    def file(self, *suffixes: str) -> Path:
        found = [
            p for p in self.root.rglob("*") if p.suffix in suffixes and "target" not in p.parts
        ]
        return self.random.choice(sorted(found))

    def change(self, path: Path, text: str) -> None:
        before = path.read_text()
        self.undo.append(lambda: path.write_text(before))
        path.write_text(text)

    def column(self) -> None:
        path = self.file(".sql")
        words = path.read_text().split(" ")
        place = self.random.randrange(len(words))
        words[place] = self.random.choice(["amount", "nonsense", "", "1 +", words[place] * 2])
        self.change(path, " ".join(words))

    def above(self) -> None:
        path = self.file(".sql")
        self.change(path, self.random.choice(["\n", "-- a line\n"]) + path.read_text())

    def output(self) -> None:
        path = self.file(".sql")
        names = re.findall(r"(?i)\bAS (\w+)", path.read_text()) or ["x"]
        old = self.random.choice(names)
        new = self.random.choice(["amount", "other", f"{old}_2"])
        text = re.sub(rf"(?i)\bAS {old}\b", f"AS {new}", path.read_text(), count=1)
        self.change(path, text)

    def number(self) -> None:
        path = self.file(".sql", ".yml", ".csv", ".avsc")
        text = path.read_text()
        places = [m.span() for m in re.finditer(r"\d+", text)]
        if places:
            start, end = self.random.choice(places)
            self.change(path, text[:start] + self.random.choice("1359") + text[end:])

    def config(self) -> None:
        path = self.file(".sql")
        choices = "materialized='view' materialized='topic' materialized='table' tags=['x'] "
        choices += "enabled=false meta={'a':1.5} output_mode='update' dedup={'keys':['url']}"
        chosen = self.random.choice(choices.split())
        self.change(path, f"{{{{ config({chosen}) }}}}\n{path.read_text()}")

    def types(self) -> None:
        path = self.file(".yml", ".avsc")
        kinds = ["string", "bigint", "timestamp", "decimal(12,2)", "long", "int"]
        old, new = self.random.choice(kinds), self.random.choice(kinds)
        self.change(path, path.read_text().replace(old, new, 1))

    def add(self) -> None:
        name = f"added_{self.random.randrange(3)}"
        other = self.random.choice(sorted(self.root.rglob("models/**/*.sql"))).stem
        read = f"{{{{ ref('{other}') }}}}"
        text = self.random.choice(
            [
                f"SELECT * FROM {read}\n",
                "{{ later('a', 'b') }}\n",
                f"SELECT 1 AS one, '{{{{ var('nothing', 'x') }}}}' AS v FROM {read}",
                f"SELECT a.* FROM {read} a JOIN ref__{other} b ON true\n",
            ]
        )
        self.write(self.root / f"models/{name}.sql", text)

    def macro(self) -> None:
        path = self.root / self.random.choice(["macros/a.sql", "macros/z.sql"])
        name = self.random.choice(["clean_code", "later", "money", "warned", "most"])
        body = self.random.choice(["1", "{{ money_type() }}", "{{ exceptions.warn('so') }}2", "x"])
        self.write(path, f"{{% macro {name}(a, b=1) %}}{body}{{% endmacro %}}\n")

    def write(self, path: Path, text: str) -> None:
        if path.exists():
            self.change(path, text)
        else:
            path.write_text(text)
            self.undo.append(lambda: path.unlink(missing_ok=True))

    def profile(self) -> None:
        path = self.root / "profiles.yml"
        new = self.random.choice(['"local[2]"\n        version: 4.2.0', '"local[2]"\n        x: 1'])
        self.change(path, path.read_text().replace('"local[2]"', new, 1))

    def docs(self) -> None:
        path = self.root / "models/clicks.md"
        self.change(path, path.read_text().replace("clicks %", "click %"))

    def comment(self) -> None:
        path = self.file(".sql")
        self.change(path, path.read_text() + "\n-- streamsql: ignore[select-star]\n")

    def yaml(self) -> None:
        path = self.file(".yml")
        lines = path.read_text().splitlines(keepends=True)
        del lines[self.random.randrange(len(lines))]
        self.change(path, "".join(lines))

    def seed(self) -> None:
        path = self.file(".csv")
        self.change(path, path.read_text() + "XXX,not a number\n")

    def settings(self) -> None:
        path = self.root / "pyproject.toml"
        more = self.random.choice(
            [
                "\n[tool.streamsql.lint]\nfail-on = 'info'\n",
                "\n[tool.streamsql.lint.rules]\nunused-model = 'off'\n",
                "\n[tool.streamsql.models.other]\ntags = ['other']\n",
                "\n[tool.streamsql.vars2]\n",
            ]
        )
        self.change(path, path.read_text() + more)

    def delete(self) -> None:
        path = self.file(".sql", ".yml")
        before = path.read_text()
        self.undo.append(lambda: path.write_text(before))
        path.unlink()

    def rename(self) -> None:
        path = self.file(".sql")
        new = path.with_name(f"renamed_{path.name}")
        self.undo.append(lambda: new.rename(path))
        path.rename(new)

    def variable(self) -> None:
        self.monkeypatch.setenv("HIDDEN_URL", self.random.choice(["a", "b", "'"]))

    def environment(self) -> None:
        self.options = ["--target", "cluster"]
        self.monkeypatch.setenv("KAFKA_BROKERS", self.random.choice(["", "a:1", "b:2,c:3", "{"]))

    def variables(self) -> None:
        value = self.random.choice(["25", "many", "[1]"])
        self.options = ["--vars", f"{{large_order_pieces: {value}}}"]

    def target(self) -> None:
        self.options = ["--target", self.random.choice(["dev", "cluster", "nowhere"])]

    def nothing(self) -> None:
        """What is not changed must be remembered."""

    def one(self) -> str:
        kinds = (self.column, self.column, self.comment, self.yaml, self.seed, self.settings)
        kinds += (self.delete, self.rename, self.environment, self.variables, self.target)
        kinds += (self.above, self.output, self.output, self.number, self.config, self.types)
        kinds += (self.add, self.add, self.macro, self.macro, self.profile, self.docs)
        kinds += (self.variable,)
        chosen = self.random.choice((*kinds, self.nothing))
        chosen()
        return chosen.__name__

    def back(self) -> None:
        while self.undo:
            self.undo.pop()()
        self.options = []


@pytest.mark.parametrize("count", FEW_AND_MANY)
def test_random_edits(
    sample: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    edits = Edits(sample, count, monkeypatch)
    hits = 0
    recall = lint_cache.recall

    def counted(*given: object) -> object:
        nonlocal hits
        found = recall(*given)  # type: ignore[arg-type]
        hits += found[0] is not None
        return found

    monkeypatch.setattr("streamsql.cli.remembering.recall", counted)
    parsed = parsings(monkeypatch)
    models = 0
    for number in range(count):
        kind = edits.one()
        if edits.random.random() < 0.4:
            kind += " and " + edits.one()
        said = f"edit {number}: {kind}"
        fresh = lint(invoke, sample, "--no-cache", *edits.options)
        assert lint(invoke, sample, *edits.options) == fresh, said
        assert lint(invoke, sample, *edits.options) == fresh, f"{said}, told again"
        if edits.random.random() < 0.7:
            edits.back()
        models += len(list(sample.rglob("models/**/*.sql")))
    assert hits >= count // 2
    assert len(parsed) < 0.8 * models, "where not everything changes, models are remembered"


def parsings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the models that a lint with a memory looks at anew, as they come."""
    names: list[str] = []
    parse = relint.parse_model

    def noted(rendered: RenderedModel) -> ParsedModel:
        names.append(rendered.model.name)
        return parse(rendered)

    monkeypatch.setattr(relint, "parse_model", noted)
    return names


def test_nothing_heavy_is_loaded_where_nothing_has_changed(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    first = lint(invoke, root)
    program = (
        "import atexit, sys; from streamsql.cli import main; "
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "lint", "--project-dir", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (first[0], "") or done.stdout in first[1]
    assert {"sqlglot", "jinja2", "yaml"}.isdisjoint(done.stderr.split())


def test_a_damaged_cache_is_passed_over(shop: Shop, invoke: Invoke) -> None:
    root = shop({"models/broken.sql": "SELECT nonsense FROM {{ ref('stg_orders') }}\n"})
    first = lint(invoke, root)
    path = root / "target/cache/lint.json"
    whole = path.read_text()
    kept = json.loads(whole)
    damaged = [
        "",
        "{",
        "[]",
        whole[: len(whole) // 2],
        whole.replace("unknown-column", "known-column"),
        json.dumps({**kept, "check": "0"}),
        json.dumps({"check": lint_cache.check_of("{}"), "kept": "{}"}),
    ]
    for text in damaged:
        path.write_text(text)
        assert lint(invoke, root) == first
    path.write_bytes(b"\xff\xfe")
    assert lint(invoke, root) == first
    path.unlink()
    path.mkdir()
    assert lint(invoke, root) == first


def test_no_cache_writes_none(shop: Shop, invoke: Invoke) -> None:
    root = shop()
    lint(invoke, root, "--no-cache")
    lint(invoke, root, "-s", "revenue")
    assert not (root / "target").exists()


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '{{ run_started_at }}' AS t FROM {{ ref('stg_orders') }}\n",
        "SELECT '{{ [1, 2] | random }}' AS t FROM {{ ref('stg_orders') }}\n",
        "SELECT '{{ invocation_id }}' AS t FROM {{ ref('stg_orders') }}\n",
    ],
)
def test_what_is_different_each_time_is_not_remembered(
    text: str, shop: Shop, invoke: Invoke
) -> None:
    root = shop({"models/fickle.sql": text})
    lint(invoke, root)
    assert not (root / "target/cache/lint.json").exists()


def test_no_secret_is_kept(shop: Shop, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STREAMSQL_ENV_SECRET_BROKER", "hunter22")
    root = shop()
    first = lint(invoke, root, "--target", "prod")
    kept = (root / "target/cache/lint.json").read_text()
    assert "hunter22" not in kept
    assert "STREAMSQL_ENV_SECRET_BROKER" in kept
    monkeypatch.setenv("STREAMSQL_ENV_SECRET_BROKER", "hunter23")
    asked_again = lint(invoke, root, "--target", "prod")
    assert asked_again == first
    leaked = shop({"models/leaking.sql": "SELECT 'hunter23' AS x FROM {{ ref('stg_orders') }}\n"})
    (leaked / "target/cache/lint.json").unlink(missing_ok=True)
    lint(invoke, leaked, "--target", "prod")
    assert not (leaked / "target/cache/lint.json").exists()


def test_the_code_of_others_is_asked_each_time(shop: Shop, invoke: Invoke) -> None:
    root = shop(
        {
            "streamsql.toml": 'name = "shop"\nprofile = "shop"\n[lint]\nproject-rules = true\n',
            "lint/ours.py": "",
        }
    )
    lint(invoke, root)
    assert not (root / "target/cache/lint.json").exists()


def test_another_version_of_our_code_or_packages_forgets(
    shop: Shop, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shop()
    lint(invoke, root)
    asked = lint_cache.Asked(root, None, None, {}, None, Path("target"))
    spark = next(s for s in (None, "4.1.1", "4.2.0") if _recalled(asked, s) is not None)
    for name in ("_own_code", "_packages"):
        with monkeypatch.context() as patched:
            patched.setattr(lint_cache, name, lambda: "another")
            assert _recalled(asked, spark) is None
    assert _recalled(asked, spark) is not None
    assert _recalled(asked, "3.5.0") is None


def _recalled(asked: lint_cache.Asked, spark: str | None) -> object:

    return lint_cache.recall(asked._replace(spark=spark), os.environ)[0]


LAYERS = {
    "macros/hundredfold.sql": "{% macro hundredfold(x) %}{{ x }} * {{ hundred() }}{% endmacro %}\n",
    "macros/hundred.sql": "{% macro hundred() %}100{% endmacro %}\n",
    "macros/other.sql": "{% macro other() %}1{% endmacro %}\n",
    "models/a.sql": "SELECT order_id, {{ hundredfold('amount') }} AS c, currency, ordered_at\n"
    "FROM {{ ref('stg_orders') }}\n",
    "models/b.sql": "SELECT order_id, c, ordered_at FROM {{ ref('a') }}\n",
    "models/c.sql": "{{ config(materialized='topic') }}\nSELECT order_id, c FROM {{ ref('b') }}\n",
}


@pytest.mark.parametrize(
    ("path", "old", "new", "anew"),
    [
        ("models/a.sql", "SELECT order_id", "-- a comment\nSELECT order_id", "a"),
        ("models/a.sql", "SELECT order_id", "SELECT order_id + 0 AS order_id", "a"),
        ("models/a.sql", "AS c", "* 1.5 AS c", "a b c"),
        ("models/b.sql", "ordered_at FROM", "ordered_at AS t FROM", "b c"),
        ("models/c.sql", "topic", "table", "c"),
        ("macros/hundred.sql", "100", "999", "a"),
        ("macros/hundred.sql", "100", "'x'", "a b c"),
        ("macros/other.sql", "1", "2", ""),
        (
            "models/shop.yml",
            "delay: 10 minutes",
            "delay: 20 minutes",
            "stg_orders revenue a b c",
        ),
        ("models/shop.yml", "One row an order", "A row for each order", "stg_orders"),
        ("models/shop.yml", "topic: shop.orders", "topic: shop.the_orders", ""),
        ("models/b.sql", "SELECT order_id, c", "SELECT order_id, nonsense", "b c"),
        ("models/b.sql", "SELECT order_id, c", "SELECT FROM", "b c"),
        ("streamsql.toml", "shop", "shop", "stg_orders revenue a b c"),
        ("profiles.yml", "4.1.1", "4.2.0", "stg_orders revenue a b c"),
    ],
)
def test_work_ends_where_a_relation_is_as_it_was(
    path: str,
    old: str,
    new: str,
    anew: str,
    shop: Shop,
    invoke: Invoke,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = shop(LAYERS)
    lint(invoke, root)
    file = root / path
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1) + "\n")
    parsed = parsings(monkeypatch)
    found = lint(invoke, root)
    assert sorted(parsed) == sorted(anew.split())
    assert found == lint(invoke, root, "--no-cache")


def test_a_damaged_memory_is_passed_over(
    shop: Shop, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = shop(LAYERS)
    first = lint(invoke, root)
    path = root / "target/cache/models.json"
    whole = path.read_text()
    damaged = ["", "\n", whole[: len(whole) // 2], whole.replace("bigint", "string"), "[]\n[]"]
    damaged += [f"{lint_cache.check_of(kept)}\n{kept}" for kept in ("", "[]", '["", [], ["a"]]')]
    parsed = parsings(monkeypatch)
    for text in damaged:
        (root / "target/cache/lint.json").unlink(missing_ok=True)
        path.write_text(text)
        parsed.clear()
        assert lint(invoke, root) == first
        assert len(parsed) == 5
        assert path.read_text() == whole


def test_every_part_of_a_relation_can_be_kept() -> None:
    """A class that is not known to the memory would cost every lint a compile of the whole."""
    waiting: list[object] = [Relation, ModelConfig, Reference, Location]
    seen: set[object] = set()
    while waiting:
        kind = waiting.pop()
        if kind in seen:
            continue
        seen.add(kind)
        waiting += get_args(kind)
        if is_dataclass(kind) and isinstance(kind, type):
            assert packing._CLASSES.get(kind.__name__) is kind, kind
            waiting += get_type_hints(kind, vars(sys.modules[kind.__module__])).values()


def test_what_is_packed_comes_back() -> None:
    operator = StatefulOperator("join", Location("a.sql", 3), "a", keys=(StateKey("x"),))
    above = replace(operator, kind="dedup", below=(operator, operator))
    value = (above, {"a": (1, 2.5, None), 3: [True, "x"]}, frozenset({"b", "a"}), operator)
    back = packing.unpack(json.loads(json.dumps(packing.pack(value))))
    assert back == value
    assert back[0].below == (operator, operator)
    assert back[0].below[0] is back[0].below[1] is back[3]
    with pytest.raises(packing.CannotPack):
        packing.pack((Path(),))
