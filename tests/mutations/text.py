"""The rules of typed text: cost, look-alike and reserved names, and a mutation that breaks each."""

from tests.mutations.mutation import Mutation

NORMAL_FORMS = "tests/test_normal_forms.py"
ENTRANCES = "tests/test_normalised_text.py"
LOOKALIKES = "tests/test_lookalikes.py"

COST = [
    Mutation(
        "A letter has no mark of another script",
        "chat/text/cleaning.py",
        "    if _has_foreign_mark(name):\n",
        "    if False:\n",
        (LOOKALIKES,),
    ),
    Mutation(
        "Runs of marks are cut before normalising",
        "chat/text/normal_forms.py",
        "    return unicodedata.normalize(form, stream_safe(value))\n",
        "    return unicodedata.normalize(form, value)\n",
        (NORMAL_FORMS, ENTRANCES),
    ),
    Mutation(
        "Marks within the letter before them are counted",
        "chat/text/normal_forms.py",
        "    in_a_row = _non_starters(letter)[0] if letter else 0\n",
        "    in_a_row = 0\n",
        (NORMAL_FORMS,),
    ),
    Mutation(
        "Marks are counted as they decompose",
        "chat/text/normal_forms.py",
        "            in_a_row += count\n",
        "            in_a_row += 1\n",
        (NORMAL_FORMS,),
    ),
    Mutation(
        "An overlong name is not normalised",
        "chat/text/cleaning.py",
        "    if len(value) > TYPED_NAME_MAX_LENGTH:\n",
        "    if len(value) > 100 * TYPED_NAME_MAX_LENGTH:\n",
        (ENTRANCES,),
    ),
    Mutation(
        "An overlong name is not folded",
        "chat/text/normal_forms.py",
        "    if len(name) > MAX_FOLDED_CHARACTERS:\n",
        "    if len(name) > 100_000:\n",
        (NORMAL_FORMS, ENTRANCES),
    ),
    Mutation(
        "Django gets a stream-safe sign-in name",
        "chat/forms/fields.py",
        "return super().to_python(stream_safe(value) if may_be_a_name else value)",
        "return super().to_python(value)",
        (ENTRANCES,),
    ),
    Mutation(
        "A redirect address is parsed only in ASCII",
        "chat/views/login_redirect.py",
        '    is_address = address.isascii() and "/" in address\n',
        '    is_address = "/" in address\n',
        (ENTRANCES,),
    ),
    Mutation(
        "Search texts of the admin are truncated",
        "chat/admin/base.py",
        "queryset, cleaning.clean_line(search_term, MAX_SEARCH_CHARACTERS))",
        "queryset, cleaning.clean_line(search_term, 100_000))",
        (ENTRANCES,),
    ),
]
WORK = [
    Mutation(
        "A table has few cells",
        "chat/text/markdown_blocks.py",
        "        if (last - start) * columns > MAX_TABLE_CELLS:\n",
        "        if False:\n",
        ("tests/test_typed_text.py",),
    ),
    Mutation(
        "Code that may take long has no colours",
        "chat/text/code_colors.py",
        'code.count("\\n") > MAX_CODE_LINES or _UNUSUAL.search(code):\n',
        'code.count("\\n") > MAX_CODE_LINES:\n',
        ("tests/test_code_colors.py",),
    ),
    Mutation(
        "The cost of @ signs is bounded",
        "chat/text/mentions.py",
        "        if self._left <= 0:\n            return []\n",
        "",
        ("tests/test_mentions.py",),
    ),
    Mutation(
        "A name that means several people mentions none of them",
        "chat/actions/rendered_body.py",
        ".items() if len(ids) == 1}\n",
        ".items()}\n",
        ("tests/test_mentions.py",),
    ),
    Mutation(
        "An edit that changes no word keeps the stored words",
        "chat/actions/messages.py",
        '    return f"{after} " if after is not None and after == before else after\n',
        "    return after\n",
        ("tests/search/test_finding.py",),
    ),
    Mutation(
        "The words of a message are the same for both databases",
        "chat/text/words.py",
        '    is_letter = _unicode_3_2.category(character)[0] == "L" and character != _ENCODED\n',
        "    is_letter = character.isalnum()\n",
        ("tests/test_words.py",),
    ),
]
NAMES = [
    Mutation(
        "Invisible characters make no difference between names",
        "chat/text/lookalikes.py",
        '    seen = _SECOND_DOT.sub("", INVISIBLE.sub("", decomposed))\n',
        '    seen = _SECOND_DOT.sub("", decomposed)\n',
        (LOOKALIKES,),
    ),
    Mutation(
        "Names cannot have invisible characters",
        "chat/text/cleaning.py",
        "    if INVISIBLE.search(seen) or any(",
        "    if any(",
        (LOOKALIKES,),
    ),
    Mutation(
        "Two characters may look like one",
        "chat/text/lookalikes.py",
        "for character in seen).translate(_PAIRS)\n",
        "for character in seen)\n",
        (LOOKALIKES,),
    ),
    Mutation(
        "Names that represent the site are reserved",
        "chat/actions/accounts.py",
        "    if is_reserved(person.name) and not (person.is_superuser or for_the_site):\n",
        "    if is_reserved(person.name) and False:\n",
        (LOOKALIKES,),
    ),
    Mutation(
        "A person keeps an existing name that new rules would refuse",
        "chat/actions/accounts.py",
        "    if person.has_its_name():\n",
        "    if False:\n",
        (LOOKALIKES,),
    ),
    Mutation(
        "Public rooms do not look alike",
        "chat/actions/rooms.py",
        "            room.compare_name()\n",
        "",
        (LOOKALIKES,),
    ),
    Mutation(
        "A room becomes public only under a unique name",
        "chat/actions/room_settings.py",
        "        room.compare_name()\n",
        "        pass\n",
        (LOOKALIKES,),
    ),
    Mutation(
        "The name of a private room is not revealed",
        "chat/models/rooms.py",
        "        is_public = self.visibility == self.Visibility.PUBLIC\n",
        "        is_public = True\n",
        (LOOKALIKES,),
    ),
    Mutation(
        "Room names that represent the site are reserved",
        "chat/actions/rooms.py",
        "    if is_public and lookalikes.speaks_for_the_site(name) and not person.is_staff:\n",
        "    if is_public and False:\n",
        (LOOKALIKES,),
    ),
]
TEXT = [*COST, *WORK, *NAMES]
