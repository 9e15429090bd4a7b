"""``make sharded-check``: start a sharded cluster and run the suites of MongoDB on it.

It needs ``mongod`` and ``mongos`` of one release, 6.0 or later, in the PATH or named by ``--mongod`` and
``--mongos``. It starts a config server, two shards and a mongos on free ports of 127.0.0.1, and ends them. Each
test gets a database that ``fangate migrate`` has sharded, with campaigns on both shards.

It has not run on a real cluster yet: where this was written, no mongos was to be had. The suites ran over a
stand-in that answers as a mongos does (tests/support/servers/mongos.py).
"""

import argparse
import os
import shutil
import subprocess
import sys
from typing import Final

from tests.sharded.cluster import cluster
from tests.support.paths import ROOT

SUITES: Final = (
    "tests/contracts/codes",
    "tests/contracts/registrations",
    "tests/contracts/messaging/test_outbox.py",
    "tests/contracts/system",
    "tests/http/codes/test_on_mongodb.py",
    "tests/http/entries/test_on_mongodb.py",
)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.sharded", description="Test on a sharded cluster.")
    arguments.add_argument("--mongod", default="mongod", help="The program, if it is not in the PATH.")
    arguments.add_argument("--mongos", default="mongos", help="The same.")
    arguments.add_argument("suites", nargs="*", default=SUITES, help="Files and folders of tests.")
    chosen = arguments.parse_args()
    mongod, mongos = (shutil.which(program) for program in (chosen.mongod, chosen.mongos))
    if not mongod or not mongos:
        missing = chosen.mongos if mongod else chosen.mongod
        print(f"sharded-check: there is no {missing}: install MongoDB, or name the program", file=sys.stderr)
        return 1
    with cluster(mongod, mongos) as url:
        command = [sys.executable, "-m", "pytest", "-k", "mongo", *chosen.suites]
        return subprocess.call(command, cwd=ROOT, env=os.environ | {"FANGATE_TEST_MONGODB_URL": url})


if __name__ == "__main__":
    sys.exit(main())
