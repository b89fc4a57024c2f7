"""The frame that registries put around values: a zero byte, and the id of a schema in four."""

from __future__ import annotations

from collections.abc import Sequence


def frame(id_: int) -> str:
    """Return the literal of the bytes before a value of the schema with that id."""
    return f"X'{id_:010X}'"


def without_frame(value: str) -> str:
    """Return the expression of what stands behind the frame."""
    return f"substring({value}, 6)"


def shown_id(value: str) -> str:
    """Return the expression of the id of a frame, as text."""
    return f"conv(hex(substring({value}, 2, 4)), 16, 10)"


def is_framed(value: str, ids: Sequence[int]) -> str:
    """Return the condition of a frame with one of these ids; with any, if there are none."""
    if ids:
        return f"substring({value}, 1, 5) IN ({_listed(ids)})"
    return f"substring({value}, 1, 1) = X'00' AND octet_length({value}) >= 5"


def frame_faults(value: str, ids: Sequence[int]) -> list[tuple[str, str]]:
    """Return what can be wrong with a frame: conditions and what to say."""
    first = f"substring({value}, 1, 1)"
    faults = [
        (f"octet_length({value}) = 0", "'empty value'"),
        (f"{first} <> X'00'", f"concat('unknown magic byte: 0x', hex({first}), ', not 0x00')"),
        (f"octet_length({value}) < 5", "'truncated: no whole schema id'"),
    ]
    if ids:
        unknown = f"concat('unknown schema id: ', {shown_id(value)})"
        faults.append((f"substring({value}, 1, 5) NOT IN ({_listed(ids)})", unknown))
    return faults


def _listed(ids: Sequence[int]) -> str:
    return ", ".join(dict.fromkeys(frame(id_) for id_ in ids))
