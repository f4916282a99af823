"""The rules of the protocol's commands on messages and read positions, and their execution in batches."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from chat import parts, protocol
from chat.actions import fingerprints, outgoing_webhooks
from chat.actions import previews as link_previews
from chat.actions.audit import Action
from chat.actions.batch import Batch, Request, Result
from chat.actions.files.attaching import bits_of, texts_of
from chat.actions.files.removal import hide_of
from chat.actions.mention_rows import ALERTS_FOR
from chat.actions.rendered_body import EMPTY, RenderedBody, paths_by_slug, people_by_name, render_body
from chat.db.reconnect import connection_was_lost
from chat.errors import ActionError, unavailable
from chat.models import File, Message, Reaction
from chat.previews.addresses import previewed_links
from chat.protocol import Code
from chat.search.attached_texts import attached_texts
from chat.telemetry.counters import counts
from chat.text import cleaning
from chat.text.words import index_text

log = logging.getLogger(__name__)

CommandOutcome = Result | ActionError

MAX_EMOJI_PER_MESSAGE = 20


def execute(request: Request) -> Result:
    """Execute one command in a transaction of its own. Raise ActionError if it is refused."""
    [outcome] = execute_batch([request])
    if isinstance(outcome, ActionError):
        raise outcome
    return outcome


def execute_batch(requests: Sequence[Request]) -> list[CommandOutcome]:
    """Execute many commands in one transaction, and return an outcome for each, in order.

    A refused command does not affect the others. If the database rejects the batch, each command is tried in a
    transaction of its own. If the database does not respond, every outcome is `unavailable`. No command is executed in
    part.
    """
    outcomes: list[CommandOutcome | None] = []
    ready: list[Request] = []
    for request in requests:
        try:
            ready.append(_with_rendered_body(request))
            outcomes.append(None)
        except ActionError as refusal:
            outcomes.append(refusal)
        except Exception:  # a command that cannot be prepared must not affect the others
            log.exception("Could not prepare a command (%s)", type(request.command).__name__)
            outcomes.append(unavailable())
    done = iter(_in_one_transaction(ready) if ready else ())
    return [next(done) if outcome is None else outcome for outcome in outcomes]


def _in_one_transaction(requests: Sequence[Request], *, once_more: bool = True) -> list[CommandOutcome]:
    """Execute the commands, and retry once at once if the connection to the database was lost.

    This is safe, because every command is idempotent: clients repeat one if they miss the answer. They would do so only
    a second later.
    """
    began_at = time.perf_counter()
    try:
        requests = _with_mentions(requests)
        with transaction.atomic():
            batch = Batch.load(requests)
            outcomes = [_attempt(batch, request) for request in requests]
            batch.save()
        done = [type(it.command) for it, outcome in zip(requests, outcomes, strict=True) if isinstance(outcome, Result)]
        counts.note_commit(time.perf_counter() - began_at, len(requests), done, len(batch.created))
        return outcomes
    except (OperationalError, InterfaceError):
        counts.note_failed_commit()
        if connection_was_lost() and once_more:
            log.warning("Lost the connection to the database. Retrying a batch of %d commands.", len(requests))
            return _in_one_transaction(requests, once_more=False)
        log.exception(
            "The database did not save a batch of %d commands. Clients are asked to try again.", len(requests)
        )
        return [unavailable() for _ in requests]
    except DatabaseError:
        counts.note_failed_commit()
        if len(requests) == 1:
            log.exception("The database rejected a command (%s)", type(requests[0].command).__name__)
            return [unavailable()]
        return [outcome for request in requests for outcome in _in_one_transaction([request])]


def _attempt(batch: Batch, request: Request) -> CommandOutcome:
    try:
        return RULES[type(request.command)](batch, request, request.command)
    except ActionError as refusal:
        return refusal


def _with_rendered_body(request: Request) -> Request:
    body = request.command.text
    if body is None:
        return request
    # An edit that names no files keeps them. Only its transaction knows whether there are any.
    may_be_empty = getattr(request.command, "files", []) != []
    return replace(request, rendered=render_body(body, settings.CHAT_MAX_BODY, may_be_empty=may_be_empty))


def _with_mentions(requests: Sequence[Request]) -> list[Request]:
    """Look up the people and rooms that the bodies mention, in one query each."""
    bodies = [request.rendered for request in requests if request.rendered]
    named, rooms = people_by_name(bodies), paths_by_slug(bodies)
    return [
        replace(it, rendered=it.rendered.with_mentions(named, rooms)) if it.rendered and it.rendered.has_targets else it
        for it in requests
    ]


# ---- The rules. Each checks everything before it changes anything in the batch.


def post(batch: Batch, request: Request, command: protocol.Post) -> Result:
    """Post a message. The same client id again returns the first message, however much later."""
    person, room = batch.admit(request)
    body = batch.body_of(request)
    outside = batch.outside(person, room, body.mentions.people)
    key = (person.pk, str(command.client_id))
    fingerprint = fingerprints.of(room.pk, command)
    if earlier := batch.posted.get(key):
        if not fingerprints.are_same(earlier.fingerprint, fingerprint) and not earlier.is_erased:
            raise ActionError(Code.CONFLICT, "This id has already been used for another message.")
        return Result(earlier.seq, earlier.rev, earlier, outside=outside)
    batch.check_may_write(person, room, is_text=True)
    files = batch.files.choose(person, command.files, batch.now) if command.files else []
    batch.check_spam(person, room, body, files)
    batch.check_reply(person, room, command.reply_to)
    if body.mentions.room:
        batch.check_room_mention(room)
    message = Message(
        room=room,
        author=person,
        client_id=command.client_id,
        fingerprint=fingerprint,
        body=body.body,
        html=body.html,
        search_text=index_text(body.body, *texts_of(files)) if files else body.search_text,
        reply_to=command.reply_to,
        created_at=batch.now,
    )
    # Not above: for each field after `created_at`, Django would look among the arguments.
    message.has = (body.has | bits_of(files) if files else body.has) or None
    batch.posted[key] = batch.add(room, message)
    if files:
        batch.files.attach(message, files)
    batch.mention(room, message, body.mentions)
    batch.memberships.take_part(person, room, message.seq)
    return Result(message.seq, message.rev, message, created=True, outside=outside)


def edit(batch: Batch, request: Request, command: protocol.Edit) -> Result:
    """Edit the person's own message. With `if_rev`, only if it has not changed since. No one edits others' messages."""
    person, room = batch.admit_to_write(request)
    body = batch.body_of(request)
    message = batch.message(person, room, command.seq)
    if message.author_id != person.pk:
        raise ActionError(Code.FORBIDDEN, "You can only edit your own messages.")
    if message.is_deleted:
        raise ActionError(Code.NOT_FOUND, "This message was deleted.")
    outside = batch.outside(person, room, body.mentions.people)
    files = batch.files.kept(message, command.files)
    if message.body == body.body and len(files) == len(batch.files.of(message)):
        return Result(message.seq, message.rev, message, outside=outside)
    if not (body.body or files):
        raise ActionError(Code.EMPTY, EMPTY)
    batch.check_spam(person, room, body)
    if command.if_rev is not None and _has_other_text(message, since=command.if_rev):
        raise ActionError(Code.CONFLICT, "This message has changed since you opened it. Check it and save again.")
    if body.mentions.room and None not in batch.mentions.of(message):
        batch.check_room_mention(room)
    message.body, message.html, message.edited_at = body.body, body.html, batch.now
    batch.files.keep(message, files)
    has_previews = (message.has or 0) & parts.PREVIEWS
    previews = link_previews.keep_linked(message, body.html) if has_previews else 0
    message.has = (body.has | bits_of(files) | previews) or None
    message.search_text = _changed_search_text(message.search_text, _index_text(message, body, files))
    batch.touch(room, message)
    message.text_rev = message.rev
    batch.mention(room, message, body.mentions, silent=batch.now - message.created_at > ALERTS_FOR)
    batch.set_fingerprint(message, fingerprints.keyed(message.fingerprint))
    return Result(message.seq, message.rev, message, outside=outside)


def _has_other_text(message: Message, *, since: int) -> bool:
    """Return whether the text was changed after that revision. For edits of earlier releases, any change counts."""
    if message.text_rev is not None:
        return message.text_rev > since
    return message.edited_at is not None and message.rev != since


def _index_text(message: Message, body: RenderedBody, files: list[File]) -> str | None:
    """Return the text of an edited message for the search index, with those of its files and previews."""
    previews = (message.has or 0) & parts.PREVIEWS
    if not (files or previews):
        return body.search_text
    titles = attached_texts({message.pk: previews}).get(message.pk, [])
    return index_text(body.body, *texts_of(files), *titles)


def _changed_search_text(before: str | None, after: str | None) -> str | None:
    """Return the new text for the search index, with one more space if the words stay the same.

    The database clears a text that does not change with the body, because a worker of the previous release leaves it.
    """
    return f"{after} " if after is not None and after == before else after


def delete(batch: Batch, request: Request, command: protocol.Delete) -> Result:
    """Delete one's own message, or that of someone with a lower rank. A tombstone stays. A repeat changes nothing."""
    person, room = batch.admit(request)
    message = batch.message(person, room, command.seq)
    if not batch.may_delete(person, room, message):
        detail = "You can delete your own messages. Moderators can also delete those of people with a lower role."
        raise ActionError(Code.FORBIDDEN, detail)
    if room.is_archived:
        raise ActionError(Code.ARCHIVED, "This room is archived. You can read it but not post.")
    if not message.is_deleted:
        message.deleted_at = batch.now
        batch.touch(room, message)
        hide_of([message])
        batch.mentions.set(message, {})
        if message.author_id != person.pk:
            batch.record(person, Action.DELETE, message, command.reason)
    return Result(message.seq, message.rev, message)


