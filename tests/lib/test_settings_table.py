from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from studio.lib.management.commands import settings_table
from tests.browser.stack import clean_environment

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_tells_every_setting_as_it_is(tmp_path: Path):
    copy = tmp_path / "README.md"
    copy.write_text((ROOT / "README.md").read_text())
    # a process without anybody's variables, so that the defaults are the defaults
    subprocess.run(
        [sys.executable, "manage.py", "settings_table", "--write", str(copy)],
        check=True,
        cwd=ROOT,
        env=clean_environment(DJANGO_SETTINGS_MODULE="studio.settings"),
    )
    assert copy.read_text() == (ROOT / "README.md").read_text(), "run: manage.py settings_table --write README.md"


def test_a_file_without_marks_is_left_alone():
    with pytest.raises(CommandError, match="no place for the table"):
        settings_table.replaced("# A page")


def test_pipes_do_not_break_the_table(monkeypatch: pytest.MonkeyPatch):
    from studio import env

    monkeypatch.setattr(env, "VARIABLES", {"A": env.Variable("A", "", "this | that")})
    assert settings_table.table().splitlines()[-1] == "| `A` |  | this \\| that |"
