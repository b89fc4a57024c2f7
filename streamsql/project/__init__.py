"""Reading a project: the only look at the user's disk, and what it makes of what it finds."""

from streamsql.project.files import read_files
from streamsql.project.load import load_project
from streamsql.project.settings import load_settings

__all__ = ["load_project", "load_settings", "read_files"]
