"""The address of uvicorn's `--ws` option, which stands on people's command lines."""

from chatsite.server.websocket import WebSocket

__all__ = ["WebSocket"]
