"""A browser with a push subscription, and the push service that serves it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from py_vapid import Vapid02

from chat.models import Person, PushSubscription
from tests.push.network import CREATED, Asked, Network

AUTH = bytes(range(16))


class Device:
    """A browser in which a person is signed in. Its push service keeps what it gets in `received`, decrypted."""

    def __init__(self, network: Network, name: str = "phone"):
        self.endpoint = f"https://push.example.org/send/{name}"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.client = Client()
        self.received: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer = CREATED
        network.answer = self._answer

    @property
    def keys(self) -> dict[str, str]:
        """The keys and the endpoint as a browser gives them to the page."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": encoded(point), "auth": encoded(AUTH)}

    def sign_in(self, person: Person) -> "Device":
        self.client.force_login(person)
        return self

    def subscribe(self) -> PushSubscription:
        answer = self.client.post("/api/push/", self.keys, content_type="application/json")
        assert answer.status_code in (200, 201), answer.content
        return PushSubscription.objects.get(endpoint=self.endpoint)

    def _answer(self, asked: Asked) -> bytes:
        assert asked.line == f"POST {self.endpoint.removeprefix('https://push.example.org')} HTTP/1.1"
        assert asked.headers["content-encoding"] == "aes128gcm"
        assert len(asked.body) <= 4096
        content = http_ece.decrypt(asked.body, private_key=self.key, auth_secret=AUTH, version="aes128gcm")
        self.received.append(json.loads(content))
        self.headers.append(asked.headers)
        return self.answer


def encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def claims_of(authorization: str) -> dict[str, Any]:
    """Return the claims of a header `Authorization`, whose signature is checked."""
    assert Vapid02.verify(authorization)
    token = authorization.removeprefix("vapid t=").split(",")[0].split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return claims
