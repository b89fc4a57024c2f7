"""Rules about a project as a whole: its names, what nobody uses, what must stay secret."""
