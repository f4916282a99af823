"""Pages of lists: their parameters, and the address of the next page as a header."""

from typing import Annotated

import msgspec
from django.http import HttpRequest, HttpResponse

from chat.api import answers
from chat.site_address import origin_of

MAX_LIMIT = 200
POSITIONS = ("before", "after", "around")

Id = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Before = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)]


class AfterId(msgspec.Struct, frozen=True):
    """A page of at most `limit` entries after the id `after`, the last one of the page before."""

    after: Id = 0
    limit: Limit = 100


class OlderThan(msgspec.Struct, frozen=True):
    """A page of at most `limit` entries that are older than the id `before`."""

    before: Before | msgspec.UnsetType = msgspec.UNSET
    limit: Limit = 50

    @property
    def id(self) -> int | None:
        return None if self.before is msgspec.UNSET else self.before


def page(request: HttpRequest, content: msgspec.Struct, more: bool, **position: object) -> HttpResponse:
    """Return a page of a list. If there are more, the header `Link` has the address of the page at `position`."""
    response = answers.success(content)
    if more:
        query = request.GET.copy()
        for name in POSITIONS:
            query.pop(name, None)
        query.update({name: str(value) for name, value in position.items()})
        response["Link"] = f'<{origin_of(request)}{request.path}?{query.urlencode()}>; rel="next"'
    return response
