"""The schemas of what the API takes and gives, as msgspec tells them."""

from typing import Any

import msgspec

from chat.api.operation import Shape

SCHEMAS = "#/components/schemas/{name}"


class Schemas:
    """The schemas of the shapes that were referred to, and of those within them, by name."""

    def __init__(self) -> None:
        self.all: dict[str, Any] = {}

    def of(self, shape: Shape) -> dict[str, Any]:
        """A reference to the schema of a shape."""
        [reference], schemas = msgspec.json.schema_components([shape], ref_template=SCHEMAS)
        for name, schema in schemas.items():
            assert self.all.setdefault(name, schema) == schema, f"Two shapes of the API are called {name}."
        return reference

    def fields(self, shape: Shape) -> dict[str, Any]:
        """The schema of each field of a shape that is not referred to."""
        [_], schemas = msgspec.json.schema_components([shape], ref_template=SCHEMAS)
        properties: dict[str, Any] = schemas[shape.__name__]["properties"]
        return properties

    def of_body(self, shape: Shape) -> dict[str, Any]:
        """As `of`; a command of the socket needs no `type` at an address that takes no other."""
        reference = self.of(shape)
        schema = self.all[shape.__name__]
        self.all[shape.__name__] = {**schema, "required": [it for it in schema["required"] if it != "type"]}
        return reference
