"""Rules about what a project says of itself."""
