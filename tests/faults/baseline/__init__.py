"""The chat of the Channels tutorial with persistence, under the same faults."""
