"""`manage.py clearsessions`: remove the sessions that have run out. Django's own, whose app is not installed."""

from django.contrib.sessions.management.commands.clearsessions import Command

__all__ = ["Command"]
