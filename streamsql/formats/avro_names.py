"""An Avro schema with its named types, each found by its full name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMED = ("record", "error", "enum", "fixed")
_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


class NamedTypes:
    """A schema with its named types, each found by its full name."""

    __slots__ = ("root", "types")

    def __init__(self, root: Any) -> None:
        self.types: dict[str, Mapping[str, Any]] = {}
        self.root = self._read(root, "")

    def _read(self, node: Any, space: str) -> Any:
        """Return a node with every name in it written out, and keep the types it defines."""
        if isinstance(node, str):
            return node if node in _PRIMITIVES or "." in node or not space else f"{space}.{node}"
        if isinstance(node, list):
            return [self._read(member, space) for member in node]
        kind = node.get("type")
        if isinstance(kind, dict | list) or (isinstance(kind, str) and not _is_known(kind)):
            return self._read(kind, space)
        if kind in NAMED:
            return self._define(node, kind, space)
        inner = {"array": "items", "map": "values"}.get(kind)
        return {**node, inner: self._read(node.get(inner), space)} if inner else node

    def _define(self, node: Mapping[str, Any], kind: str, space: str) -> str:
        name = str(node.get("name"))
        inner = name.rpartition(".")[0] if "." in name else str(node.get("namespace", space) or "")
        full = name if "." in name or not inner else f"{inner}.{name}"
        made: dict[str, Any] = {**node, "type": "record" if kind == "error" else kind, "name": full}
        self.types[full] = made
        if made["type"] == "record":
            made["fields"] = [
                {**f, "type": self._read(f.get("type"), inner)} for f in node.get("fields", ())
            ]
        return full

    def follow(self, node: Any) -> Any:
        """Return what a name stands for; a primitive as a schema with its type."""
        if not isinstance(node, str):
            return node
        short = node.rpartition(".")[2]
        return self.types.get(node) or self.types.get(short) or {"type": short}


def _is_known(kind: str) -> bool:
    return kind in _PRIMITIVES or kind in NAMED or kind in ("array", "map")
