"""Backups, and compiled queries: compiling a queryset takes longer than running its query."""
