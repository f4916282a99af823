"""The OpenAPI description: complete, public and cacheable."""

import re

import msgspec
import pytest
from django.test import Client

from chat.api import operation, urls
from chat.api.answers import STATUS
from chat.api.schemas import Schemas
from chat.protocol import Code
from chat.text.cleaning import TYPED_NAME_MAX_LENGTH

DESCRIPTION = "/api/openapi.json"
METHODS = ("get", "post", "put", "patch", "delete", "options")


@pytest.fixture
def described(client, db):
    return client.get(DESCRIPTION).json()


def test_every_address_of_the_api_is_described_with_every_method_and_no_other(described):
    *routes, last = urls.urlpatterns
    assert str(last.pattern) == ""
    addresses = ["/api/" + re.sub(r"<.*?:(.*?)>", r"{\1}", str(route.pattern)) for route in routes]
    declared = [{method.lower() for method in route.callback.handlers} for route in routes]
    listed = {path: set(it) - {"parameters"} for path, it in described["paths"].items()}
    assert listed == dict(zip(addresses, declared, strict=True))


def test_described_operations_exist_and_other_methods_do_not(described, db):
    for path, operations in described["paths"].items():
        ids = {"seq": 1, "person_id": 1, "report_id": 1, "invitation_id": 1, "request_id": 1, "key": "k" * 22}
        ids |= {"bot_id": 1, "token_id": 1, "webhook_id": 1, "command_id": 1, "delivery_id": 1, "secret": "s" * 43}
        address = path.format(slug="hall", **ids)
        for method in METHODS:
            status = getattr(Client(), method)(address, headers={"Tus-Resumable": "1.0.0"}).status_code
            assert (status == 405) is (method not in operations), f"{method} {address}"


def test_it_is_an_openapi_document(described):
    import schemathesis  # takes half a second, and every worker imports this file

    assert described["openapi"].startswith("3.1.")
    schemathesis.openapi.from_dict(described).validate()


def test_every_operation_has_a_name_of_its_own(described):
    names = [it["operationId"] for path in described["paths"].values() for name, it in path.items() if name in METHODS]
    assert len(names) == len(set(names)) > 5


def test_description_lists_every_error_code_with_its_status(described):
    listed = {
        (int(status), code)
        for path in described["paths"].values()
        for name, operation in path.items()
        if name in METHODS
        for status, answer in operation["responses"].items()
        if int(status) >= 400
        for code in answer["content"]["application/json"]["schema"]["allOf"][1]["properties"]["error"]["properties"][
            "code"
        ]["enum"]
    }
    # There are no types of frames here.
    codes = {(STATUS[code], code) for code in Code if code is not Code.UNKNOWN_TYPE}
    assert listed == {(412, Code.BAD_FRAME), (415, Code.BAD_FRAME)} | codes


def test_only_joining_and_the_description_need_no_credentials(described):
    open_to_all = {
        path
        for path, operations in described["paths"].items()
        if not any(it["security"] for name, it in operations.items() if name in METHODS)
    }
    assert open_to_all == {"/api/join/", "/api/token/", "/api/hooks/{secret}/", DESCRIPTION}


def test_anyone_gets_the_description_and_can_cache_it_until_it_changes(client, db):
    first = client.get(DESCRIPTION)
    assert first["Cache-Control"] == "public, max-age=300"
    assert client.get(DESCRIPTION, headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert client.get(DESCRIPTION, headers={"If-None-Match": '"another"'}).content == first.content


def test_two_schemas_of_one_name_are_kept_apart():
    schemas = Schemas()
    schemas.of(msgspec.defstruct("Place", ["name"]))
    with pytest.raises(AssertionError, match="Two shapes of the API are called Place"):
        schemas.of(msgspec.defstruct("Place", ["slug"]))


def shapes_of(described):
    return (described.body, *described.answers.values(), *described.unparsed.values())


def test_examples_are_such_requests_and_answers(described):
    shapes = {
        shape.__name__: shape
        for route in urls.urlpatterns[:-1]
        for handler in route.callback.handlers.values()
        for shape in shapes_of(operation.of(handler))
        if isinstance(shape, type)
    }
    contents = [
        it["content"]["application/json"]
        for path in described["paths"].values()
        for name, said in path.items()
        if name in METHODS
        for it in (said.get("requestBody", {}), *said["responses"].values())
        if "application/json" in it.get("content", {})
    ]
    examples = [(it["schema"]["$ref"].rpartition("/")[2], it["example"]) for it in contents if "example" in it]
    assert {name for name, _ in examples} == set(shapes)
    for name, example in examples:
        found = msgspec.convert(example, shapes[name])
        assert example == {} or msgspec.to_builtins(found).items() >= example.items(), name


def parameters(described, path):
    return {it["name"]: it for it in described["paths"][path]["get"]["parameters"]}


def test_exclusive_parameters_are_described_as_one_choice(described):
    window = parameters(described, "/api/rooms/{slug}/messages/")
    assert window.keys() == {"limit", "before_or_after_or_around"}
    schema = window["before_or_after_or_around"]["schema"]
    assert (schema["properties"].keys(), schema["maxProperties"]) == ({"before", "after", "around"}, 1)


def test_parameters_that_cannot_be_empty_are_required(described):
    asked = parameters(described, "/api/search/")
    assert {name for name, it in asked.items() if it.get("required")} == {"q"}
    assert (asked["q"]["schema"]["minLength"], asked["q"]["schema"]["maxLength"]) == (1, 200)


def test_texts_have_the_bounds_that_are_checked(described, settings):
    schemas = described["components"]["schemas"]
    texts = [("NewMessage", "body"), ("JoinBody", "name"), ("SignInBody", "username"), ("ReportBody", "reason")]
    bounds = {
        (shape, field): (schemas[shape]["properties"][field].get("minLength"), it.get("maxLength"))
        for shape, field in texts
        for it in [schemas[shape]["properties"][field]]
    }
    assert bounds == {
        ("NewMessage", "body"): (1, settings.CHAT_MAX_BODY),
        ("JoinBody", "name"): (1, TYPED_NAME_MAX_LENGTH),
        ("SignInBody", "username"): (1, None),
        ("ReportBody", "reason"): (1, 300),
    }


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_described_bodies_exclude_nul_characters(described, text):
    pattern = described["components"]["schemas"]["NewMessage"]["properties"]["body"]["pattern"]
    assert (re.search(pattern, text), bool(re.search(pattern, "a\nb"))) == (None, True)
