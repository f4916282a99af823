"""A push service that decrypts what it gets. The workers reach it through the proxy that their settings name."""

import json
from base64 import urlsafe_b64encode
from collections import defaultdict

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.push.network import CREATED, PUBLIC, Network

AUTH = bytes(range(16))
TAG = "chat."


class PushService:
    """`pushed[person id, room]` are the `seq`s that arrived. All browsers have the same keys.

    `before_answer()` runs in the thread of each request, after the push has arrived.
    """

    def __init__(self):
        self.network = Network(answer=self._take, is_proxy=True)
        self.pushed = defaultdict(list)
        self.before_answer = lambda: None
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def keys(self):
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": _encoded(point), "auth": _encoded(AUTH)}

    @staticmethod
    def endpoint(person_id):
        return f"https://{PUBLIC}/send/{person_id}"

    def _take(self, asked):
        if len(asked.body) < int(asked.headers["content-length"]):
            raise ConnectionError("the worker was killed")
        person_id = int(asked.line.split()[1].rpartition("/")[2])
        content = http_ece.decrypt(asked.body, private_key=self._key, auth_secret=AUTH, version="aes128gcm")
        notification = json.loads(content)["notification"]
        self.pushed[person_id, notification["tag"].removeprefix(TAG)].append(notification["data"]["seq"])
        self.before_answer()
        return CREATED


def _encoded(content):
    return urlsafe_b64encode(content).rstrip(b"=").decode()
