"""The collections of the store and their indexes."""

from collections.abc import Sequence
from typing import Any, Final

from beanie import Document
from pymongo.asynchronous.database import AsyncDatabase

from adapters.mongo.budget_documents import FanBudgetDocument
from adapters.mongo.codes.documents import CodeDocument, ImportDocument
from adapters.mongo.driver import Raw
from adapters.mongo.entries.documents import ENTRY_DOCUMENTS

DOCUMENTS: Final = (CodeDocument, ImportDocument, *ENTRY_DOCUMENTS, FanBudgetDocument)


async def missing_indexes(
    database: AsyncDatabase[Raw], documents: Sequence[type[Document]] = DOCUMENTS
) -> list[str]:
    missing = []
    for document in documents:
        present = await database[name_of(document)].index_information()
        missing += [name for index in indexes_of(document) if (name := index.document["name"]) not in present]
    return missing


def indexes_of(document: Any) -> list[Any]:
    return list(getattr(document.Settings, "indexes", ()))


def name_of(document: Any) -> str:
    return str(document.Settings.name)
