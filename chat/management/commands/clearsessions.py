"""`manage.py clearsessions`: delete expired sessions. It is Django's command, whose app is not installed."""

from django.contrib.sessions.management.commands.clearsessions import Command

__all__ = ["Command"]
