"""Names that look alike, names that are reserved, and the table behind them."""

import sys
import unicodedata

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client

from chat.actions import accounts, administration, naming, profiles, room_settings
from chat.actions.imports.people import import_people
from chat.actions.rooms import create_room
from chat.errors import ActionError
from chat.models import Person, Room
from chat.text import cleaning, lookalikes
from tests.cases import each
from tests.cast import PASSWORD

IGNORABLE = (
    "\u034f\u17b4\u17b5\U000e0100\U000e01ef\ufe00\ufe0f\u3164\u115f\u1160\u180b\u180f\u2065\uffa0\ufff0\U0001d173"
)
BLANK = "\u2800\U0001d159\ufffc"


def same(one, other):
    return any(a == b for a, b in zip(lookalikes.skeletons(one), lookalikes.skeletons(other), strict=True))


# ---- Invisible characters


@each("character", [*IGNORABLE, *BLANK])
def test_names_cannot_have_invisible_characters(character):
    with pytest.raises(ValueError, match="invisible"):
        cleaning.clean_name(f"Ada{character} Byron")


@each("character", [*IGNORABLE, *BLANK])
def test_invisible_characters_make_no_difference_between_names(character):
    assert same("Ada Byron", f"Ada{character} Byron")
    assert cleaning.is_blank(character)


@each("name", ["ada ❤️", "1️⃣ ada", "ada ☺️ x", "ada 👍🏽"])
def test_names_may_contain_emoji_as_typed_on_keyboards(name):
    assert cleaning.clean_name(name) == name
    assert same(name, name.replace("\ufe0f", ""))


@each("name", ["ada\ufe0f", "ada ❤\ufe0f\ufe0f", "a\ufe0fda ❤️", "1\ufe0f ada"])
def test_a_variation_selector_is_allowed_only_after_an_emoji(name):
    with pytest.raises(ValueError, match="invisible"):
        cleaning.clean_name(name)


@each("mark", ["\u2d7f", "\U0001107f", "\U00011133", "\u17d2", "\u1a60", "\u0e31", "\u0903"])
def test_a_letter_has_no_mark_of_another_script(mark):
    for name in (f"Ada{mark} Byron", f"Да{mark}", f"Ada 1{mark}"):
        with pytest.raises(ValueError, match="accent mark of another"):
            cleaning.clean_name(name)


@each("name", ["Zoë", "Ångström", "Ėglė", "Nguyễn", "Дмитрий", "Ψυχή", "हिन्दी", "ประเทศ", "தமிழ்", "עִבְרִית", "1️⃣ ada"])
def test_marks_are_allowed_on_letters_of_their_script(name):
    assert cleaning.clean_name(name) == unicodedata.normalize("NFKC", name)


def test_format_characters_of_unicode_are_covered():
    """Of those that this Python knows; DerivedCoreProperties.txt excludes the ones that are drawn."""
    drawn = range(0x600, 0x606), range(0x6DD, 0x6DE), range(0x70F, 0x710), range(0x890, 0x892), range(0x8E2, 0x8E3)
    drawn += range(0xFFF9, 0xFFFC), range(0x110BD, 0x110CE), range(0x13430, 0x13440)
    formats = {number for number in range(sys.maxunicode + 1) if unicodedata.category(chr(number)) == "Cf"}
    unseen = formats - {number for numbers in drawn for number in numbers}
    assert [hex(it) for it in unseen if not lookalikes.INVISIBLE.match(chr(it))] == []


# ---- The table


def test_the_table_is_of_this_version_of_unicode():
    assert lookalikes.unicode_version() == "17.0.0"
    assert len(lookalikes._prototypes()) == 6565
    assert lookalikes._prototypes()["а"] == "a"


def test_the_table_is_made_from_unicodes_own():
    source = (
        "\ufeff# confusables.txt\n# Date: 2025-07-22, 05:49:37 GMT\n# Version: 17.0.0\n\n"
        "0430 ;\t0061 ;\tMA\t# ( а → a )\n006D ;\t0072 006E ;\tMA\t# ( m → rn )\n0251 ;\t0061 ;\tMA\t#\n"
    )
    assert lookalikes.compact(source).splitlines()[2:] == [
        "# Date: 2025-07-22, 05:49:37 GMT",
        "# Version: 17.0.0",
        "0061:0430 0251",
        "0072 006E:006D",
    ]


@each(
    ("real", "fake"),
    [
        ("Tom", "Torn"),
        ("will", "vvill"),
        ("David", "Davicl"),
        ("dora", "clora"),
        ("maria", "rnaria"),
        ("Jean", "Jеan"),
        ("irene", "i\u0307rene"),
    ],
)
def test_several_characters_may_look_like_one(real, fake):
    assert same(real, fake)


@each(("one", "other"), [("Ali", "All"), ("Ian", "Jan"), ("Wim", "Vim"), ("Tim", "Tin")])
def test_ordinary_names_do_not_look_alike(one, other):
    assert not same(one, other)


def test_a_form_fits_its_column():
    longest = max(len(lookalikes.skeleton(chr(number) * 40)) for number in (*range(0x20, 0x3000), 0xFDFA))
    assert longest <= lookalikes.FORM_MAX_LENGTH


# ---- Reserved names


RESERVED = ["Chat", "system", "MODERATOR", "аdmin", "Adrnin", "all", "A11", "here", "Rооm", "everyone", "channel!"]
RESERVED += [
    "M0derator",
    "R00m",
    "De1eted pers0n",
    "Deleted person",
    "deleted person 7",
    "Dеleted person 12-ab",
    "A.d.m.i.n",
]


