"""Delta tables. Options are those of Delta 4.1 ("Table streaming reads and writes")."""

from __future__ import annotations

from streamsql.connectors.connector import Connector
from streamsql.connectors.options import OURS, Options, flag, one_of, text, whole

DELTA = Connector(
    name="delta",
    about="Delta tables",
    reads=Options(
        what="Delta's source",
        known={
            "maxFilesPerTrigger": whole,
            "maxBytesPerTrigger": text,
            "ignoreDeletes": flag,
            "skipChangeCommits": flag,
            "startingVersion": text,
            "startingTimestamp": text,
            "readChangeFeed": flag,
            "excludeRegex": text,
            "schemaTrackingLocation": text,
            "failOnDataLoss": flag,
        },
        forbidden={"ignoreChanges": "use skipChangeCommits, or read the change feed"},
    ),
    writes=Options(
        what="Delta's sink",
        known={
            "mergeSchema": flag,
            "optimizeWrite": flag,
            "autoCompact": flag,
            "userMetadata": text,
            "compression": one_of("none", "uncompressed", "snappy", "gzip", "lz4", "zstd"),
        },
        forbidden={
            **OURS,
            "txnAppId": "streamsql sets it, so that no batch is written twice",
            "txnVersion": "streamsql sets it, so that no batch is written twice",
            "overwriteSchema": "a stream only adds to a table",
            "replaceWhere": "a stream only adds to a table",
        },
    ),
    needs_path=True,
)
