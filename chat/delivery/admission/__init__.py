"""Admission of sockets to rooms: access checks, also of open sockets, batching, load shedding, connection limits."""
