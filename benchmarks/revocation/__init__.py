"""How soon an open connection feels that a right has ended, and what it costs to watch for that."""
