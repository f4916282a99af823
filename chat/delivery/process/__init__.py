"""The life of a server process: startup, background tasks, database threads, readiness and graceful shutdown."""
