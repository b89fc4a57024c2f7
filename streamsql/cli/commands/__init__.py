"""One file a command, each exporting it as ``command``."""
