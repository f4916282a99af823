"""What people type: cost, look-alike and reserved names, and how each rule is broken."""

from tests.mutations.mutation import Mutation

NORMAL_FORMS = "tests/test_normal_forms.py"
ENTRANCES = "tests/test_entrances.py"
ARCHITECTURE = "tests/test_architecture.py"

COST = [
    Mutation(
        "Runs of marks are cut before normalising",
        "chat/normal_forms.py",
        "    return unicodedata.normalize(form, stream_safe(value))\n",
        "    return unicodedata.normalize(form, value)\n",
        (NORMAL_FORMS, ENTRANCES),
    ),
    Mutation(
        "Marks that the letter before them brings along are counted",
        "chat/normal_forms.py",
        "    in_a_row = _non_starters(letter)[0] if letter else 0\n",
        "    in_a_row = 0\n",
        (NORMAL_FORMS,),
    ),
    Mutation(
        "Marks are counted as they decompose",
        "chat/normal_forms.py",
        "            in_a_row += count\n",
        "            in_a_row += 1\n",
        (NORMAL_FORMS,),
    ),
    Mutation(
        "A name that is too long is not normalised",
        "chat/text.py",
        "    if len(value) > TYPED_NAME_MAX_LENGTH:\n",
        "    if len(value) > 100 * TYPED_NAME_MAX_LENGTH:\n",
        (ENTRANCES,),
    ),
    Mutation(
        "What is too long for a name is not folded",
        "chat/normal_forms.py",
        "    if len(name) > MAX_FOLDED_CHARACTERS:\n",
        "    if len(name) > 100_000:\n",
        (NORMAL_FORMS, ENTRANCES),
    ),
    Mutation(
        "Django is given a name to sign in with that is stream-safe",
        "chat/forms.py",
        "return super().to_python(stream_safe(value) if isinstance(value, str) else value)",
        "return super().to_python(value)",
        (ENTRANCES,),
    ),
    Mutation(
        "An address to go on to is parsed only in ASCII",
        "chat/views/arrivals.py",
        "    is_ours = address.isascii() and url_has",
        "    is_ours = url_has",
        (ENTRANCES,),
    ),
    Mutation(
        "What staff search for is cut",
        "chat/admin/base.py",
        "queryset, text.clean_line(search_term, MAX_SEARCH_CHARACTERS))",
        "queryset, text.clean_line(search_term, 100_000))",
        (ENTRANCES,),
    ),
]
TEXT = [*COST]
