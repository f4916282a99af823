"""A client that uploads files in pieces, in a test of one process."""

import base64

from tests.api.client import assert_refused

FILES = "/api/files/"
TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = "application/offset+octet-stream"


def begin(client, size, name="map.png", **headers):
    """Ask for an upload, and return the answer."""
    metadata = f"filename {base64.b64encode(name.encode()).decode()}"
    return client.post(FILES, headers={**TUS, "Upload-Length": size, "Upload-Metadata": metadata, **headers})


def address(answer):
    assert answer.status_code == 201, answer.content
    return answer["Location"]


def send(client, path, offset, content, **headers):
    """Send a piece, and return the answer."""
    headers = {**TUS, "Upload-Offset": offset, **headers}
    return client.generic("PATCH", path, content, CONTENT_TYPE=OCTETS, headers=headers)


def upload(client, content, name="map.png", piece=960 * 1024):
    """Upload a file in pieces, and return its key."""
    path = address(begin(client, len(content), name))
    for offset in range(0, len(content), piece):
        answer = send(client, path, offset, content[offset : offset + piece])
        assert answer.status_code == 204, answer.content
    return path.split("/")[-2]


__all__ = ["FILES", "TUS", "address", "assert_refused", "begin", "send", "upload"]
