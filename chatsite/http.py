"""uvicorn's HTTP, which sends at once: `uvicorn --http chatsite.http:Http …`."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol


def send_at_once(transport: asyncio.BaseTransport) -> None:
    """Switch Nagle's algorithm off. asyncio does so for TCP, but does not know the socket that uvicorn's workers share
    for TCP; then each answer on a connection that is kept waits 40 ms for the other side to acknowledge its head.
    """
    connection = transport.get_extra_info("socket")
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Http(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    def connection_made(self, transport: Any) -> None:
        send_at_once(transport)
        super().connection_made(transport)
