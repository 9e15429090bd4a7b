"""Indexes compared by their keys and options. A name says nothing about what an index does."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

EXPIRY: Final = "expireAfterSeconds"
PRIMARY: Final = "_id_"

_NOT_COMPARED: Final = {"v", "key", "name", "ns", "background"}
_IDENTIFYING: Final = ("unique", "sparse", "partialFilterExpression", "collation")
"""MongoDB keeps two indexes with the same keys only if they differ in one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index, declared or present."""

    collection: str
    name: str
    keys: tuple[tuple[str, Any], ...]
    options: Mapping[str, Any]

    @classmethod
    def read(cls, collection: str, name: str, described: Mapping[str, Any]) -> "Index":
        """From a driver's description, of a new index or of one that the server has."""
        options = {name: value for name, value in described.items() if name not in _NOT_COMPARED}
        return cls(
            collection=collection,
            name=name,
            keys=tuple(dict(described["key"]).items()),
            options={name: _comparable(value) for name, value in options.items() if value is not False},
        )

    def does_the_same_as(self, other: "Index") -> bool:
        return self.keys == other.keys and self.options == other.options

    def excludes(self, other: "Index") -> bool:
        """MongoDB cannot have both in one collection."""
        same = all(self.options.get(name) == other.options.get(name) for name in _IDENTIFYING)
        return self.name == other.name or (self.keys == other.keys and same)

    def __str__(self) -> str:
        options = [f"{name} {in_shell(value)}" for name, value in sorted(self.options.items())]
        return ", ".join([in_shell(dict(self.keys)), *options])


def _comparable(value: Any) -> Any:
    """Times in UTC without a zone, as the driver describes them."""
    if isinstance(value, Mapping):
        return {name: _comparable(inner) for name, inner in value.items()}
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A declared index, and the present one that has to go before it can be built."""

    declared: Index
    present: Index

    @property
    def expires_too_early(self) -> bool:
        """Only the expiry differs, and the declared one is longer: changing it deletes nothing."""
        return self._only_expiry and self.declared.options[EXPIRY] > self.present.options[EXPIRY]

    @property
    def _only_expiry(self) -> bool:
        options = self.declared.options, self.present.options
        if self.declared.keys != self.present.keys or not all(EXPIRY in each for each in options):
            return False
        declared, present = ({**each, EXPIRY: 0} for each in options)
        return declared == present

    @property
    def summary(self) -> str:
        return f"index {self.present.name} of {self.present.collection} differs from what is declared"

    @property
    def advice(self) -> str:
        """What differs, and the command that mends it."""
        return f"{self.summary}. It has {self.present}. It should have {self.declared}. {self._mend}"

    @property
    def _mend(self) -> str:
        collection, name = self.present.collection, in_shell(self.present.name)
        if self._only_expiry:
            index = f"{{name: {name}, {EXPIRY}: {self.declared.options[EXPIRY]}}}"
            return f'Type db.runCommand({{collMod: "{collection}", index: {index}}}) in mongosh.'
        return f"Type db.{collection}.dropIndex({name}) in mongosh, then run fangate migrate."


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    missing: Sequence[Index]
    differing: Sequence[Difference]
    extra: Sequence[Index]
    """Present and not declared. They are left alone."""


def compare(declared: Sequence[Index], present: Sequence[Index]) -> Comparison:
    """A declared index may be present under any name. What is missing can be built beside what is present."""
    missing: list[Index] = []
    differing: list[Difference] = []
    fitting: list[Index] = []
    for index in declared:
        in_collection = [one for one in present if one.collection == index.collection]
        same = [one for one in in_collection if index.does_the_same_as(one)]
        fitting += same
        if same:
            continue
        if (rival := _rival(index, in_collection)) is not None:
            differing.append(Difference(declared=index, present=rival))
        else:
            missing.append(index)
    known = [*fitting, *(difference.present for difference in differing)]
    extra = [one for one in present if one.name != PRIMARY and one not in known]
    return Comparison(missing=missing, differing=differing, extra=extra)


def _rival(index: Index, present: Iterable[Index]) -> Index | None:
    return next((one for one in present if index.excludes(one)), None)


def in_shell(value: object) -> str:
    return json.dumps(value, default=str)
