"""Keeps the bytecode of the modules that Fangate loads, and of no others. Part of the image's build.

The image's user cannot write, so a module without bytecode is compiled again at each start of a process. Python's
own modules have none in the base image. To know which modules are loaded, this imports every module of Fangate and
starts the service in memory. Python then writes the bytecode of what it loads into its cache.

Run it with ``-X pycache_prefix`` as PYTHONPYCACHEPREFIX is in the image.
"""

import importlib
import pkgutil
import sys
from importlib.util import MAGIC_NUMBER, source_from_cache, source_hash
from pathlib import Path
from types import ModuleType

from litestar.testing import TestClient
from pydantic import SecretStr

from entrypoints.config.settings import Settings
from entrypoints.service import service_app

LOADED_WHOLE = ("domain", "ports", "adapters", "entrypoints", "phonenumbers.data")
"""Any module of these packages may be loaded. ``phonenumbers`` loads a country when it meets its first number."""
HEADER_BYTES = 16
"""Of a file of bytecode: the magic number, the flags, and the time and the size, or the hash, of the source."""
CHECKED_HASH = 0b11
"""The flags that say: there is a hash, and it is to be compared."""
LOADED_LATE = ("uvicorn.loops.uvloop", "uvicorn.lifespan.on")
"""What uvicorn loads when it starts."""


def main(cache: Path) -> None:
    for package in LOADED_WHOLE:
        import_all(importlib.import_module(package))
    for module in LOADED_LATE:
        importlib.import_module(module)
    start_service()
    written = sorted(cache.rglob("*.pyc"))
    for file in written:
        compare_by_hash(file)
    sys.stdout.write(f"bytecode of {len(written)} modules\n")


def compare_by_hash(file: Path) -> None:
    """As PEP 552 says it. Python compares times of files by default, and an image may round them."""
    compiled = file.read_bytes()
    hashed = source_hash(Path(source_from_cache(str(file))).read_bytes())
    file.write_bytes(MAGIC_NUMBER + CHECKED_HASH.to_bytes(4, "little") + hashed + compiled[HEADER_BYTES:])


def import_all(package: ModuleType) -> None:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def start_service() -> None:
    """Loads what the service loads late."""
    with TestClient(service_app(Settings(jwt_secret=SecretStr("x" * 32)))) as client:
        client.get("/openapi.json").raise_for_status()
        client.get("/console/sign-in").raise_for_status()


if __name__ == "__main__":
    if sys.pycache_prefix is None or sys.dont_write_bytecode:
        sys.exit("bytecode: run it with -X pycache_prefix, and without PYTHONDONTWRITEBYTECODE")
    main(Path(sys.pycache_prefix))
