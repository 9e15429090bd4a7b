"""Which stored field holds which field of the model, read off the document that declares what is stored."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from adapters.mongo.driver import Raw

Model = TypeVar("Model")


class Conversion(NamedTuple):
    """For a field that is stored in another form."""

    to_stored: Callable[[Any], Any]
    from_stored: Callable[[Any], Any]


def to_pairs(mapping: Mapping[Any, Any]) -> list[list[Any]]:
    """A mapping whose keys are any text: as names of fields, some would mean something to MongoDB."""
    return [[key, value] for key, value in mapping.items()]


PAIRS: Final = Conversion(to_pairs, dict)
NO_CONVERSIONS: Final[Mapping[str, Conversion]] = {}
NO_NAMES: Final[Mapping[str, str]] = {}


class FieldMap(Generic[Model]):
    """A field of the model is stored in the document's field of the same name, as it is.

    ``renamed`` and ``conversions`` say otherwise; ``apart`` are fields that the caller maps. Entries pass here
    thousands of times a second, so both functions are compiled once, as ``dataclasses`` does it: a loop over the
    fields takes half as long again.
    """

    def __init__(
        self,
        model: type[Model],
        document: type[BaseModel],
        *,
        renamed: Mapping[str, str] = NO_NAMES,
        conversions: Mapping[str, Conversion] = NO_CONVERSIONS,
        apart: Collection[str] = (),
    ) -> None:
        """Raises TypeError, which names the file, for a field that the document does not declare."""
        self._document = document
        self._conversions = conversions
        names = [field.name for field in dataclasses.fields(model) if field.name not in apart]  # type: ignore[arg-type]  # a dataclass, which ``type`` does not say
        self._fields = {name: renamed.get(name, name) for name in names}
        for name, field in self._fields.items():
            if field not in document.model_fields:
                place = f"{document.__module__.replace('.', '/')}.py"
                raise TypeError(f"{place}: {document.__name__} declares no field for {model.__name__}.{name}")
        known: dict[str, Any] = {"model": model}
        for name, conversion in conversions.items():
            known |= {f"{name}_to_stored": conversion.to_stored, f"{name}_from_stored": conversion.from_stored}
        arguments = ", ".join([*(f"{name}={name}" for name in apart), *map(self._reading, names)])
        self.read: Final[Callable[..., Model]] = _compiled(["stored", *apart], f"model({arguments})", known)
        """Make the model from a stored document; fields that are mapped apart are arguments by name."""
        items = ", ".join(map(self._writing, names))
        self.write: Final[Callable[[Model], Raw]] = _compiled(["value"], f"{{{items}}}", known)
        """The fields to store."""

    @property
    def stored_names(self) -> set[str]:
        return {self._stored_name(name) for name in self._fields}

    def _stored_name(self, name: str) -> str:
        return str(self._document.model_fields[self._fields[name]].alias)

    def _reading(self, name: str) -> str:
        stored, declared = self._stored_name(name), self._document.model_fields[self._fields[name]]
        value = (
            f"stored[{stored!r}]" if declared.is_required() else f"stored.get({stored!r}, {declared.default!r})"
        )
        return f"{name}=" + (f"{name}_from_stored({value})" if name in self._conversions else value)

    def _writing(self, name: str) -> str:
        value = f"value.{name}"
        converted = f"{name}_to_stored({value})" if name in self._conversions else value
        return f"{self._stored_name(name)!r}: {converted}"


def _compiled(parameters: Collection[str], expression: str, known: Mapping[str, Any]) -> Any:
    """The names in it are those of our own classes, never of a document that was read."""
    return eval(f"lambda {', '.join(parameters)}: {expression}", dict(known))  # noqa: S307  # see above
