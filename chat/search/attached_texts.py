"""The texts that messages have beside their bodies: names and descriptions of files, and titles of link previews."""

from collections import defaultdict
from collections.abc import Mapping

from chat.models import Attachment, Has, Preview

FILES = Has.IMAGE | Has.FILE


def attached_texts(has: Mapping[int, int | None]) -> dict[int, list[str]]:
    """Return the texts of messages, for their index. `has` maps the ids of the messages to their bits of `Has`.

    Takes a query for messages with files, if there are any, and another for those with previews. The order is that of
    the files, each with its name and its description, and then of the previews.
    """
    texts: dict[int, list[str]] = defaultdict(list)
    if with_files := [pk for pk, bits in has.items() if bits and bits & FILES]:
        files = Attachment.objects.filter(message__in=with_files).order_by("message", "position")
        for pk, name, alt in files.values_list("message_id", "file__name", "file__alt"):
            texts[pk] += [name, alt]
    if with_previews := [pk for pk, bits in has.items() if bits and bits & Has.PREVIEW]:
        previews = Preview.objects.filter(message__in=with_previews, hidden_at=None).order_by("message", "pk")
        for pk, title in previews.values_list("message_id", "title"):
            texts[pk].append(title)
    return texts
