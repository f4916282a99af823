"""The import path for uvicorn's `--ws` option. Deployments name it on their command lines."""

from chatsite.server.websocket import WebSocket

__all__ = ["WebSocket"]
