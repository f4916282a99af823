"""The JSON API: the site's actions over HTTP, for programs. `docs/api.md` describes it."""
