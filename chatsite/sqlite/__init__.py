"""Django's backend for SQLite, whose database files only their owner may read."""
