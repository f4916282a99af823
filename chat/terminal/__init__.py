"""The terminal client. It uses only the protocol and the HTTP API, so it needs no settings and no database."""
