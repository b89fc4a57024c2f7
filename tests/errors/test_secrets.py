"""A secret of the environment is in nothing that is written or said, whatever cannot be reached.

``tests/security`` looks for secrets in what runs write.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from error_project import profiles, servers, streamsql, write_project

SECRET = "correct-horse-battery"
ENV = {"STREAMSQL_ENV_SECRET_PASSWORD": SECRET}
PASSWORD = "{{ env_var('STREAMSQL_ENV_SECRET_PASSWORD') }}"
LOGIN = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    f"username='shop' password='{PASSWORD}';"
)


def kafka(address: str, *options: str) -> str:
    listed = ", ".join((f'sasl.jaas.config: "{LOGIN}"', *options))
    return f"{servers(address)[:-1]}, options: {{{listed}}}}}"


def assert_nowhere(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    leaks = [str(path) for path in files if SECRET.encode() in path.read_bytes()]
    assert leaks == []


@pytest.mark.slow  # each command asks a broker that never answers
def test_commands_keep_a_login_to_themselves(tmp_path: Path) -> None:
    """Even from SQL that names it, and from a broker that cannot be reached."""
    login = kafka("127.0.0.1:1", "security.protocol: SASL_PLAINTEXT", "sasl.mechanism: PLAIN")
    leaky = (
        f"SELECT '{SECRET}' AS word, {SECRET.replace('-', '_')} FROM {{{{ ref('stg_orders') }}}}\n"
    )
    project = write_project(
        tmp_path, {"profiles.yml": profiles(kafka=login), "models/leaky.sql": leaky}
    )
    said = ""
    for command in ("compile", "lint", "ls", "debug", "run"):
        done = streamsql(command, cwd=project, env=ENV)
        said += done.stdout + done.stderr
        assert "Traceback" not in said
    (project / "models/leaky.sql").unlink()
    for command in ("compile", "run"):
        done = streamsql(command, cwd=project, env=ENV)
        said += done.stdout + done.stderr
    assert "no broker answers" in said
    assert SECRET not in said
    assert_nowhere(project / "target")
