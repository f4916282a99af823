"""The address of uvicorn's `--http` option, which stands on people's command lines."""

from chatsite.server.http import Http

__all__ = ["Http"]
