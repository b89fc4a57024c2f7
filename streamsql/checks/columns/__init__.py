"""Rules about the columns that a model produces and those that are spoken of."""
