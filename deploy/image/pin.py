"""Writes the digest behind each image's tag into Dockerfile and docker-compose.yml: ``make pin-images``.

A tag may be moved to another image, a digest may not. Run it again after a tag was changed, and to get the newest
build of the same tag. It asks the registries with ``docker buildx imagetools`` and pulls nothing. If a registry
does not answer, it writes nothing and ends with 1.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILES = ("Dockerfile", "docker-compose.yml")
IMAGE = re.compile(
    r"^(FROM |    image: )(?P<tag>[a-z0-9./:_-]+:[\w.-]+)(?:@sha256:[0-9a-f]{64})?(?=$| )", re.MULTILINE
)
OURS = "fangate:"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
ASK_SECONDS = 120


class NoDigestError(Exception):
    """No registry answered with a digest. The text says for which image, and why."""


def main(root: Path) -> int:
    texts = {root / name: (root / name).read_text() for name in FILES}
    try:
        digests = {tag: digest(tag) for tag in sorted(set().union(*map(tags, texts.values())))}
    except NoDigestError as error:
        sys.stderr.write(f"pin-images: {error}\n")
        return 1
    for path, text in texts.items():
        path.write_text(pinned(text, digests))
    sys.stdout.writelines(f"{tag}@{found}\n" for tag, found in digests.items())
    return 0


def tags(text: str) -> set[str]:
    """The images that a file pulls, without the one that it builds."""
    return {found["tag"] for found in IMAGE.finditer(text) if not found["tag"].startswith(OURS)}


def pinned(text: str, digests: dict[str, str]) -> str:
    def line(found: re.Match[str]) -> str:
        return f"{found[1]}{found['tag']}@{digests[found['tag']]}" if found["tag"] in digests else found[0]

    return IMAGE.sub(line, text)


def digest(tag: str) -> str:
    """That of the whole image for all processors, so that a pin holds on each of them."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{json .Manifest}}", tag]
    try:
        asked = subprocess.run(  # noqa: S603  # docker, and a tag from our own files
            command, capture_output=True, text=True, timeout=ASK_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoDigestError(f"{tag}: docker was not run to its end: {error}") from None
    if asked.returncode:
        raise NoDigestError(f"{tag}: no digest. {asked.stderr.strip()}")
    answer = str(json.loads(asked.stdout)["digest"])
    if not DIGEST.fullmatch(answer):
        raise NoDigestError(f"{tag}: this is no digest: {answer}")
    return answer


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT))
