"""Uploads in pieces, by the protocol tus 1.0 (core, creation, expiration, termination): https://tus.io."""

import base64
import binascii
import functools
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from chat import parts, protocol
from chat.actions.files import quotas, uploads
from chat.api import answers
from chat.api.endpoint import ViewFunction, signed_in
from chat.api.operation import PIECE, WrongRequest, header_name, operation
from chat.models import File, Person
from chat.models.files import ALT_MAX_LENGTH
from chat.protocol import Code, Scope

VERSION = "1.0.0"
VERSIONED = ("POST", "PATCH", "DELETE")
EXTENSIONS = "creation,expiration,termination"

Bytes = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Version = Annotated[str, msgspec.Meta(pattern=r"^1\.0\.0$")]
Alt = Annotated[str, msgspec.Meta(max_length=ALT_MAX_LENGTH)]


class Creation(msgspec.Struct, frozen=True, rename=header_name):
    upload_length: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    tus_resumable: Version
    upload_metadata: str = ""


class Piece(msgspec.Struct, frozen=True, rename=header_name):
    upload_offset: Bytes
    tus_resumable: Version


class Termination(msgspec.Struct, frozen=True, rename=header_name):
    tus_resumable: Version


class FileChange(msgspec.Struct, frozen=True):
    alt: Alt


class FileAnswer(msgspec.Struct, frozen=True):
    file: protocol.FileData


class Quota(msgspec.Struct, frozen=True):
    """Bytes: of all your files, of all that you may have (0: no limit), and of a single file."""

    used: int
    limit: int
    largest: int


def tus(view: ViewFunction) -> ViewFunction:
    """Refuse requests of another version of the protocol, and name the version in each answer."""

    @functools.wraps(view)
    def versioned(request: HttpRequest, **arguments: Any) -> HttpResponse:
        is_ours = request.method in VERSIONED and request.method in view.handlers  # type: ignore[attr-defined]
        if is_ours and request.headers.get("Tus-Resumable") != VERSION:
            detail = f"The header Tus-Resumable must be {VERSION}."
            response = answers.refusal(Code.BAD_FRAME, detail, status=HTTPStatus.PRECONDITION_FAILED)
            response["Tus-Version"] = VERSION
        else:
            response = view(request, **arguments)
        response["Tus-Resumable"] = VERSION
        return response

    return versioned


@operation(answers={204: None})
def options(request: HttpRequest) -> HttpResponse:
    """Return the version and the extensions of the upload protocol, as headers."""
    response = answers.done()
    response["Tus-Version"], response["Tus-Extension"] = VERSION, EXTENSIONS
    return response


@signed_in
@operation(scope=Scope.FILES, answers={200: Quota})
def quota(request: HttpRequest, person: Person) -> HttpResponse:
    """Return how much you have uploaded, and how much you may."""
    return answers.success(Quota(quotas.used(person), quotas.total(person), quotas.largest(person)))


@signed_in
@operation(
    scope=Scope.FILES,
    headers=Creation,
    answers={201: FileAnswer},
    refusals=(Code.BAD_FRAME, Code.FORBIDDEN, Code.TOO_LARGE, Code.QUOTA, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: Creation) -> HttpResponse:
    """Begin an upload. `Upload-Metadata` has the name as `filename`, and `alt`. `Location` takes the pieces."""
    told = _metadata(asked.upload_metadata)
    file = uploads.begin(person, told.get("filename", ""), asked.upload_length, told.get("alt", ""))
    response = answers.success(FileAnswer(parts.file(file)), status=201)
    response["Location"] = f"{answers.PREFIX}files/{file.key}/"
    return _with_progress(response, file)


@signed_in
@operation(scope=Scope.FILES, answers={200: FileAnswer}, refusals=(Code.NOT_FOUND, Code.EXPIRED))
def show(request: HttpRequest, person: Person, key: str) -> HttpResponse:
    """Return one of your files. The headers say how much of it has arrived, also in the answer to HEAD."""
    file = uploads.find(person, key)
    return _with_progress(answers.success(FileAnswer(parts.file(file))), file)


@signed_in
@operation(
    scope=Scope.FILES,
    headers=Piece,
    max_bytes=uploads.MAX_PIECE_BYTES,
    unparsed=PIECE,
    answers={204: None},
    refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.EXPIRED, Code.TOO_LARGE, Code.RATE_LIMITED),
)
def add_piece(request: HttpRequest, person: Person, asked: Piece, key: str) -> HttpResponse:
    """Add the bytes at `Upload-Offset`, up to 960 KiB. The first request with an offset wins, and others get 409."""
    return _with_progress(answers.done(), uploads.add_piece(person, key, asked.upload_offset, request.body))


@signed_in
@operation(
    scope=Scope.FILES,
    headers=Termination,
    answers={204: None},
    refusals=(Code.NOT_FOUND, Code.CONFLICT, Code.RATE_LIMITED),
)
def cancel(request: HttpRequest, person: Person, asked: Termination, key: str) -> HttpResponse:
    """Cancel an upload, or delete a file that you have not used yet."""
    uploads.cancel(person, key)
    return answers.done()


@signed_in
@operation(
    scope=Scope.FILES,
    body=FileChange,
    answers={200: FileAnswer},
    refusals=(Code.NOT_FOUND, Code.EXPIRED, Code.RATE_LIMITED),
)
def change(request: HttpRequest, person: Person, asked: FileChange, key: str) -> HttpResponse:
    """Describe one of your files in words, for people who cannot see it."""
    return answers.success(FileAnswer(parts.file(uploads.describe(person, key, asked.alt))))


def _metadata(header: str) -> dict[str, str]:
    """Return the values by name. Each one is Base64 of UTF-8."""
    pairs = [pair.split() for pair in header.split(",") if pair.strip()]
    try:
        return {name: base64.b64decode("".join(value), validate=True).decode() for name, *value in pairs}
    except (binascii.Error, ValueError) as error:
        raise WrongRequest(HTTPStatus.BAD_REQUEST, "Upload-Metadata must have Base64 of UTF-8 as values.") from error


def _with_progress(response: HttpResponse, file: File) -> HttpResponse:
    response["Upload-Offset"], response["Upload-Length"] = file.offset, file.size
    if file.expires_at is not None:
        response["Upload-Expires"] = http_date(file.expires_at.timestamp())
    return response
