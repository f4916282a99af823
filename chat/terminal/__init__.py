"""The terminal client. It uses only the protocol and the HTTP API, so `python -m chat.terminal` needs no settings and
no database."""
