"""The chat of the Channels tutorial, with persistence added as people add it, under the same faults."""
