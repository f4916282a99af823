"""Outgoing webhooks: the body of an event, its signature, and sending it."""