def unfurl(batch: Batch, request: Request, command: protocol.Unfurl) -> Result:
    """Remove the preview of a link of one's own message, or of someone with a lower rank. It stays removed."""
    person, room = batch.admit(request)
    message = batch.message(person, room, command.seq)
    if not batch.may_delete(person, room, message):
        detail = (
            "You can remove previews from your own messages. Moderators can also do so for people with a lower role."
        )
        raise ActionError(Code.FORBIDDEN, detail)
    if room.is_archived:
        raise ActionError(Code.ARCHIVED, "This room is archived. You can read it but not post.")
    if command.on:
        raise ActionError(Code.BAD_FRAME, "A preview can only be removed, with “on” false. It stays removed.")
    if message.is_deleted or command.url not in previewed_links(message.html):
        raise ActionError(Code.NOT_FOUND, "The message has no preview of this link.")
    if link_previews.hide(message, command.url, person, batch.hidden_previews):
        if message.pk is not None:
            message.has = (message.has or 0) | parts.PREVIEWS
            texts = attached_texts({message.pk: message.has}).get(message.pk, [])
            message.search_text = index_text(message.body, *texts)
        batch.touch(room, message)
        if message.author_id != person.pk:
            batch.record(person, Action.UNFURL, message)
    return Result(message.seq, message.rev, message)


