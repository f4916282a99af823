"""Outgoing webhooks: what an event says, how it is signed, and sending it."""
