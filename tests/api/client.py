"""A client of the API, and the shape of every refusal."""

import json
import uuid

from django.http import HttpResponse
from django.test import Client

HALL = "/api/rooms/hall/messages/"
OPS = "/api/rooms/ops/messages/"


def post(client: Client, path: str, fields: object, **headers: str) -> HttpResponse:
    return client.post(path, fields, content_type="application/json", headers=headers)


def draft(body: str = "hello", **fields: object) -> dict[str, object]:
    return {"client_id": str(uuid.uuid4()), "body": body, **fields}


def assert_refused(response: HttpResponse, status: int, code: str) -> None:
    """Assert a refusal in the API's error format."""
    assert response.headers["Content-Type"] == "application/json"
    assert set(json.loads(response.content)) == {"error"}
    error = json.loads(response.content)["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert set(error) - {"field"} == {"code", "detail"}
    assert error["detail"].endswith(".")
