"""The paths of the API. Unknown paths are answered in the API's shape too."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from chat import converters  # noqa: F401 (registers the path converters)
from chat.api import (
    activity,
    answers,
    avatar,
    bookmarks,
    bots,
    description,
    direct,
    files,
    invitations,
    join_requests,
    members,
    membership,
    messages,
    moderation,
    notifications,
    outgoing_webhooks,
    people,
    previews,
    push,
    reactions,
    reports,
    room_files,
    rooms,
    search,
    webhooks,
)
from chat.api.endpoint import endpoint
from chat.api.operation import operation
from chat.protocol import Code


@operation(answers={200: None})
def unknown(request: HttpRequest, **arguments: str) -> HttpResponse:
    return answers.refusal(Code.NOT_FOUND, answers.NO_SUCH_ADDRESS)


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

urlpatterns = [
    path("join/", endpoint(POST=people.join)),
    path("token/", endpoint(POST=people.sign_in), name="api_token"),
    path("rooms/", endpoint(GET=rooms.index, POST=rooms.create)),
    path("rooms/<room_slug:slug>/", endpoint(GET=rooms.show, PUT=rooms.change, DELETE=rooms.delete)),
    path("rooms/<room_slug:slug>/messages/", endpoint(GET=messages.index, POST=messages.create)),
    path("rooms/<room_slug:slug>/membership/", endpoint(PUT=membership.change, DELETE=membership.delete)),
    path("rooms/<room_slug:slug>/files/", endpoint(GET=room_files.index)),
    path("rooms/<room_slug:slug>/members/", endpoint(GET=members.index)),
    path("rooms/<room_slug:slug>/commands/", endpoint(GET=outgoing_webhooks.of_room)),
    path("bots/<seq:bot_id>/commands/", endpoint(GET=outgoing_webhooks.commands, POST=outgoing_webhooks.add_command)),
    path("bots/<seq:bot_id>/commands/<seq:command_id>/", endpoint(DELETE=outgoing_webhooks.remove_command)),
    path("bots/<seq:bot_id>/webhooks/", endpoint(GET=outgoing_webhooks.index, POST=outgoing_webhooks.create)),
    path(
        "bots/<seq:bot_id>/webhooks/<seq:webhook_id>/",
        endpoint(PUT=outgoing_webhooks.change, DELETE=outgoing_webhooks.delete),
    ),
    path(
        "bots/<seq:bot_id>/webhooks/<seq:webhook_id>/deliveries/",
        endpoint(GET=outgoing_webhooks.deliveries),
    ),
    path(
        "bots/<seq:bot_id>/webhooks/<seq:webhook_id>/deliveries/<seq:delivery_id>/",
        endpoint(POST=outgoing_webhooks.send_again),
    ),
    path("avatar/", endpoint(PUT=avatar.change)),
    path("people/", endpoint(GET=members.find)),
    path("people/<seq:person_id>/", endpoint(GET=members.show)),
    path("direct/", endpoint(POST=direct.create)),
    path("bots/", endpoint(GET=bots.index, POST=bots.create)),
    path("bots/<seq:bot_id>/", endpoint(DELETE=bots.deactivate)),
    path("bots/<seq:bot_id>/tokens/", endpoint(GET=bots.tokens, POST=bots.create_token)),
    path("bots/<seq:bot_id>/tokens/<seq:token_id>/", endpoint(DELETE=bots.revoke_token)),
    path("hooks/<secret:secret>/", endpoint(POST=webhooks.receive)),
    path("rooms/<room_slug:slug>/webhooks/", endpoint(GET=webhooks.index, POST=webhooks.create)),
    path("rooms/<room_slug:slug>/webhooks/<seq:webhook_id>/", endpoint(DELETE=webhooks.revoke)),
    path("blocks/", endpoint(GET=direct.blocked)),
    path("blocks/<seq:person_id>/", endpoint(PUT=direct.block, DELETE=direct.unblock)),
    path("invitations/", endpoint(GET=invitations.index, POST=invitations.create)),
    path("invitations/use/", endpoint(POST=invitations.use)),
    path("invitations/<seq:invitation_id>/", endpoint(DELETE=invitations.revoke)),
    path(
        "rooms/<room_slug:slug>/requests/",
        endpoint(GET=join_requests.index, POST=join_requests.create, DELETE=join_requests.withdraw),
    ),
    path("rooms/<room_slug:slug>/requests/<seq:request_id>/", endpoint(PUT=join_requests.decide)),
    path("search/", endpoint(GET=search.index)),
    path("activity/", endpoint(GET=activity.index)),
    path("activity/read/", endpoint(POST=activity.read)),
    path("unread/", endpoint(GET=activity.unread)),
    path("notifications/", endpoint(GET=notifications.show_channels, PUT=notifications.change_channels)),
    path("bookmarks/", endpoint(GET=bookmarks.index)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/bookmark/", endpoint(PUT=bookmarks.save, DELETE=bookmarks.remove)),
    path("rooms/<room_slug:slug>/notifications/", endpoint(GET=notifications.show, PUT=notifications.change)),
    path("push/", endpoint(POST=push.create, DELETE=push.delete)),
    path("push/test/", endpoint(POST=push.test)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/reactions/", endpoint(GET=reactions.index)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/unfurl/", endpoint(POST=previews.unfurl)),
    path("rooms/<room_slug:slug>/archived/", endpoint(PUT=moderation.archived)),
    path("rooms/<room_slug:slug>/retention/", endpoint(PUT=moderation.retained)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/report/", endpoint(POST=reports.create)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/delete/", endpoint(POST=moderation.delete)),
    path("rooms/<room_slug:slug>/messages/<seq:seq>/restore/", endpoint(POST=moderation.restore)),
    path("rooms/<room_slug:slug>/reports/", endpoint(GET=reports.index)),
    path("rooms/<room_slug:slug>/reports/<seq:report_id>/resolve/", endpoint(POST=reports.resolve)),
    path("rooms/<room_slug:slug>/people/", endpoint(GET=moderation.people, POST=members.add)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/mute/", endpoint(POST=moderation.mute)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/unmute/", endpoint(POST=moderation.unmute)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/ban/", endpoint(POST=moderation.ban)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/unban/", endpoint(POST=moderation.unban)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/remove/", endpoint(POST=moderation.remove)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/clean-up/", endpoint(POST=moderation.clean_up)),
    path("rooms/<room_slug:slug>/people/<seq:person_id>/role/", endpoint(PUT=moderation.role)),
    path("files/", files.tus(endpoint(OPTIONS=files.options, GET=files.quota, POST=files.create))),
    path(
        "files/<file_key:key>/",
        files.tus(endpoint(GET=files.show, PATCH=files.add_piece, PUT=files.change, DELETE=files.cancel)),
    ),
    path("openapi.json", endpoint(GET=description.show)),
    re_path("", endpoint(**dict.fromkeys(METHODS, unknown))),
]
