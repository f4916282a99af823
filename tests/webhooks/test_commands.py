"""Commands of bots: registering, calling, and the answers."""

from uuid import uuid4

import pytest
from django.utils import timezone

from chat import broadcast, protocol
from chat.actions import outgoing_webhooks
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.errors import ActionError
from chat.models import Membership, Message, Room
from tests.webhooks.test_outgoing import URL, answer, told

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def command(network, alice, bot, hall):
    hook = outgoing_webhooks.create(alice, bot.pk, url=URL, events=[])
    return outgoing_webhooks.add_command(alice, hook, "deploy", usage="service", description="Deploys a service.")


@pytest.fixture
def shown(monkeypatch):
    """The answers that only callers see."""
    events = []
    monkeypatch.setattr(broadcast, "_send", lambda event: events.append(event))
    return lambda: [it for it in events if it["type"] == "room.ephemeral"]


def call(person, room, arguments="", client_id=None, name="deploy"):
    return execute(
        Request(
            person.pk, room.pk, protocol.CallCommand(client_id=client_id or uuid4(), name=name, arguments=arguments)
        )
    )


def test_a_call_reaches_the_webhook_once_and_its_answer_the_caller(network, deliver, command, shown, bob, bot, hall):
    network.answer = answer(200, b'{"text": "Deploying **api**"}')
    client_id = uuid4()
    for _ in range(2):
        call(bob, hall, "api staging", client_id)
    deliver()
    [event] = told(network)
    assert event["type"] == "command"
    assert event["data"]["person"]["name"] == bob.name
    assert (event["data"]["command"], event["data"]["arguments"]) == ("deploy", "api staging")
    [frame] = shown()
    assert (frame["person"], frame["room"], frame["name"]) == (bob.pk, hall.pk, "deploy")
    assert frame["html"] == '<p dir="auto">Deploying <strong>api</strong></p>'
    assert not Message.objects.filter(author=bot).exists()


def test_an_answer_for_everyone_is_posted_by_the_bot(network, deliver, command, shown, bob, bot, hall):
    network.answer = answer(200, b'{"text": "Deployed", "response_type": "in_channel"}')
    call(bob, hall)
    deliver()
    [message] = Message.objects.filter(author=bot)
    assert message.body == "Deployed"
    assert not shown()


def test_a_failure_is_told_to_the_caller_and_not_repeated(network, deliver, command, shown, bob, hall):
    network.answer = answer(500)
    call(bob, hall)
    deliver()
    deliver()
    assert len(network.asked) == 1
    assert [it["text"] for it in shown()] == ["/deploy didn’t answer. Try again later."]


def test_commands_work_where_the_bot_is_and_for_who_may_post(command, alice, bob, bot, hall):
    with pytest.raises(ActionError, match="no command /nothing"):
        call(bob, hall, name="nothing")
    Room.objects.update(archived_at=timezone.now())
    with pytest.raises(ActionError, match="archived"):
        call(bob, hall)
    Room.objects.update(archived_at=None)
    Membership.objects.filter(person=bot).delete()
    with pytest.raises(ActionError, match="no command /deploy"):
        call(bob, hall)


def test_names_are_unique_on_the_site(command, alice, hall):
    for name, problem in (("deploy", "already"), ("me", "already"), ("De ploy", "1 to 32"), ("", "1 to 32")):
        with pytest.raises(ActionError, match=problem):
            outgoing_webhooks.add_command(alice, command.webhook, name)
