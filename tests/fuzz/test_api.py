"""The API compared with its own description: requests that it accepts and refuses, and the form of each answer."""

import pytest
import schemathesis
from hypothesis import given
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from chat.api import description
from tests.fuzz.size import fixed_seed, sized

DOCUMENT = description.document()
# To find thousands of characters that match a pattern takes seconds. Other tests post NUL.
del DOCUMENT["components"]["schemas"]["Post"]["properties"]["body"]["pattern"]
API = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {found.ok().label: found.ok() for found in API.get_all_operations()}
# Of all the rooms and messages that could be named, those that there are.
SCENERY = {"slug": "hall", "seq": 1}
# Those to which nothing can be said that is not taken.
TAKE_ALL = {"GET /api/rooms/", "GET /api/openapi.json"}
# Why what a schema allows is refused all the same, beside texts in which there is nothing to see.
IN_WORDS = {
    "Enter a name.",
    "A name can have at most 40 characters.",
    "A name can’t contain invisible or control characters.",
    "A name needs at least one letter or digit.",
    # In a field that is not described.
    "A string can’t contain NUL or half of a surrogate pair.",
}

pytestmark = pytest.mark.xdist_group("fuzz uvicorn")


def judge(case, scene):
    """Send the request, and check that the answer is one of the described ones."""
    excluded, headers = [], {"Authorization": f"Bearer {scene.token}"}
    response = case.call(base_url=scene.address, headers=headers)
    if response.status_code in (400, 413):
        error = response.json()["error"]
        if error["code"] == "empty" or error["detail"] in IN_WORDS:
            excluded += CHECKS.get_by_names(["positive_data_acceptance"])
        if error["code"] == "too_long":  # 413 refuses, too
            excluded += CHECKS.get_by_names(["negative_data_rejection"])
    case.validate_response(response, excluded_checks=excluded, headers=headers)


def cases(label, mode):
    """Return requests to an operation, about random or existing objects."""
    named = [name for name in SCENERY if f"{{{name}}}" in label]
    anywhere = OPERATIONS[label].as_strategy(mode)
    if not named:
        return anywhere
    return anywhere | OPERATIONS[label].as_strategy(mode, path_parameters={name: SCENERY[name] for name in named})


# Several operations share one test, and a test stays short when it runs many examples.
PARTS = 4
OPERATION_PARTS = [sorted(OPERATIONS)[number::PARTS] for number in range(PARTS)]


def try_operation(label, mode, scene):
    """Send random requests to an operation, with examples of its own."""

    @fixed_seed(f"{label} {mode}")
    @sized(4)
    @given(cases(label, mode))
    def examples(case):
        judge(case, scene)

    examples()


@pytest.mark.parametrize("part", OPERATION_PARTS, ids=range(PARTS))
def test_api_accepts_described_values_and_methods_only(serve, part):
    scene, modes = serve("uvicorn"), list(GenerationMode)
    for operation in (OPERATIONS[label] for label in part):
        configuration = API.config.generation_for(operation=operation)
        for case in API.iter_coverage_cases(operation, generation_modes=modes, generation_config=configuration):
            judge(case, scene)


@pytest.mark.parametrize("part", OPERATION_PARTS, ids=range(PARTS))
def test_described_requests_are_accepted_and_answered_as_described(serve, part):
    for label in part:
        try_operation(label, GenerationMode.POSITIVE, serve("uvicorn"))


@pytest.mark.parametrize("part", OPERATION_PARTS, ids=range(PARTS))
def test_undescribed_requests_are_refused_as_described(serve, part):
    for label in part:
        if label not in TAKE_ALL:
            try_operation(label, GenerationMode.NEGATIVE, serve("uvicorn"))
