"""The API compared with its own description: requests that it accepts and refuses, and the form of each answer."""

import functools

import pytest
from hypothesis import given

from chat.api import description
from chat.api.operation import BYTES
from tests.fuzz.size import fixed_seed, sized

# Of all the rooms and messages that could be named, those that there are.
SCENERY = {"slug": "hall", "seq": 1}
# Those to which nothing can be said that is not taken.
TAKE_ALL = {"GET /api/rooms/", "GET /api/openapi.json", "OPTIONS /api/files/"}
# Why what a schema allows is refused all the same, beside texts in which there is nothing to see.
IN_WORDS = {
    "Enter a name.",
    "A name can have at most 40 characters.",
    "A name can’t contain invisible or control characters.",
    "A name needs at least one letter or digit.",
    "Choose a time in the next ten years.",
    # Rules between two fields, and hundreds of names.
    "Enter two different times.",
    "There is no such time zone. Enter one such as Europe/Oslo.",
    "Upload-Metadata must have Base64 of UTF-8 as values.",
    # In a field that is not described.
    "A string can’t contain NUL or half of a surrogate pair.",
}

pytestmark = pytest.mark.xdist_group("fuzz uvicorn")


@functools.cache
def api():
    import schemathesis  # takes half a second, and every worker imports this file

    # The bytes of a piece. Of another body there is only what JSON can say.
    schemathesis.serializer(BYTES)(lambda context, value: {"data": value if isinstance(value, bytes) else b"{}"})
    document = description.document()
    # To find thousands of characters that match a pattern takes seconds. Other tests post NUL.
    del document["components"]["schemas"]["NewMessage"]["properties"]["body"]["pattern"]
    return schemathesis.openapi.from_dict(document)


@functools.cache
def operations():
    return {found.ok().label: found.ok() for found in api().get_all_operations()}


def judge(case, scene):
    """Send the request, and check that the answer is one of the described ones."""
    from schemathesis.checks import CHECKS

    excluded, headers = [], {"Authorization": f"Bearer {scene.token}"}
    response = case.call(base_url=scene.address, headers=headers)
    if response.status_code in (400, 412, 413):
        error = response.json()["error"]
        if error["code"] in ("empty", "too_large") or error["detail"] in IN_WORDS:
            excluded += CHECKS.get_by_names(["positive_data_acceptance"])
        if response.status_code > 400:  # they refuse, too
            excluded += CHECKS.get_by_names(["negative_data_rejection", "missing_required_header"])
    if "x-schemathesis-unknown-property" in (case.headers or {}):  # a header that no one knows is no mistake
        excluded += CHECKS.get_by_names(["negative_data_rejection"])
    case.validate_response(response, excluded_checks=excluded, headers=headers)


def cases(label, mode):
    """Return requests to an operation, about random or existing objects."""
    named = [name for name in SCENERY if f"{{{name}}}" in label]
    anywhere = operations()[label].as_strategy(mode)
    if not named:
        return anywhere
    return anywhere | operations()[label].as_strategy(mode, path_parameters={name: SCENERY[name] for name in named})


# Several operations share one test, and a test stays short when it runs many examples.
PARTS = 4
each_part = pytest.mark.parametrize("part", range(PARTS))


def labels(part):
    return sorted(operations())[part::PARTS]


def try_operation(label, mode, scene):
    """Send random requests to an operation, with examples of its own."""

    @fixed_seed(f"{label} {mode}")
    @sized(2)
    @given(cases(label, mode))
    def examples(case):
        judge(case, scene)

    examples()


@each_part
def test_api_accepts_described_values_and_methods_only(serve, part):
    from schemathesis import GenerationMode

    scene, modes = serve("uvicorn"), list(GenerationMode)
    for operation in (operations()[label] for label in labels(part)):
        configuration = api().config.generation_for(operation=operation)
        for case in api().iter_coverage_cases(operation, generation_modes=modes, generation_config=configuration):
            judge(case, scene)


@each_part
def test_described_requests_are_accepted_and_answered_as_described(serve, part):
    from schemathesis import GenerationMode

    for label in labels(part):
        try_operation(label, GenerationMode.POSITIVE, serve("uvicorn"))


@each_part
def test_undescribed_requests_are_refused_as_described(serve, part):
    from schemathesis import GenerationMode

    for label in labels(part):
        if label not in TAKE_ALL:
            try_operation(label, GenerationMode.NEGATIVE, serve("uvicorn"))
