"""The commands of ``streamsql schema``, one a file."""
