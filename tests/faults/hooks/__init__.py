"""Hooks inside a worker, for faults that no signal, socket or file can cause. They change its settings only."""
