"""``streamsql debug`` logs in to databases: through the driver, without Spark."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from postgres import PASSWORD, USER, Postgres

from streamsql.cli import cli
from streamsql.spark.ports import free_port

pytestmark = pytest.mark.spark  # the driver runs in a JVM

PROFILES = """\
shop:
  outputs:
    dev:
      connections:
        warehouse:
          type: jdbc
          url: {url}
          user: {user}
          password: "{{{{ env_var('STREAMSQL_ENV_SECRET_WAREHOUSE') }}}}"
"""


def debug(root: Path, url: str, user: str = USER, password: str = PASSWORD) -> Result:
    (root / "streamsql.toml").write_text('name = "shop"\n')
    (root / "profiles.yml").write_text(PROFILES.format(url=url, user=user))
    env = {"STREAMSQL_ENV_SECRET_WAREHOUSE": password}
    done = CliRunner().invoke(cli, ["debug", "--project-dir", str(root)], env=env)
    assert password not in done.output
    return done


def line(done: Result) -> str:
    (found,) = [t for t in done.stdout.splitlines() if "connection 'warehouse'" in t]
    return found


def test_debug_logs_in(tmp_path: Path, postgres: Postgres) -> None:
    postgres.create_database("logins")
    place = f"127.0.0.1:{postgres.port}"
    well = debug(tmp_path, postgres.url("logins"))
    assert line(well).startswith(f"✓ connection 'warehouse': {place} lets us in, PostgreSQL 1")
    assert well.exit_code == 0, well.output
    wrong = debug(tmp_path, postgres.url("logins"), password="wr0ng-word")
    assert wrong.exit_code == 1
    assert line(wrong).endswith(f'/logins): password authentication failed for user "{USER}"')
    assert "check user and password of this connection in profiles.yml" in wrong.stdout
    assert 'database "nowhere" does not exist' in line(debug(tmp_path, postgres.url("nowhere")))


def test_debug_says_that_a_database_is_down(tmp_path: Path) -> None:
    done = debug(tmp_path, f"jdbc:postgresql://127.0.0.1:{free_port()}/logins")
    assert done.exit_code == 1
    assert "no database answers: Connection refused" in line(done)
