"""The addresses of the API. Whatever else is asked for is answered in its shape too."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from chat import converters  # noqa: F401 (names what stands in the addresses)
from chat.api import answers, description, messages, notifications, people, reactions, rooms, search
from chat.api.endpoint import endpoint
from chat.protocol import Code


def unknown(request: HttpRequest, **place: str) -> HttpResponse:
    return answers.refusal(Code.NOT_FOUND, answers.NO_SUCH_ADDRESS)


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

urlpatterns = [
    path("join/", endpoint(POST=people.join)),
    path("token/", endpoint(POST=people.sign_in)),
    path("rooms/", endpoint(GET=rooms.index)),
    path("rooms/<room_slug:slug>/messages/", endpoint(GET=messages.index, POST=messages.create)),
    path("search/", endpoint(GET=search.index)),
    path("rooms/<room_slug:slug>/notifications/", endpoint(GET=notifications.show, PUT=notifications.change)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/reactions/", endpoint(GET=reactions.index)),
    path("openapi.json", endpoint(GET=description.show)),
    re_path("", endpoint(**dict.fromkeys(METHODS, unknown))),
]
