"""Reading from a real disk: what is found, what is left alone, what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from project_texts import PROFILES, SETTINGS, told

from streamsql.errors import ProjectError
from streamsql.project import read_files


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "shop"
    write(root / "streamsql.toml", SETTINGS)
    write(root / "profiles.yml", PROFILES)
    write(root / "models/marts/a.sql", "SELECT 1")
    return root


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_a_project_is_found_from_any_folder_of_it(root: Path) -> None:
    read = read_files(root / "models/marts", env={"A": "b"}, vars={"x": 1})
    assert set(read.texts) == {"streamsql.toml", "models/marts/a.sql"}
    assert read.profiles == ("profiles.yml", PROFILES)
    assert (read.root, dict(read.env), dict(read.vars)) == (str(root), {"A": "b"}, {"x": 1})


def test_pyproject_counts_only_with_a_table_for_streamsql(root: Path) -> None:
    write(root / "models/pyproject.toml", "[tool.other]\n")
    assert read_files(root / "models").root == str(root)
    write(root / "models/pyproject.toml", "[tool.streamsql]\nname = 'inner'\n")
    assert read_files(root / "models").root == str(root / "models")


def test_only_what_is_the_projects_is_read(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside/b.sql", "SELECT 2")
    write(root / "elsewhere/c.sql", "SELECT 3")
    write(root / "models/.hidden/d.sql", "SELECT 4")
    write(root / "models/e.py", "pass")
    write(root / "target/f.sql", "SELECT 5")
    (root / "models/link").symlink_to(tmp_path / "outside")
    (root / "models/b.sql").symlink_to(tmp_path / "outside/b.sql")
    (root / "models/again").symlink_to(root / "models")
    (root / "models/gone.sql").symlink_to(root / "nowhere.sql")
    read = read_files(root)
    assert set(read.texts) == {"streamsql.toml", "models/marts/a.sql"}
    assert read.unreadable == ()


def test_what_cannot_be_read_is_a_finding(root: Path) -> None:
    (root / "models/bom.sql").write_bytes(b"\xef\xbb\xbfSELECT \xff")
    (root / "models/latin.sql").write_bytes("SELECT 1,\n  'é', 'ü'".encode("latin-1"))
    write(root / "seeds/large.csv", "a\n" + "x" * 1_100_000)
    read = read_files(root)
    assert told(read.unreadable) == [
        "models/bom.sql:1:8 not-utf8",
        "models/latin.sql:2:4 not-utf8",
        "seeds/large.csv:1:1 seed-too-large",
    ]


def test_folders_of_the_settings(root: Path) -> None:
    write(root / "streamsql.toml", 'name = "shop"\nmodel-paths = ["../x", "nope", "models"]\n')
    read = read_files(root)
    assert told(read.unreadable) == [
        "streamsql.toml:1:1 outside-project",
        "streamsql.toml:1:1 unknown-path",
    ]
    assert "models/marts/a.sql" in read.texts


def test_a_byte_order_mark_is_no_part_of_a_text(root: Path) -> None:
    (root / "models/bom.sql").write_bytes(b"\xef\xbb\xbfSELECT 1")
    assert read_files(root).texts["models/bom.sql"] == "SELECT 1"


def test_where_profiles_are_looked_for(root: Path, tmp_path: Path) -> None:
    (root / "profiles.yml").unlink()
    assert read_files(root).profiles is None
    write(tmp_path / "home/.streamsql/profiles.yml", "a: b")
    assert read_files(root).profiles == ("~/.streamsql/profiles.yml", "a: b")
    write(root / "conf/profiles.yml", "c: d")
    assert read_files(root, profiles_dir=root / "conf").profiles == ("conf/profiles.yml", "c: d")
    with pytest.raises(ProjectError, match=r"no profiles\.yml"):
        read_files(root, profiles_dir=tmp_path)


@pytest.mark.parametrize("text", ["name = ", "profile = 'x'", "name = 'a-b'", "x = 1"])
def test_settings_that_stop(root: Path, text: str) -> None:
    write(root / "streamsql.toml", text)
    with pytest.raises(ProjectError, match=r"streamsql\.toml:1"):
        read_files(root)


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no streamsql project") as caught:
        read_files(tmp_path)
    assert "streamsql init" in str(caught.value.hint)
    with pytest.raises(ProjectError, match="no folder"):
        read_files(tmp_path / "nowhere")
