"""The register of stored fields is complete: each field that can hold text says what it tells of a person."""

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from adapters.mongo.privacy.registry import REGISTER
from adapters.mongo.schema import DOCUMENTS, name_of
from domain.model.privacy.people import Place

CAN_HOLD_TEXT = (str, bytes, dict, object, Any)


def fields_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name != "revision_id":  # Beanie's own; Beanie 1 stores it as null.
            yield from texts_in(field.annotation, prefix + (field.alias or name))


def texts_in(annotation: Any, path: str) -> Iterator[str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from fields_of(annotation, f"{path}.")
    elif typing.get_origin(annotation) is dict or annotation in CAN_HOLD_TEXT:
        yield path
    else:
        for part in typing.get_args(annotation):
            yield from texts_in(part, path)


def test_every_field_that_can_hold_text_is_in_the_register() -> None:
    declared = {name_of(document): set(fields_of(document)) for document in DOCUMENTS}

    assert {name: set(fields) for name, fields in REGISTER.items()} == declared, (
        "adapters/mongo/privacy/registry.py"
    )


def test_every_place_of_an_erasure_is_in_the_register() -> None:
    said = {one for fields in REGISTER.values() for one in fields.values() if isinstance(one, Place)}

    assert said == set(Place)


def test_a_new_field_is_noticed() -> None:
    class Inner(BaseModel):
        note: str | None
        count: int

    class Outer(BaseModel):
        notes: list[Inner]
        pairs: list[tuple[str, bool]]
        anything: dict[str, Any]
        score: float

    assert set(fields_of(Outer)) == {"notes.note", "pairs", "anything"}
