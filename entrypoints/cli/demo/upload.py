"""A file of codes as it arrives in practice: good lines, and the usual mistakes."""

import random
import secrets
from dataclasses import dataclass
from typing import Final

CODES: Final = 50_000
REPEATED: Final = 40
BLANK: Final = ("", "   ", "\t", ",no code in the first column", '""', '"  ",quoted white space')
BAD: Final = ("X" * 200, "CODE\x00WITH-NUL", "CODE\x07WITH-BELL", '"quotes that never close')
ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without letters and digits that look alike."""
BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """The bytes of the file, and the counts that an import must report."""

    content: bytes
    rows: int
    inserted: int = CODES
    duplicates: int = REPEATED
    blank: int = len(BLANK)
    invalid: int = len(BAD)


def generate() -> Upload:
    """Codes that no other run has, in random order, some written in other ways that CSV allows."""
    run = secrets.token_hex(2).upper()
    codes = [f"{run}-{number:05d}-{''.join(random.choices(ALPHABET, k=6))}" for number in range(CODES)]
    lines = [_spelled(code) for code in codes]
    for line in (*random.sample(codes, REPEATED), *BLANK, *BAD):
        lines.insert(random.randrange(len(lines)), line)
    text = BOM + "".join(f"{line}\r\n" for line in lines)
    return Upload(content=text.encode(), rows=len(lines))


def _spelled(code: str) -> str:
    spelling = random.choices(("{}", "  {}\t", '"{}"', "{},second column", '"{}","a, b"'), (96, 1, 1, 1, 1))[0]
    return spelling.format(code)
