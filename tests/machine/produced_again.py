"""A record of an idempotent producer as bytes on the wire, so that it can be sent a second time.

Sources: "Kafka protocol guide" (Produce, version 3) and "Message Format" (record batch, version 2).
"""

from __future__ import annotations

import socket
import struct

_REQUEST_PRODUCE, _VERSION = 0, 3
_EPOCH = 0


def send_batch(
    port: int, topic: str, producer: int, sequence: int, timestamp: int, value: bytes
) -> tuple[int, int]:
    """Send a batch of one record to partition 0; return the broker's error code and the offset.

    A client whose acknowledgement was lost sends the very same again. ``timestamp`` is in
    milliseconds since 1970.
    """
    batch = _batch(producer, sequence, timestamp, value)
    body = struct.pack(">hhi", -1, -1, 10_000)  # no transaction, acks=all, a timeout
    body += struct.pack(">i", 1) + _text(topic) + struct.pack(">iii", 1, 0, len(batch)) + batch
    header = struct.pack(">hhi", _REQUEST_PRODUCE, _VERSION, 1) + _text("tests")
    with socket.create_connection(("127.0.0.1", port), timeout=30) as broker:
        broker.sendall(struct.pack(">i", len(header + body)) + header + body)
        stream = broker.makefile("rb")
        (size,) = struct.unpack(">i", stream.read(4))
        answer = stream.read(size)
        stream.close()
    error, offset = struct.unpack_from(">hq", answer, 4 + 4 + len(_text(topic)) + 4 + 4)
    return error, offset


def _batch(producer: int, sequence: int, timestamp: int, value: bytes) -> bytes:
    # attributes, the deltas of time and offset, no key; no headers
    record = b"\0\0\0" + _varint(-1) + _varint(len(value)) + value + _varint(0)
    records = _varint(len(record)) + record
    checked = struct.pack(
        ">hiqqqhii", 0, 0, timestamp, timestamp, producer, _EPOCH, sequence, 1
    )  # fmt: skip
    checked += records
    after_length = struct.pack(">ibI", -1, 2, _crc32c(checked)) + checked
    return struct.pack(">qi", 0, len(after_length)) + after_length


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


def _varint(number: int) -> bytes:
    """A short number, zigzag."""
    zigzag = number << 1 if number >= 0 else -2 * number - 1
    assert zigzag < 128
    return bytes([zigzag])


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
