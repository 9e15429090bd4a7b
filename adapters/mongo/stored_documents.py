"""What all documents have in common."""

from typing import Final

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel
from pymongo import ASCENDING, DESCENDING

STORED: Final = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True)

UP: Final = ASCENDING
DOWN: Final = DESCENDING
