"""The schemas of what the API takes and gives, as msgspec tells them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from chat.api.operation import Shape

SCHEMAS = "#/components/schemas/{name}"
NO_NUL = r"^[^\x00]*$"

# JSON Schema keywords by the field's name.
Keywords = Mapping[str, Mapping[str, Any]]


class Schemas:
    """The schemas of the shapes that were referred to, and of those within them, by name."""

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}
        self._known: dict[str, Any] = {}

    def of(self, shape: Shape) -> dict[str, Any]:
        """A reference to the schema of a shape."""
        [reference], schemas = msgspec.json.schema_components([shape], ref_template=SCHEMAS)
        for name, schema in schemas.items():
            assert self._known.setdefault(name, schema) == schema, f"Two shapes of the API are called {name}."
            self.all.setdefault(name, schema)
        return reference

    def fields(self, shape: Shape, narrower: Keywords) -> dict[str, Any]:
        """The schema of each field of a shape that is not referred to."""
        [_], schemas = msgspec.json.schema_components([shape], ref_template=SCHEMAS)
        return _narrowed(schemas[shape.__name__]["properties"], narrower)

    def of_body(self, shape: Shape, narrower: Keywords) -> dict[str, Any]:
        """As `of`; a command of the socket needs no `type` at an address that takes no other."""
        reference = self.of(shape)
        schema = self._known[shape.__name__]
        properties = {name: _without_nul(it) for name, it in _narrowed(schema["properties"], narrower).items()}
        required = [name for name in schema.get("required", ()) if name != "type"]
        self.all[shape.__name__] = {**schema, "properties": properties, "required": required}
        return reference


def _narrowed(properties: dict[str, Any], narrower: Keywords) -> dict[str, Any]:
    return {name: {**schema, **narrower.get(name, {})} for name, schema in properties.items()}


def _without_nul(schema: dict[str, Any]) -> dict[str, Any]:
    """No string of a body holds NUL (`protocol.load_object`)."""
    is_any_text = schema.get("type") == "string" and not schema.keys() & {"pattern", "format", "enum"}
    return {**schema, "pattern": NO_NUL} if is_any_text else schema
