"""Static files under names that carry their hash, so that browsers may keep them for ever."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class HashedStaticFilesStorage(ManifestStaticFilesStorage):
    # the modules import one another by relative paths; those are rewritten too
    support_js_module_import_aggregation = True
    manifest_strict = False

    def url_converter(self, *args: Any, **options: Any) -> Callable[[re.Match[str]], str]:
        converter = super().url_converter(*args, **options)

        def convert(found: re.Match[str]) -> str:
            # `import("../htmx")` in a comment names a type, not a file; a real module has a suffix here
            is_file = PurePosixPath(found["url"].partition("#")[0]).suffix
            converted: str = converter(found) if is_file else found["matched"]
            return converted

        return convert
