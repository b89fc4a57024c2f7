"""What the embedded registry begins with, in the form of Apicurio's export, which keeps ids."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_GROUP = "default"


@dataclass(frozen=True, slots=True)
class SubjectVersions:
    """A subject with its versions, oldest first: the number, the id and the schema's text.

    ``type`` is ``AVRO`` or ``JSON``; ``level`` the compatibility level, None for the
    registry's own.
    """

    name: str
    type: str
    versions: tuple[tuple[int, int, str], ...]
    level: str | None = None


def as_import(subjects: Iterable[SubjectVersions]) -> bytes:
    """Return the zip that Apicurio 3 takes at ``admin/import``."""
    files = io.BytesIO()
    with zipfile.ZipFile(files, "w") as archive:
        for path, content in _entries(tuple(subjects)):
            archive.writestr(path, content)
    return files.getvalue()


def _entries(subjects: tuple[SubjectVersions, ...]) -> Iterator[tuple[str, str]]:
    yield "manifest-1.Manifest.json", json.dumps({"systemVersion": "3.0.9", "exportVersion": "3.0"})
    texts = {id_: text for s in subjects for _, id_, text in s.versions}
    for id_, text in texts.items():
        digest = hashlib.sha256(f"{id_} {text}".encode()).hexdigest()
        yield f"content/{digest}.Content.data", text
        yield f"content/{digest}.Content.json", json.dumps(_content(id_, text, digest))
    number = 0
    for subject in subjects:
        folder = f"groups/{_GROUP}/artifacts/{subject.name}"
        yield f"{folder}/MetaData.Artifact.json", json.dumps(_artifact(subject))
        for order, (version, id_, _) in enumerate(subject.versions, 1):
            number += 1
            told = _version(subject.name, number, version, order, id_)
            yield f"{folder}/versions/{version}.ArtifactVersion.json", json.dumps(told)
        newest = [str(v) for v, _, _ in subject.versions]
        yield f"{folder}/branches/latest.Branch.json", json.dumps(_branch(subject.name, newest))
        if subject.level:
            rule = {"groupId": None, "artifactId": subject.name, "type": "COMPATIBILITY"}
            rule["configuration"] = subject.level
            yield f"{folder}/rules/COMPATIBILITY.ArtifactRule.json", json.dumps(rule)


def _content(id_: int, text: str, digest: str) -> Mapping[str, Any]:
    return {
        "contentId": id_,
        "canonicalHash": digest,
        "contentHash": hashlib.sha256(text.encode()).hexdigest(),
        "artifactType": None,
        "contentType": "application/json",
        "serializedReferences": None,
    }


_NOW: Mapping[str, Any] = {"owner": "", "createdOn": 0, "modifiedBy": "", "modifiedOn": 0}


def _artifact(subject: SubjectVersions) -> Mapping[str, Any]:
    told = {"groupId": None, "artifactId": subject.name, "artifactType": subject.type}
    return {**told, "name": None, "description": None, "labels": None, **_NOW}


def _version(subject: str, number: int, version: int, order: int, id_: int) -> Mapping[str, Any]:
    told = {"globalId": number, "groupId": None, "artifactId": subject, "version": str(version)}
    told |= {"versionOrder": order, "state": "ENABLED", "contentId": id_}
    return {**told, "name": None, "description": None, "labels": None, **_NOW}


def _branch(subject: str, versions: list[str]) -> Mapping[str, Any]:
    told = {"groupId": None, "artifactId": subject, "branchId": "latest", "description": None}
    return {**told, "systemDefined": True, "versions": versions, **_NOW}
