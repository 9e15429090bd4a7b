"""Keeps the bytecode of the modules that Fangate loads, and of no others. Part of the image's build.

The image's user cannot write, so a module without bytecode is compiled again at each start of a process. Python's
own modules have none in the base image. To know which modules are loaded, this imports every module of Fangate and
starts the service in memory. Python then writes the bytecode of what it loads into its cache.

Run it with ``-X pycache_prefix`` as PYTHONPYCACHEPREFIX is in the image.
"""

import importlib
import pkgutil
import py_compile
import sys
from importlib.util import source_from_cache
from pathlib import Path
from types import ModuleType

from litestar.testing import TestClient
from pydantic import SecretStr

from entrypoints.config.settings import Settings
from entrypoints.service import service_app

LOADED_WHOLE = ("domain", "ports", "adapters", "entrypoints", "phonenumbers.data")
"""Any module of these packages may be loaded. ``phonenumbers`` loads a country when it meets its first number."""
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
        # Python compares times of files by default, and an image may round them. So let it compare hashes.
        py_compile.compile(
            source_from_cache(str(file)),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH,
        )
    sys.stdout.write(f"bytecode of {len(written)} modules\n")


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
