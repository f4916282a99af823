"""What holds for each connection by TCP, whatever is spoken on it."""

import asyncio
import contextlib
import socket

# For which somebody may leave lie what was sent to them.
UNREAD_SECONDS = 60.0
# What is read from one connection before the others have their turn: asyncio's 256 KiB hold thousands of requests or
# frames.
READ_BYTES = 16 * 1024


def prepare(transport: asyncio.BaseTransport) -> None:
    """Have a connection send at once, and end.

    Nagle's algorithm is off. asyncio does so for TCP, but does not know the socket that uvicorn's workers share for
    TCP; then each answer on a connection that is kept waits 40 ms for the other side to acknowledge its head. And
    where the system can, it cuts off who does not take what was sent: neither uvicorn nor asyncio ever gives that up.
    """
    if hasattr(transport, "max_size"):  # asyncio's own: what it reads at once
        transport.max_size = READ_BYTES
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * UNREAD_SECONDS))


def end_writing(transport: asyncio.WriteTransport) -> None:
    """Tell the other side that nothing follows, where the transport can: not with TLS."""
    if transport.can_write_eof() and not transport.is_closing():
        with contextlib.suppress(OSError):  # the other side has gone, and the transport will say so
            transport.write_eof()
