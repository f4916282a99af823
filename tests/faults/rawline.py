"""A WebSocket client without a library (RFC 6455), which reads as slowly as a test wants, or not at all."""

import asyncio
import base64
import os
import socket
import struct

TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
# The kernel would take in a megabyte for a client that reads nothing.
RECEIVE_BUFFER_BYTES = 4096


class RawLine:
    """`async with RawLine(port, path, token) as line`: a connection after the handshake, with nothing else read."""

    def __init__(self, port, path, token):
        self.port, self.path, self.token = port, path, token
        self._reader = self._writer = None

    async def __aenter__(self):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", self.port))
        self._reader, self._writer = await asyncio.open_connection(sock=line, limit=RECEIVE_BUFFER_BYTES)
        self._writer.write(self._handshake())
        await self._reader.readuntil(b"\r\n\r\n")
        return self

    async def __aexit__(self, *_):
        self._writer.transport.abort()

    def _handshake(self):
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {self.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Protocol: chat.v1", f"Authorization: Bearer {self.token}", "", ""]
        return "\r\n".join(lines).encode()

    async def send(self, payload, opcode=TEXT):
        """Send as fast as the other side reads. Raise OSError once it stops."""
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
        if size > 0xFFFF:
            length = b"\xff" + struct.pack("!Q", size)
        # Masked with zeros, which changes nothing.
        self._writer.write(bytes([0x80 | opcode]) + length + bytes(4) + payload)
        await self._writer.drain()

    async def send_raw(self, data):
        """Send any bytes, as fast as the other side reads."""
        self._writer.write(data)
        await self._writer.drain()

    async def read(self, size):
        """Return at most this many bytes, or none at the end."""
        return await self._reader.read(size)
