"""Parquet as files that are only ever added to. Options are those of Spark 4.1's file source and
sink.
"""

from __future__ import annotations

from streamsql.connectors.connector import Connector
from streamsql.connectors.options import OURS, Options, duration, flag, one_of, text, whole

_REBASE = one_of("exception", "corrected", "legacy")

PARQUET = Connector(
    name="parquet",
    about="parquet files",
    reads=Options(
        what="Spark's file source",
        known={
            "maxFilesPerTrigger": whole,
            "maxBytesPerTrigger": text,
            "latestFirst": flag,
            "maxFileAge": duration,
            "maxCachedFiles": whole,
            "fileNameOnly": flag,
            "pathGlobFilter": text,
            "recursiveFileLookup": flag,
            "mergeSchema": flag,
            "datetimeRebaseMode": _REBASE,
            "int96RebaseMode": _REBASE,
        },
        forbidden={
            "cleanSource": "readers of the same files would lose them",
            "sourceArchiveDir": "readers of the same files would lose them",
        },
    ),
    writes=Options(
        what="Spark's parquet sink",
        known={
            "compression": one_of(
                "none", "uncompressed", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd"
            ),
            "retention": duration,
        },
        forbidden=OURS,
    ),
    needs_path=True,
)
