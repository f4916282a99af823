"""Emails about missed messages."""
