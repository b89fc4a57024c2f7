"""Rules about what can be run as a stream."""
