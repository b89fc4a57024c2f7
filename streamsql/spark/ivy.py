"""Run the Ivy that pyspark ships: from coordinates to a folder of jars.

``spark.jars.packages`` would resolve the same coordinates, but brings second copies of
modules that Spark has already (Hadoop's client, Scala, slf4j's binding to log4j), starts
anew at every run, and reports failures as a Java stack trace.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from streamsql.errors import EnvironmentFault
from streamsql.spark.java import Java

_TIMEOUT_MS = 30_000
_SETTINGS = f"""\
<ivysettings>
  <settings defaultResolver="central"/>
  <timeout-constraints>
    <timeout-constraint name="patient"
      connectionTimeout="{_TIMEOUT_MS}" readTimeout="{_TIMEOUT_MS}"/>
  </timeout-constraints>
  <resolvers>
    <ibiblio name="central" m2compatible="true" usepoms="USEPOMS" timeoutConstraint="patient"/>
  </resolvers>
</ivysettings>
"""
_MAVEN = 'xmlns:m="http://ant.apache.org/ivy/maven"'
_UNREACHABLE = re.compile(
    r"UnknownHost|Host \S+ not found|NoRouteToHost|ConnectException|SocketTimeout|SocketException"
    r"|SSLException|SSLHandshake|timed out|Connection refused|Network is unreachable"
    r"|Server access error",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class Module:
    """A package as Maven and Ivy name it.

    ``archive`` is the ``classifier@extension`` of a file that is whole by itself: nothing that
    its package needs is fetched with it.
    """

    group: str
    artifact: str
    version: str
    archive: str = ""

    def __str__(self) -> str:
        plain = f"{self.group}:{self.artifact}:{self.version}"
        return f"{plain}:{self.archive}" if self.archive else plain


@dataclass(slots=True)
class _Tally:
    """What has come so far, and what Ivy said on the way."""

    on_progress: Callable[[str], None]
    count: int = 0
    kilobytes: int = 0
    lines: list[str] = field(default_factory=list)

    def hear(self, line: str) -> None:
        self.lines.append(line)
        if size := re.search(r"^\.+ \((\d+)kB\)", line):
            self.kilobytes += int(size[1])
        elif found := re.search(r"^\s+found \S+#(\S+);(\S+) in ", line):
            self.on_progress(f"found {found[1]} {found[2]}")
        elif jar := re.search(r"\[SUCCESSFUL \] \S+#(\S+);(\S+)!", line):
            self.count += 1
            self.on_progress(
                f"downloaded {jar[1]} {jar[2]} "
                f"({self.count} so far, {self.kilobytes / 1000:.1f} MB)"
            )


def resolve(
    modules: tuple[Module, ...],
    *,
    into: Path,
    downloads: Path,
    ivy: Path,
    settings: Path | None,
    java: Java,
    provided: frozenset[str],
    on_progress: Callable[[str], None],
    keep_open: int,
) -> None:
    """Put the jars of ``modules`` and of all they need into the folder ``into``.

    ``downloads`` is Ivy's own cache: what is whole in it is not downloaded again.
    ``keep_open`` is a lock's file descriptor that must stay held while the JVM lives, even
    if this process dies. Raises EnvironmentFault.
    """
    request = downloads / "request"
    request.mkdir(parents=True, exist_ok=True)
    (request / "ivy.xml").write_text(_ivy_xml(modules, provided), encoding="utf-8")
    # The POM of an archive says nothing that is needed, and may have parents that are nowhere.
    poms = "false" if any(m.archive for m in modules) else "true"
    own = _SETTINGS.replace("USEPOMS", poms)
    (request / "settings.xml").write_text(own, encoding="utf-8")
    tally = _Tally(on_progress)
    # A short life on few cores: the C1 compiler alone is quicker.
    command = (
        *(str(java.executable), "-XX:TieredStopAtLevel=1", "-Xmx256m", "-jar", str(ivy)),
        *("-settings", str(settings or request / "settings.xml")),
        *("-ivy", str(request / "ivy.xml"), "-cache", str(downloads), "-confs", "default"),
        *("-retrieve", f"{into}/[artifact]-[revision](-[classifier]).[ext]"),
    )
    code = _run(command, tally, keep_open)
    if code != 0:
        raise _fault(modules, tally.lines)


def _run(command: tuple[str, ...], tally: _Tally, keep_open: int) -> int:
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(keep_open,),
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                tally.hear(line.rstrip("\n"))
        except BaseException:
            process.kill()
            raise
    return process.returncode


def _ivy_xml(modules: tuple[Module, ...], provided: frozenset[str]) -> str:
    wanted = map(_dependency, modules)
    # What is named here has this version, whatever version the others ask for.
    settled = (
        f"<override org={quoteattr(m.group)} module={quoteattr(m.artifact)}"
        f" rev={quoteattr(m.version)}/>"
        for m in modules
    )
    unwanted = (f"<exclude module={quoteattr(name)}/>" for name in sorted(provided))
    return "\n".join(
        (
            f'<ivy-module version="2.0" {_MAVEN}>',
            '<info organisation="streamsql" module="request"/>',
            '<configurations><conf name="default"/></configurations>',
            "<dependencies>",
            *wanted,
            *unwanted,
            *settled,
            "</dependencies>",
            "</ivy-module>",
        )
    )


def _dependency(module: Module) -> str:
    name = (
        f"<dependency org={quoteattr(module.group)} name={quoteattr(module.artifact)}"
        f' rev={quoteattr(module.version)} conf="default->default"'
    )
    if not module.archive:
        return f"{name}/>"
    classifier, _, extension = module.archive.partition("@")
    return (
        f'{name} transitive="false"><artifact name={quoteattr(module.artifact)}'
        f" type={quoteattr(extension)} ext={quoteattr(extension)}"
        f" m:classifier={quoteattr(classifier)}/></dependency>"
    )


def _fault(modules: tuple[Module, ...], lines: list[str]) -> EnvironmentFault:
    """One line for the user; Ivy's own report is long, and names hosts."""
    missing = tuple(dict.fromkeys(_missing(lines)))
    names = ", ".join(missing or (f"{m.artifact} {m.version}" for m in modules))
    if any(_UNREACHABLE.search(line) for line in lines):
        return EnvironmentFault(
            f"cannot download {names}: the package repository cannot be reached",
            hint="check the network and run again (what has come is kept), or set "
            "STREAMSQL_IVY_SETTINGS to an Ivy settings file that names a mirror you can reach",
        )
    if missing:
        return EnvironmentFault(
            f"cannot download {names}: the package repository does not have it",
            hint="check the coordinates, or the mirror that STREAMSQL_IVY_SETTINGS names",
        )
    telling = (line.strip() for line in lines if re.search(r"(?i)error|exception", line))
    said = next(telling, "")
    said = re.sub(r"\w+://\S+", "…", said)
    return EnvironmentFault(
        f"cannot fetch {names}: {said or 'Ivy failed without a word'}",
        hint="check Java and the file that STREAMSQL_IVY_SETTINGS names",
    )


def _missing(lines: list[str]) -> Iterator[str]:
    for line in lines:
        lost = re.search(r"^\s*::\s+\S+#(\S+?);(\S+?)(?::\s.*|!\S+)\s*$", line)
        if lost:
            yield f"{lost[1]} {lost[2]}"
