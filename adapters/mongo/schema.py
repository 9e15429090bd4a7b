"""What is stored: every collection, with the document that describes it and the indexes it needs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from beanie import Document
from pymongo import IndexModel

from adapters.mongo.audit.documents import AuditDocument
from adapters.mongo.codes.documents import CallerDocument, CodeDocument, ImportDocument, PoolLockDocument
from adapters.mongo.draws.documents import DRAW_DOCUMENTS
from adapters.mongo.entries.documents import ENTRY_DOCUMENTS
from adapters.mongo.index_comparison import Index
from adapters.mongo.leases import LeasesDocument
from adapters.mongo.phones.documents import PHONE_DOCUMENTS
from adapters.mongo.rate_limits import RateLimitDocument

DOCUMENTS: Final[Sequence[type[Document]]] = (
    CodeDocument,
    ImportDocument,
    CallerDocument,
    PoolLockDocument,
    *ENTRY_DOCUMENTS,
    *PHONE_DOCUMENTS,
    RateLimitDocument,
    LeasesDocument,
    AuditDocument,
    *DRAW_DOCUMENTS,
)


def name_of(document: Any) -> str:
    return str(document.Settings.name)


def _models_of(document: Any) -> Sequence[IndexModel]:
    return getattr(document.Settings, "indexes", ())


INDEX_MODELS: Final[Mapping[tuple[str, str], IndexModel]] = {
    (name_of(document), str(model.document["name"])): model
    for document in DOCUMENTS
    for model in _models_of(document)
}
"""By the names of the collection and of the index."""

INDEXES: Final[Sequence[Index]] = [
    Index.read(collection, name, model.document) for (collection, name), model in INDEX_MODELS.items()
]
