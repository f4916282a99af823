"""The terminal client. It knows only the protocol: `python -m chat.terminal` needs no settings and no database."""
