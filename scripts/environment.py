"""Makes .venv and keeps it in step with a requirements file: `python3 scripts/environment.py FILE`.

Written for any Python from 3.6 on, so that one that is too old can say so. Does nothing, quickly,
when nothing changed.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LEAST = (3, 11)


def fail(*lines):
    sys.exit("\n".join(lines))


def contents(name):
    """The file's text and that of the files that it includes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    included = [line[3:].strip() for line in text.splitlines() if line.startswith("-r ")]
    return text + "".join(map(contents, included))


def works():
    if not PYTHON.exists():
        return False
    check = f"import sys, pip; sys.exit(sys.version_info[:2] < {LEAST})"
    return subprocess.call([str(PYTHON), "-c", check], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def make():
    version = sys.version.split()[0]
    if sys.version_info[:2] < LEAST:
        fail(
            f"Atelier needs Python {LEAST[0]}.{LEAST[1]} or newer; {sys.executable} is {version}.",
            "Install one and name it: make run PYTHON=python3.12",
        )
    print(f"Making .venv with Python {version} …", flush=True)
    shutil.rmtree(str(VENV), ignore_errors=True)
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)]) != 0:
        shutil.rmtree(str(VENV), ignore_errors=True)
        fail(
            "This Python can't make virtual environments. On Debian and Ubuntu: apt install python3-venv",
            "Or name another Python: make run PYTHON=python3.12",
        )


def main(requirements):
    wanted = hashlib.sha256(contents(requirements).encode("utf-8")).hexdigest()
    stamp = VENV / f".installed-{requirements}"
    if PYTHON.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    if not works():
        make()
    print(f"Installing {requirements} …", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    if subprocess.call(command, cwd=str(ROOT)) != 0:
        fail("The packages could not be installed; pip's words are above.")
    stamp.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
