"""The rules of serving files, and how each is broken."""

from tests.mutations.mutation import Mutation

ACCESS, ADDRESSES, MODELS = "chat/files/access.py", "chat/files/addresses.py", "chat/models/files.py"
DOWNLOADS, SERVER = "chat/delivery/downloads.py", "chatsite/server/files.py"
MATRIX, OF_SERVING = ("tests/matrix/test_files.py",), ("tests/files/test_serving.py",)
OF_DOWNLOADS, OF_OTHERS = ("tests/files/test_downloads.py",), ("tests/files/test_elsewhere.py",)

SERVING = [
    Mutation(
        "Files of deleted messages do not exist",
        MODELS,
        "Message.objects.filter(deleted_at=None).readable_by",
        "Message.objects.readable_by",
        MATRIX,
    ),
    Mutation(
        "Pictures of hidden previews do not exist",
        MODELS,
        'previews__image=models.OuterRef("pk"), previews__hidden_at=None)',
        'previews__image=models.OuterRef("pk"))',
        MATRIX,
    ),
    Mutation("Only processed files are served", ACCESS, ", state=File.FileState.READY", "", MATRIX),
    Mutation(
        "A part of another version is not sent",
        "chatsite/server/ranges.py",
        ' or headers.get("if-range", etag) != etag',
        "",
        OF_SERVING,
    ),
    Mutation(
        "Only pictures that the site encoded are shown",
        "chatsite/server/file_objects.py",
        'SHOWN = {"image/jpeg",',
        'SHOWN = {"image/svg+xml", "image/jpeg",',
        OF_SERVING,
    ),
    Mutation("Browsers do not guess types", SERVER, '    "X-Content-Type-Options": "nosniff",\n', "", OF_SERVING),
    Mutation("Files run no scripts", SERVER, "default-src 'none'; sandbox", "default-src 'none'", OF_SERVING),
    Mutation(
        "A person has a limited number of running downloads of files",
        DOWNLOADS,
        "own >= MAX_DOWNLOADS_EACH or ",
        "",
        OF_DOWNLOADS,
    ),
    Mutation(
        "Running downloads wait for the check of access", DOWNLOADS, "self._released.clear()", "pass", OF_DOWNLOADS
    ),
    Mutation("A lost file ends its downloads", DOWNLOADS, "download.stopped.set()", "pass", OF_DOWNLOADS),
    Mutation("A lost session ends its downloads", ACCESS, "credential in revoked or ", "", OF_DOWNLOADS),
    Mutation(
        "A deleted message ends downloads at once",
        "chat/actions/messages.py",
        "        hide_of([message])\n",
        "",
        OF_DOWNLOADS,
    ),
    Mutation("A signed address is for one file", SERVER, " or ticket.key != address.key", "", OF_OTHERS),
    Mutation("A signed address ends", ADDRESSES, " if time.time() <= ticket.ends_at else None", "", OF_OTHERS),
    Mutation(
        "A signed address ends with its session or token",
        "chat/auth/authentication.py",
        "Token.objects.valid().filter(pk=token_id",
        "Token.objects.filter(pk=token_id",
        OF_OTHERS,
    ),
    Mutation(
        "The host of files has nothing else",
        SERVER,
        "if address is None and not is_elsewhere:",
        "if address is None:",
        OF_OTHERS,
    ),
]
