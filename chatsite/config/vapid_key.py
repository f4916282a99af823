"""The key of CHAT_VAPID_KEY, with which push services recognise the site. An invalid value stops the start.

It is a P-256 key as PKCS #8 in Base64. That form contains the public key, so pages need no cryptography to show it.
"""

from base64 import b64decode, urlsafe_b64encode
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from chatsite.config import secret_key

# The parts around the 32 bytes of the private key and the 65 bytes of the public key, in DER.
_BEGIN = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
_BETWEEN = bytes.fromhex("a144034200")
_PRIVATE_BYTES, _PUBLIC_BYTES = 32, 65


def checked(value: str) -> str:
    """Return the key in URL-safe Base64 without padding, or an empty string if it is not set."""
    if not value:
        return ""
    try:
        der = _decoded(value)
    except ValueError:
        der = b""
    middle = len(_BEGIN) + _PRIVATE_BYTES
    is_key = der.startswith(_BEGIN) and der[middle:].startswith(_BETWEEN + b"\x04")
    if not is_key or len(der) != middle + len(_BETWEEN) + _PUBLIC_BYTES:
        raise ImproperlyConfigured("CHAT_VAPID_KEY is not a key. Run `manage.py vapidkey` to make one.")
    return _encoded(der)


def public_part(key: str) -> str:
    """Return the public key of a key that was checked, as browsers take it: 65 bytes in URL-safe Base64."""
    return _encoded(_decoded(key)[-_PUBLIC_BYTES:])


def new() -> str:
    """Return a new key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return checked(_encoded(der))


def read_or_create(path: Path) -> str:
    """Return the key of a development site. It is empty if there is none and the folder cannot be written."""
    try:
        return checked(secret_key.read_or_create(path, new))
    except OSError:
        return ""


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(value: str) -> bytes:
    """Decode both forms of Base64, with or without padding. Raise ValueError for anything else."""
    plain = value.strip().rstrip("=").replace("-", "+").replace("_", "/")
    return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
