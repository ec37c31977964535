"""The supervisor's executor of last will: `python -m studio.lib.reaper`.

It reads the ids of process groups from its standard input (`+123` started, `-123` gone). When the
pipe closes, the supervisor is no more, however it died; whatever groups are left are asked to
stop, and killed when they don't. It sits in a session of its own, so that what takes the
supervisor does not take it too.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

PATIENCE = 4.0


def signal_group(group: int, number: int) -> bool:
    """Whether there was anyone to receive it."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def bury(groups: Iterable[int], patience: float = PATIENCE) -> None:
    left = set(groups)
    for leader in left:
        # the leader alone: it knows in which order its own children stop
        try:
            os.kill(leader, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            pass
    end = time.monotonic() + patience
    while left and time.monotonic() < end:
        left = {group for group in left if signal_group(group, 0)}
        time.sleep(0.05)
    for group in left:
        signal_group(group, signal.SIGKILL)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    bury(groups)


if __name__ == "__main__":
    main()
