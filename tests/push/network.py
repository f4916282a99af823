"""A network of our own: names with public addresses, which all lead to one server on loopback, with TLS or without."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import urllib3.util.connection
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# Where the names of the tests lead by default. It is public, and nothing in the tests connects to it.
PUBLIC = "93.184.216.34"
CREATED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Asked:
    """A request as the server has read it. The names of the headers are in lower case."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Network:
    """`answer` gives the bytes of an answer, or pieces of it. `names` has the addresses of each name, in turn."""

    answer: Callable[[Asked], bytes | Iterable[bytes]] = lambda asked: CREATED
    names: dict[str, Iterator[str]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    # The addresses to which connections were opened.
    connected: list[str] = field(default_factory=list)
    port: int = 0
    plain_port: int = 0
    # Whether the server takes the part of a proxy first, and what it was asked to connect to.
    is_proxy: bool = False
    tunnels: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        """Stand in for `socket.getaddrinfo`. Addresses in any notation are those of the system."""
        if isinstance(host, bytes):
            host = host.decode()
        try:
            return _numeric(host, port)
        except socket.gaierror:
            if not host.endswith(".example.org") and host not in self.names:
                raise
            address = next(self.names.get(host, iter([PUBLIC])), None)
            if address is None:
                raise
            return _numeric(address, port)

    def connect(self, address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        """Stand in for the function with which urllib3 connects."""
        self.connected.append(address[0].strip("[]"))
        port = {443: self.port, 80: self.plain_port, 8080: self.plain_port}[address[1]]
        return socket.create_connection(("127.0.0.1", port), timeout=10)


_numeric_getaddrinfo = socket.getaddrinfo


def _numeric(host: str, port: int) -> list[Any]:
    return _numeric_getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)


def opened(monkeypatch: Any, folder: Path) -> Iterator[Network]:
    """Yield a network. Everything that the site sends meanwhile goes there."""
    network = Network()
    with serving(network, folder):
        monkeypatch.setattr(socket, "getaddrinfo", network.resolve)
        monkeypatch.setattr(urllib3.util.connection, "create_connection", network.connect)
        yield network


@contextmanager
def serving(network: Network, folder: Path) -> Iterator[None]:
    """Run the server of a network, with the certificate of `folder`. Set its port."""
    listener, plain = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
    network.port, network.plain_port = listener.getsockname()[1], plain.getsockname()[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    for each, tls in ((listener, context), (plain, None)):
        threading.Thread(target=_accept, args=(each, tls, network), daemon=True).start()
    yield
    listener.close()
    plain.close()


@cache
def certificate(folder: Path) -> Path:
    """Write a key and a certificate that signs itself, for all names of example.org. Return the path of both."""
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own, because a site may trust the certificates of two folders.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"tests in {folder.name}")])
    names = x509.SubjectAlternativeName([x509.DNSName("*.example.org"), x509.IPAddress(ipaddress.ip_address(PUBLIC))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "tests.pem"
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def _accept(listener: socket.socket, context: ssl.SSLContext | None, network: Network) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_serve, args=(connection, context, network), daemon=True).start()


def _serve(connection: socket.socket, context: ssl.SSLContext | None, network: Network) -> None:
    if network.is_proxy:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        network.tunnels.append(head.decode().splitlines()[0])
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
    with suppress(OSError, ValueError), _line(connection, context) as line:
        stream = line.makefile("rb")
        while (asked := _read(stream)) is not None:
            network.asked.append(asked)
            answer = network.answer(asked)
            for piece in [answer] if isinstance(answer, bytes) else answer:
                line.sendall(piece)


def _line(connection: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    return context.wrap_socket(connection, server_side=True) if context else connection


def _read(stream: Any) -> Asked | None:
    head = [line.decode().strip() for line in iter(stream.readline, b"\r\n") if line] if stream.peek(1) else []
    if not head:
        return None
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
    return Asked(head[0], headers, stream.read(int(headers.get("content-length", 0))))
