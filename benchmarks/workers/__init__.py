"""Many workers, one site: real processes that share a database, and people who come back when a line breaks."""
