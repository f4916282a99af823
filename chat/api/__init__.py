"""The JSON API: the same actions as everywhere, for programs. `docs/protocol.md` tells it in words."""
