"""The JSON API: the same actions as everywhere, for programs. `docs/api.md` describes it."""
