"""Working on a project on one machine: the embedded broker, sample events, restart on save."""
