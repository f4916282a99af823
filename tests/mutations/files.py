"""The rules of uploaded files, and how each is broken."""

from tests.mutations.mutation import Mutation

PROGRAM, PICTURES = "chat/files/picture_process.py", "chat/files/pictures.py"
PROCESSING, AVATARS = "chat/actions/files/processing.py", "chat/actions/files/avatars.py"
OF_PICTURES, OF_PROCESSING = ("tests/files/test_pictures.py",), ("tests/files/test_processing.py",)
OF_AVATARS = ("tests/files/test_avatars.py",)

FILES = [
    Mutation("Pictures have a limit of pixels", PROGRAM, "if pixels > limit:", "if False:", OF_PICTURES),
    Mutation("Animations have a limit of frames", PROGRAM, "if frames > MAX_FRAMES:", "if False:", OF_PICTURES),
    Mutation(
        "The decoder of a picture is that of its first bytes",
        PROGRAM,
        "Image.open(source, formats=[kind])",
        "Image.open(source)",
        OF_PICTURES,
    ),
    Mutation(
        "The memory of the child is bounded",
        PROGRAM,
        "    limit_memory()\n    serve(answers)",
        "    serve(answers)",
        OF_PICTURES,
    ),
    Mutation("The child has no secrets", PICTURES, "            env=environment,\n", "", OF_PICTURES),
    Mutation(
        "Of two attempts, the first to end counts",
        PROCESSING,
        "filter(_HAS_NO_RESULT, pk=file.pk).update",
        "filter(pk=file.pk).update",
        OF_PROCESSING,
    ),
    Mutation(
        "A file that the scanner refuses is not kept",
        PROCESSING,
        "if not scanning.is_clean(source):",
        "if False:",
        OF_PROCESSING,
    ),
    Mutation(
        "No upload begins beside workers that would lose it",
        "chat/actions/files/uploads.py",
        "    check_generation(GENERATION)\n",
        "",
        ("tests/files/test_limits.py",),
    ),
    Mutation(
        "A message that an earlier release erased loses its files",
        "chat/actions/tasks/maintenance.py",
        "    removal.erase_again()\n",
        "",
        ("tests/files/test_removal.py",),
    ),
    Mutation(
        "What a killed process left in the temporary files is removed",
        "chat/files/scratch.py",
        "    _remove_left()\n    with",
        "    with",
        OF_PROCESSING,
    ),
    Mutation(
        "The folder of a running attempt stays",
        "chat/files/scratch.py",
        " and found.st_mtime < time.time() - LEFT_AFTER_SECONDS",
        "",
        OF_PROCESSING,
    ),
    Mutation(
        "Only one's own uploads become one's picture",
        AVATARS,
        "filter(pk=file_id, owner=person_id)",
        "filter(pk=file_id)",
        OF_AVATARS,
    ),
    Mutation(
        "The last chosen picture counts",
        "chat/actions/profiles.py",
        "        _withdraw_choices(person, but=upload)\n",
        "",
        OF_AVATARS,
    ),
    Mutation(
        "No task that waits sets a picture after the person has removed theirs",
        "chat/actions/profiles.py",
        "            _withdraw_choices(person)\n",
        "",
        OF_AVATARS,
    ),
    Mutation(
        "A file whose last attempt has failed is refused",
        "chat/actions/tasks/media.py",
        "if context.attempt >= MAX_ATTEMPTS:",
        "if False:",
        OF_PROCESSING,
    ),
    Mutation(
        "A file can be processed after it was given up",
        PROCESSING,
        " | Q(state=File.FileState.REFUSED, refusal=GAVE_UP)",
        "",
        OF_PROCESSING,
    ),
    Mutation(
        "A file has one message",
        "chat/actions/files/attaching.py",
        "if file.expires_at is None:",
        "if False:",
        ("tests/files/test_posting.py",),
    ),
    Mutation(
        "Only one's own files can be posted",
        "chat/actions/files/attaching.py",
        "if file is None or file.owner_id != person.pk:",
        "if file is None:",
        ("tests/files/test_posting.py",),
    ),
    Mutation(
        "The picture before is removed",
        AVATARS,
        "if former is not None:\n        removal",
        "if False:\n        removal",
        OF_AVATARS,
    ),
]
