"""Everything that a store holds, as text."""

from collections.abc import Mapping
from typing import Any

from adapters.mongo.scatter import PERSON
from adapters.mongo.store import MongoStore
from ports.stores import Stores


async def text_of(stores: Stores) -> str:
    """Everything that is stored, as text."""
    if isinstance(stores, MongoStore):
        names = await stores.database.list_collection_names(filter={"name": {"$not": {"$regex": "^system\\."}}})
        found: list[Any] = []
        for name in sorted(names):
            found += [(name, document) async for document in stores.database[name].find(comment=PERSON)]
        return repr(found)
    parts = (
        stores.entries,
        stores.pool,
        stores.imports,
        stores.phone_book,
        stores.budgets,
        stores.limits,
        stores.audit,
    )
    return deep(parts)


def deep(value: Any) -> str:
    """As ``repr``, with the fields that ``repr`` leaves out."""
    if isinstance(value, str | bytes | int | float) or value is None:
        return repr(value)
    if isinstance(value, Mapping):
        return "".join(deep(one) for pair in value.items() for one in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return "".join(deep(one) for one in value)
    slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
    names = [*getattr(value, "__dict__", ()), *(name for name in slots if hasattr(value, name))]
    if not names or callable(value):
        return str(value)
    return "".join(deep(getattr(value, name)) for name in names)
