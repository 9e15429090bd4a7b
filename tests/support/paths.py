"""Where the files are that tests read."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""The checkout of the project."""

DATA: Final = ROOT / "tests/data"
EXAMPLES: Final = ROOT / "docs/examples"
EXAMPLE_STREAM: Final = ROOT / "tests/example_stream"
