"""Scripts, styles and pictures, shipped with the package: the console renders without internet."""

import gzip
import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from markupsafe import Markup

from entrypoints.http.request.decoding import AnyRequest
from entrypoints.http.request.headers import header
from entrypoints.http.response.answers import Reply
from entrypoints.http.response.problems import not_found

FOLDER: Final = Path(__file__).parent / "static"
ROUTE: Final = "/console/static/{name}"
TYPES: Final[Mapping[str, str]] = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_SVG: Final = "{http://www.w3.org/2000/svg}"


class File(NamedTuple):
    content: bytes
    packed: bytes
    digest: str


@cache
def files() -> Mapping[str, File]:
    """Read and packed once: a browser gets 120 kB where the files have 700."""
    return {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}


def _read(path: Path) -> File:
    content = path.read_bytes()
    return File(content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:12])


def address_of(name: str) -> str:
    """With a digest: a new release has new addresses, so a browser may keep the file for ever."""
    return f"/console/static/{name}?v={files()[name].digest}"


async def static(request: AnyRequest) -> Reply:
    name = request.path_params["name"]
    file = files().get(name)
    if file is None:
        raise not_found()
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    packed = "gzip" in (header(request, b"accept-encoding") or "")
    if packed:
        headers["Content-Encoding"] = "gzip"
    return Reply(200, file.packed if packed else file.content, TYPES[Path(name).suffix], headers)


@cache
def icons() -> Mapping[str, Markup]:
    """What is drawn in each icon, by its name."""
    symbols = ET.fromstring(files()["icons.svg"].content).iter(f"{_SVG}symbol")  # noqa: S314  # of the package
    return {symbol.attrib["id"]: _drawn(symbol) for symbol in symbols}


def _drawn(symbol: ET.Element) -> Markup:
    parts = (f'<path d="{part.attrib["d"]}"/>' for part in symbol.iter(f"{_SVG}path"))
    return Markup("".join(parts))  # noqa: S704  # of a file of the package
