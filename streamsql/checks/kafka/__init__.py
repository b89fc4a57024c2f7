"""Rules about topics, and about reading them."""
