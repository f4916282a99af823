"""The import path for uvicorn's `--http` option. Deployments name it on their command lines."""

from chatsite.server.http import Http

__all__ = ["Http"]
