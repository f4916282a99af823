"""The rules about what surrounds the chat: logs, files, addresses and lists; and how each is broken."""

from tests.mutations.mutation import Mutation

LOGS = "tests/processes/test_private_logs.py"

SURROUNDINGS = [
    Mutation(
        "uvicorn logs no address and no query of a socket",
        "chatsite/settings.py",
        '        "uvicorn.error": {"filters": ["without_connections"]},\n',
        "",
        (LOGS,),
    ),
    Mutation(
        "Daphne logs no address and no query",
        "chatsite/daphne.py",
        "    silence_access_log()\n\n\n",
        "\n\n",
        (LOGS,),
    ),
]