@each("name", RESERVED)
def test_no_one_can_post_as_the_site(db, name):
    response = Client().post("/join/", {"name": name})
    assert response.status_code == 400
    assert "reserved" in response.context["join_form"].errors["name"][0]


@each("name", ["Ali", "ALI", "Hera", "Chatty", "Adam", "Rooms", "Allan"])
def test_other_names_are_free(db, name):
    assert Client().post("/join/", {"name": name}).status_code == 302


def test_reserved_names_are_not_imported(db):
    assert [person.name for person in import_people([("ada", ""), ("Admin", "")], None)] == ["ada"]


def test_names_for_everyone_are_refused_to_superusers_too(alice):
    alice.is_superuser = True
    for name in ("room", "Hеre"):
        with pytest.raises(ActionError, match="reserved"):
            accounts.take_name(alice, name)
        with pytest.raises(ValidationError, match="reserved"):
            Person(name=name, is_superuser=True).clean()
    accounts.take_name(alice, "Admin")


def test_refusal_of_a_reserved_name_says_so_to_staff(alice):
    with pytest.raises(ActionError, match="reserved"):
        administration.change_person(alice, {"name": "Moderator"})


def test_a_superuser_may_be_called_admin(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--name", "admin")
    assert Person.objects.get(name="admin").is_superuser


def test_a_person_with_a_reserved_name_keeps_it(signed_in, gil):
    Person.objects.filter(pk=gil.pk).update(name="Admin", handle="admin")
    gil.refresh_from_db()
    changed = profiles.change(gil, name="Admin", color=3, theme="dark", notify="all")
    assert (changed.name, changed.color) == ("Admin", 3)


# ---- Names that are older than a rule


@pytest.fixture
def double(bob):
    """A person whose name looks like bob's, from before the rule."""
    person = Person(name="bob\u034f", handle="bob\u034f", skeleton="bob\u034f", is_guest=True)
    person.set_password(PASSWORD)
    person.save()
    return person


def test_duplicate_name_is_reported_and_stays_usable(bob, double, capsys, client):
    call_command("lookalikes")
    assert f"person {double.pk} 'bob\\u034f' looks like person {bob.pk} 'bob'" in capsys.readouterr().out
    double.refresh_from_db()
    assert (double.name, double.forms) == ("bob\u034f", (None, None, None))
    assert client.login(username="bob\u034f", password=PASSWORD)
    fields = {"name": double.name, "theme": "dark", "notify": "all", "color": ""}
    assert client.post("/accounts/profile/", fields).status_code == 302
    double.refresh_from_db()
    assert (double.name, double.theme) == ("bob\u034f", "dark")


def test_staff_can_change_a_person_with_a_name_that_new_rules_refuse(admin_client, double):
    fields = {"name": double.name, "email": "bob@example.org", "is_active": "on"}
    assert admin_client.post(f"/admin/chat/person/{double.pk}/change/", fields).status_code == 302
    double.refresh_from_db()
    assert (double.name, double.email) == ("bob\u034f", "bob@example.org")


def test_name_forms_of_the_previous_release_are_updated(bob):
    forms = bob.forms
    Person.objects.filter(pk=bob.pk).update(skeleton="bob", small_skeleton="bob", capital_skeleton=None)
    assert naming.refresh_forms() == []
    bob.refresh_from_db()
    assert bob.forms == forms
    with pytest.raises(ActionError, match="looks too much like"):
        accounts.join_as_guest("bоb")


# ---- Rooms


@each("name", ["Hаll", "HALL", "Ha11", "hall!", "Ｈall"])
def test_no_public_room_looks_like_another(bob, hall, name):
    with pytest.raises(ActionError, match="already exists"):
        create_room(bob, name)


def test_the_lobby_is_the_only_one(bob):
    with pytest.raises(ActionError, match="looks like it"):
        create_room(bob, "Lоbby")


def test_names_of_private_rooms_can_be_reused_and_are_not_revealed(bob, carol, hall):
    for person in (bob, carol):
        create_room(person, "Hаll", visibility=Room.Visibility.PRIVATE)
    create_room(bob, "Cellar", visibility=Room.Visibility.PRIVATE)
    assert create_room(carol, "Cellar").slug == "cellar"


def test_a_room_becomes_public_only_under_a_name_of_its_own(bob, hall):
    room = create_room(bob, "Hаll", visibility=Room.Visibility.PRIVATE)
    with pytest.raises(ActionError, match="looks like it"):
        room_settings.change_room(room, {"visibility": "public"})
    room_settings.change_room(room, {"visibility": "public", "name": "Barn"})
    with pytest.raises(ActionError, match="looks like it"):
        create_room(bob, "Bаrn")


def test_a_room_that_becomes_private_frees_its_name(alice, bob, hall):
    room_settings.change_room(hall, {"visibility": "private"})
    assert create_room(bob, "Hаll").forms == lookalikes.skeletons("Hall")


def test_only_staff_create_a_public_room_with_a_reserved_name(alice, bob):
    with pytest.raises(ActionError, match="reserved"):
        create_room(bob, "Аdmin")
    create_room(bob, "Admin", visibility=Room.Visibility.PRIVATE)
    bob.is_staff = True
    assert create_room(bob, "Admin").slug == "admin"