def react(batch: Batch, request: Request, command: protocol.React) -> Result:
    """Add or remove the person's own reaction. Repeating the command changes nothing."""
    person, room = batch.admit_to_write(request)
    message = batch.message(person, room, command.seq)
    if message.is_deleted:
        raise ActionError(Code.NOT_FOUND, "This message was deleted.")
    if not cleaning.is_emoji(command.emoji):
        raise ActionError(Code.BAD_FRAME, "A reaction must be a single emoji.")
    emoji = cleaning.canonical_emoji(command.emoji)
    reactions = batch.reactions_to(message)
    # Rows of earlier releases may have the same emoji in another form, also twice.
    mine = [it for it in reactions if it.person_id == person.pk and cleaning.canonical_emoji(it.emoji) == emoji]
    if command.on and not mine:
        kinds = {cleaning.canonical_emoji(it.emoji) for it in reactions}
        if emoji not in kinds and len(kinds) >= MAX_EMOJI_PER_MESSAGE:
            detail = f"A message can have at most {MAX_EMOJI_PER_MESSAGE} different reactions."
            raise ActionError(Code.CONFLICT, detail)
        batch.react(message, Reaction(message=message, person=person, emoji=emoji))
        batch.touch(room, message)
    elif mine and not command.on:
        for reaction in mine:
            batch.unreact(message, reaction)
        batch.touch(room, message)
    return Result(message.seq, message.rev, message)


def read(batch: Batch, request: Request, command: protocol.Read) -> Result:
    """Move the read position forward, at most to the newest message. This command never moves it back."""
    person, room = batch.admit(request)
    return Result(batch.memberships.read_up_to(person, room, min(command.seq, room.head.seq)))


def mark_unread(batch: Batch, request: Request, command: protocol.MarkUnread) -> Result:
    """Mark this message and all later ones as unread. This command never moves the read position forward."""
    person, room = batch.admit(request)
    return Result(batch.memberships.unread_from(person, room, min(command.seq, room.head.seq + 1)))


def bookmark(batch: Batch, request: Request, command: protocol.SetBookmark) -> Result:
    """Save a message for the person, or remove it from their saved ones. A repeat changes at most the note."""
    person, room = batch.admit(request)
    if not command.on:
        batch.bookmarks.remove(person, room, command.seq)
        return Result(command.seq)
    message = batch.message(person, room, command.seq)
    if message.is_deleted and not batch.bookmarks.has(person, room, message.seq):
        raise ActionError(Code.NOT_FOUND, "This message was deleted.")
    batch.bookmarks.add(person, room, message.seq, command.note)
    return Result(message.seq)


def call(batch: Batch, request: Request, command: protocol.CallCommand) -> Result:
    """Send the command of a bot to its webhook. It counts as a post."""
    person, room = batch.admit(request)
    batch.check_may_write(person, room, is_text=True)
    outgoing_webhooks.call(person, room, command.name, command.arguments, command.client_id)
    return Result(room.head.seq)


RULES: dict[type[protocol.StoredCommand], Callable[[Batch, Request, Any], Result]] = {
    protocol.Post: post,
    protocol.Edit: edit,
    protocol.Delete: delete,
    protocol.React: react,
    protocol.Unfurl: unfurl,
    protocol.Read: read,
    protocol.MarkUnread: mark_unread,
    protocol.SetBookmark: bookmark,
    protocol.CallCommand: call,
}
