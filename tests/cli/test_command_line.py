"""What holds for every command: help, options from the environment, errors, secrets."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from streamsql import __version__
from streamsql.cli import cli
from streamsql.cli.group import COMMANDS, LazyGroup
from streamsql.cli.options import option, output_options
from streamsql.cli.terminal import Terminal
from streamsql.errors import ConnectionFault, UsageError

Shop = Callable[..., Path]
Invoke = Callable[..., Result]


def failing(error: Exception) -> click.Group:
    """The group of all commands, its command ``ls`` replaced by one that fails."""

    class Group(LazyGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            @click.command("ls")
            @output_options
            def command() -> None:
                raise error

            return command

    return Group("streamsql")


def test_help_and_version(invoke: Invoke) -> None:
    shown = invoke("--help")
    assert shown.exit_code == 0
    for name, summary in COMMANDS.items():
        assert re.search(rf"^  {name} +{summary[:40]}", shown.stdout, re.MULTILINE)
    assert "Exit codes" in shown.stdout
    assert invoke("--version").stdout == f"streamsql, version {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command(name: str, invoke: Invoke) -> None:
    shown = invoke(name, "--help")
    assert shown.exit_code == 0
    assert "Exit codes:\n    0  " in shown.stdout
    assert f"streamsql {name}" in shown.stdout


def test_module_can_be_run() -> None:
    done = subprocess.run(
        (sys.executable, "-m", "streamsql", "lint", "--project-dir", "/nonexistent/project"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "there is no folder /nonexistent/project" in done.stderr
    assert "Traceback" not in done.stderr


def test_options_come_from_the_environment_too(shop: Shop, invoke: Invoke) -> None:
    env = {"STREAMSQL_PROJECT_DIR": str(shop()), "STREAMSQL_SELECT": "stg_orders revenue"}
    result = invoke("ls", env={**env, "STREAMSQL_OUTPUT": "path"})
    assert result.stdout.splitlines() == [
        "models/staging/stg_orders.sql",
        "models/marts/revenue.sql",
    ]


def test_every_option_has_a_variable() -> None:
    ctx = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(ctx, name)
        assert command is not None
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                long = max(parameter.opts, key=len)
                variable = "STREAMSQL_" + long.removeprefix("--").replace("-", "_").upper()
                assert parameter.envvar == variable
                assert parameter.help


@pytest.mark.parametrize("text", ["{a: ", "41", "[1]", "{1: x}"])
def test_vars_must_be_a_mapping(text: str, shop: Shop, invoke: Invoke) -> None:
    result = invoke("lint", "--vars", text, "--project-dir", shop())
    assert result.exit_code == 2
    assert "write it as '{name: value}'" in result.stderr


def test_unknown_command_option_target_and_project(
    shop: Shop, invoke: Invoke, tmp_path: Path
) -> None:
    assert invoke("lnit").exit_code == 2
    assert invoke("lint", "--nope").exit_code == 2
    target = invoke("lint", "--project-dir", shop(), "-t", "staging")
    assert target.exit_code == 2
    assert "staging" in target.stderr
    assert "prod" in target.stderr
    nowhere = invoke("lint", "--project-dir", "/")
    assert nowhere.exit_code == 2
    assert "hint: make one with: streamsql init" in nowhere.stderr


def test_expected_errors_are_a_message_a_hint_and_a_code() -> None:
    usage = CliRunner().invoke(failing(UsageError("no such thing", hint="try another")), ["ls"])
    assert usage.exit_code == 2
    assert usage.stderr == "error: no such thing\nhint: try another\n"
    assert usage.stdout == ""
    fault = CliRunner().invoke(failing(ConnectionFault("the broker is down")), ["ls"])
    assert fault.exit_code == 1
    assert fault.stderr == "error: the broker is down\n"


def test_errors_are_json_where_json_was_asked_for() -> None:
    group = failing(UsageError("no such thing", hint="try another"))
    result = CliRunner().invoke(group, ["ls", "--log-format", "json"])
    assert result.stderr.splitlines()[0] == '{"level": "error", "message": "no such thing"}'


def test_crash_is_written_down_without_secrets_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("STREAMSQL_ENV_SECRET_TOKEN", "hunter2")
    result = CliRunner().invoke(failing(ZeroDivisionError("with hunter2")), ["ls"])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "hunter2" not in result.output
    assert "Sorry, streamsql crashed: ZeroDivisionError" in result.stderr
    (log,) = tmp_path.rglob("crash-*.log")
    assert str(log) in result.stderr
    text = log.read_text(encoding="utf-8")
    assert "Traceback" in text
    assert "with *" in text
    assert "hunter2" not in text


def test_secrets_of_the_project_are_masked_in_everything(shop: Shop, invoke: Invoke) -> None:
    jaas = "PlainLoginModule"
    root = shop({"models/leak.sql": "SELECT hunter2 FROM {{ ref('stg_orders') }}\n"})
    result = invoke(
        "lint", "-t", "prod", "--project-dir", root, env={"STREAMSQL_ENV_SECRET_BROKER": "hunter2"}
    )
    assert result.exit_code == 1
    assert "hunter2" not in result.output
    assert jaas not in result.output
    assert "SELECT *" in result.stdout


def test_quiet_keeps_results_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal({})
    terminal.quiet = True
    terminal.out("a result")
    terminal.say("some news")
    terminal.complain("a problem")
    captured = capsys.readouterr()
    assert captured.out == "a result\n"
    assert captured.err == "error: a problem\n"


def test_option_names_its_variable() -> None:
    @click.command()
    @option("-x", "--fail-fast", is_flag=True)
    def command(fail_fast: bool) -> None:
        click.echo(fail_fast)

    ran = CliRunner().invoke(command, env={"STREAMSQL_FAIL_FAST": "1"})
    assert ran.output == "True\n"
