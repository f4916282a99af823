"""The vectors in the repository are those that the models give, and contain every kind of step."""

from tests.cases import each
from tests.models import vectors


@each("kind", vectors.KINDS)
def test_the_vectors_are_those_that_the_models_give(kind):
    written = (vectors.FOLDER / f"{kind}.json").read_text()
    assert written == vectors.encode(vectors.vectors(kind)), "Run `python -m tests.models.vectors`."


@each("kind", vectors.KINDS)
def test_the_vectors_have_every_kind_of_step(kind):
    steps = [step for it in vectors.vectors(kind) for step in it["steps"]]
    kinds = {
        "streams": {"changes", "ask", "page", "reset"},
        "windows": {"begin", "changes", "reset", "page", "older", "newer", "reach", "end", "beginning"},
        "queues": {"ask", "answer", "wait", "break", "hello"},
    }
    assert {step["do"] for step in steps} == kinds[kind]
    assert all(any(step.get(field) for step in steps) for field in ("said", "edited", "deleted")) or kind != "streams"
