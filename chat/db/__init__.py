"""Backups, and prepared queries: compiling a queryset takes longer than running its query."""
