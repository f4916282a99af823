"""Sessions and tokens end when a person gains permissions in the admin, and when an account is closed."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from chat.actions import administration, staff_accounts
from chat.actions.accounts import issue_token
from chat.models import AuditEntry, Person, Token
from tests.cast import PASSWORD

MODERATE = "change_message"


@pytest.fixture
def chief(db):
    return Person.objects.create_superuser("chief", PASSWORD)


@pytest.fixture
def staff_browser(chief, signed_in):
    return signed_in(chief)


@pytest.fixture
def clerk(db):
    return Person.objects.create_user("clerk", PASSWORD, is_staff=True)


@pytest.fixture
def moderators(db):
    group = Group.objects.create(name="moderators")
    group.permissions.set(Permission.objects.filter(codename=MODERATE))
    return group


@pytest.fixture
def held(signed_in):
    """Return a function that gives a person a browser session and a token."""

    def hold(person: Person) -> tuple[Client, str]:
        return signed_in(person), issue_token(person)

    return hold


def opens(held):
    """Return whether the browser is signed in, and whether the token is valid."""
    browser, token = held
    by_token = Client(headers={"Authorization": f"Bearer {token}"}).get("/api/rooms/").status_code
    return browser.get("/api/rooms/").status_code == 200, by_token == 200


def save(staff_browser, person, **fields):
    named = {"name": person.name, "email": person.email, "is_active": "on"}
    if person.is_staff:
        named["is_staff"] = "on"
    answer = staff_browser.post(f"/admin/chat/person/{person.pk}/change/", {**named, **fields})
    assert answer.status_code == 302


def test_deactivating_by_the_form_and_activating_again_revives_nothing(staff_browser, carol, held):
    before = held(carol)
    assert opens(before) == (True, True)
    save(staff_browser, carol, is_active="")
    assert not carol.sessions.exists()
    save(staff_browser, carol)
    assert Person.objects.get(pk=carol.pk).is_active
    assert opens(before) == (False, False)


@pytest.mark.parametrize("again", ["form", "action"])
def test_credentials_left_by_another_release_are_removed_on_activation(staff_browser, chief, carol, held, again):
    before = held(carol)
    Person.objects.filter(pk=carol.pk).update(is_active=False)
    if again == "form":
        save(staff_browser, carol)
    else:
        staff_accounts.activate(chief, Person.objects.filter(pk=carol.pk))
    assert opens(before) == (False, False)


def test_joining_a_group_with_permissions_ends_sessions_and_tokens(staff_browser, clerk, moderators, held):
    before = held(clerk)
    save(staff_browser, clerk, groups=[moderators.pk])
    assert clerk.has_perm("chat.change_message")
    assert opens(before) == (False, False)


@pytest.mark.parametrize("change", ["name", "empty group", "leaves"])
def test_changes_without_more_power_end_no_credentials(staff_browser, clerk, moderators, held, change):
    if change == "leaves":
        clerk.groups.add(moderators)
    before = held(clerk)
    groups = [Group.objects.create(name="nothing").pk] if change == "empty group" else []
    save(staff_browser, clerk, groups=groups, **({"name": "clark"} if change == "name" else {}))
    assert opens(before) == (True, True)


def group_form(group, *codenames):
    return {
        "name": group.name,
        "permissions": list(Permission.objects.filter(codename__in=codenames).values_list("pk", flat=True)),
    }


def test_new_permission_of_a_group_ends_sessions_and_tokens_of_its_members(
    staff_browser, clerk, carol, chief, moderators, held
):
    clerk.groups.add(moderators)
    chief.groups.add(moderators)
    before, outside = held(clerk), held(carol)
    address = f"/admin/auth/group/{moderators.pk}/change/"
    assert staff_browser.post(address, group_form(moderators, MODERATE)).status_code == 302
    assert opens(before) == (True, True)
    assert staff_browser.post(address, group_form(moderators, MODERATE, "delete_message")).status_code == 302
    assert clerk.has_perm("chat.delete_message")
    assert (opens(before), opens(outside)) == ((False, False), (True, True))
    assert staff_browser.get("/admin/").status_code == 200, "a superuser gains nothing"
    assert AuditEntry.objects.latest("pk").detail == "moderators: chat.change_message, chat.delete_message"


def test_adding_and_deleting_a_group_is_audited(staff_browser, clerk, held):
    staff_browser.post("/admin/auth/group/add/", {"name": "desk"})
    group = Group.objects.get(name="desk")
    clerk.groups.add(group)
    before = held(clerk)
    staff_browser.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
    assert not Group.objects.exists()
    assert opens(before) == (True, True)
    assert list(AuditEntry.objects.values_list("action", flat=True).order_by("pk")) == ["add_group", "delete_group"]


@pytest.mark.parametrize("page", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_groups_are_for_superusers(clerk, moderators, signed_in, page):
    clerk.user_permissions.set(Permission.objects.filter(codename__endswith="_group"))
    address = "/admin/auth/group/" + page.format(pk=moderators.pk)
    assert signed_in(clerk).post(address, group_form(moderators, "delete_message") | {"post": "yes"}).status_code == 403
    assert list(moderators.permissions.values_list("codename", flat=True)) == [MODERATE]


def test_permissions_of_one_person_cannot_be_given_by_the_form(staff_browser, carol):
    permission = Permission.objects.get(codename=MODERATE)
    save(staff_browser, carol, user_permissions=[permission.pk])
    assert not carol.user_permissions.exists()


def test_tokens_of_staff_are_revoked_by_superusers(clerk, chief, carol, signed_in):
    for person in (chief, carol):
        issue_token(person)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_token", "view_token"]))
    with pytest.raises(staff_accounts.ActionError):
        administration.revoke_tokens(Token.objects.values_list("pk", flat=True), by=clerk)
    assert administration.revoke_tokens([chief.tokens.get().pk], by=chief) == 1
    signed_in(clerk).post("/admin/chat/token/", {"action": "revoke", "_selected_action": carol.tokens.get().pk})
    assert not Token.objects.valid().exists()
