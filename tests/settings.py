"""Settings of the test run: the product's own, with a throw-away data folder."""

import os
import tempfile
from pathlib import Path

_folder = os.environ.get("ATELIER_TEST_DATA") or tempfile.mkdtemp(prefix="atelier-test-")
os.environ["ATELIER_TEST_DATA"] = _folder
os.environ["DATA_DIR"] = _folder
for _name in ("PORT", "SANDBOX_URL", "STUDIO_PUBLIC_URL"):
    os.environ.pop(_name, None)

from studio.settings import *  # noqa: E402, F403
from studio.settings import DATABASES, STORAGES  # noqa: E402

DATABASES["default"].setdefault("TEST", {})
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    # a file, not memory: threads and processes share it as they do in the product
    DATABASES["default"]["TEST"]["NAME"] = Path(_folder) / "test.sqlite3"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
