"""Admission of sockets to rooms: access checks, batching, load shedding and connection limits."""
