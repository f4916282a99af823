"""Files that are stored, for tests that serve them."""

import hashlib

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from tests.cast import uploaded

CONTENT = bytes(range(256)) * 4
THUMB = b"a small picture"


def stored(person, name="map.png", content=CONTENT, **fields):
    """`person` has uploaded a file that is stored."""
    path = storages["files"].save("ab/object", ContentFile(content))
    if fields.get("thumb_width"):
        fields["thumb_path"] = storages["files"].save("ab/thumb", ContentFile(THUMB))
    digest = hashlib.sha256(content).hexdigest()
    return uploaded(person, name, **({"path": path, "size": len(content), "sha256": digest} | fields))


def address_of(file, name=None):
    return f"/files/{file.key}/{name or file.name}"
