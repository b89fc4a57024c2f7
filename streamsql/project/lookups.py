"""What templates may look up: environment variables, vars and doc blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar

from streamsql.findings import did_you_mean
from streamsql.project.nodes import DocBlock, Target
from streamsql.project.sandbox import TemplateFault

SECRET_PREFIX = "STREAMSQL_ENV_SECRET_"  # noqa: S105 - the name of a prefix
_MISSING = object()


@dataclass(frozen=True, slots=True)
class EnvLookup:
    """``env_var(name, default)``. ``used_secrets`` gathers the secret values handed out."""

    env: Mapping[str, str]
    secrets_allowed: bool = False
    used_secrets: set[str] = field(default_factory=set)

    def __call__(self, name: Any, default: Any = _MISSING) -> Any:
        """Return the variable's text, or the default.

        Raises:
            TemplateFault: it is not set and has no default, or is a secret in a wrong place.
        """
        if not isinstance(name, str):
            raise TemplateFault("wrong-arguments", "env_var() takes the name of a variable")
        if name.startswith(SECRET_PREFIX) and not self.secrets_allowed:
            raise TemplateFault(
                "secret-outside-profiles",
                f"the secret '{name}' may be used in profiles.yml only",
                "secrets belong into a connection's options there",
            )
        if name not in self.env and default is _MISSING:
            raise TemplateFault(
                "unknown-env-var",
                f"the environment variable '{name}' is not set",
                f"set it, or give a default: env_var('{name}', '…')",
            )
        value = self.env.get(name, default)
        if name.startswith(SECRET_PREFIX):
            self.used_secrets.add(str(value))
        return value


@dataclass(frozen=True, slots=True)
class VarLookup:
    """``var(name, default)``, and ``var.has_var(name)``."""

    OFFERED: ClassVar = ("has_var",)
    values: Mapping[str, Any]

    def __call__(self, name: Any, default: Any = _MISSING) -> Any:
        """Return the variable's value, or the default.

        Raises:
            TemplateFault: nobody set it, and it has no default.
        """
        if not isinstance(name, str):
            raise TemplateFault("wrong-arguments", "var() takes the name of a variable")
        if name in self.values:
            return self.values[name]
        if default is _MISSING:
            hint = did_you_mean(name, self.values) or "set it under 'vars', or with --vars"
            raise TemplateFault("unknown-var", f"the variable '{name}' is not set", hint)
        return default

    def has_var(self, name: str) -> bool:
        """Tell whether somebody set the variable."""
        return name in self.values


@dataclass(frozen=True, slots=True)
class DocLookup:
    """``doc(name)``: the text of a ``{% docs name %}`` block."""

    blocks: Mapping[str, DocBlock]

    def __call__(self, name: Any, *rest: Any) -> str:
        """Return the block's text; as in dbt, a project's name may stand before the block's.

        Raises:
            TemplateFault: there is no such block.
        """
        wanted = str(rest[0] if rest else name)
        if wanted not in self.blocks:
            raise TemplateFault(
                "unknown-doc",
                f"there is no docs block '{wanted}'",
                did_you_mean(wanted, self.blocks),
            )
        return self.blocks[wanted].text


def target_view(target: Target) -> Mapping[str, str]:
    """Return what templates see as ``target``: nothing that could be secret."""
    return MappingProxyType(
        {
            "name": target.name,
            "profile_name": target.profile,
            "type": "spark",
            "master": target.spark.master,
            "spark_version": target.spark.version,
        }
    )
