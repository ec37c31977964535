"""A supervisor over fake children, in a process of its own: `python -m tests.lib.family FOLDER CHILD…`.

A child is `NAME:RANK:GRACE:BEAT:SCRIPT`; it writes its process ids into FOLDER.
"""

from __future__ import annotations

import sys
from pathlib import Path

from studio.lib.supervisor import Child, Heartbeat, Supervisor

PRELUDE = """
import os, signal, sys, time
from pathlib import Path
def note(word):
    with (Path({folder!r}) / "notes").open("a") as notes:
        notes.write(f"{name} {{word}} {{os.getpid()}}\\n")
def bye(*_):
    note("stopped")
    sys.exit(0)
"""


def main() -> int:
    folder = Path(sys.argv[1])
    children = []
    for spec in sys.argv[2:]:
        name, rank, grace, silence, script = spec.split(":", 4)
        code = PRELUDE.format(folder=str(folder), name=name) + script
        heartbeat = Heartbeat(folder / f"{name}.beat", float(silence)) if silence else None
        children.append(Child(name, [sys.executable, "-c", code], int(rank), float(grace), heartbeat))
    return Supervisor(children).run()


if __name__ == "__main__":
    sys.exit(main())
