"""Middleware for HTTP: pages, sessions, security headers and the request log."""
