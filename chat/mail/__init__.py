"""Emails about missed messages: what is in them, and how one is sent at most once."""
