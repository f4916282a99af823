"""TCP settings of every connection, whatever protocol it speaks."""

import asyncio
import contextlib
import socket

# The time after which a connection with unacknowledged data is cut.
UNREAD_SECONDS = 60.0
# The largest read before other connections have their turn. asyncio's 256 KiB hold thousands of requests or frames.
READ_BYTES = 16 * 1024


def prepare(transport: asyncio.BaseTransport) -> None:
    """Disable Nagle's algorithm, and set the time limit for unacknowledged data and the read size.

    asyncio disables Nagle's algorithm for TCP, but does not recognise the socket that uvicorn's workers share. Each
    response on a kept connection then waits 40 ms until the client acknowledges the head. Neither uvicorn nor asyncio
    ever drops a client that takes no data, so the system does, where it can.
    """
    if hasattr(transport, "max_size"):  # asyncio's attribute for the read size
        transport.max_size = READ_BYTES
    connection = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(1000 * UNREAD_SECONDS))


def end_writing(transport: asyncio.WriteTransport) -> None:
    """Signal the end of the data to the other side. TLS does not support this."""
    if transport.can_write_eof() and not transport.is_closing():
        with contextlib.suppress(OSError):  # the other side has gone, and the transport reports that
            transport.write_eof()
