from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from studio import env

START = "<!-- settings: written by `manage.py settings_table --write README.md` -->"
END = "<!-- /settings -->"


def table() -> str:
    """The environment variables as a Markdown table, with paths as seen from the project's folder."""
    rows = ["| Variable | Default | Meaning |", "| --- | --- | --- |"]
    for variable in env.VARIABLES.values():
        default = variable.default.replace(f"{settings.BASE_DIR}/", "")
        cells = (f"`{variable.name}`", f"`{default}`" if default else "", variable.meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def replaced(text: str) -> str:
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise CommandError(f"There is no place for the table: {START} … {END}")
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


class Command(BaseCommand):
    help = "Prints the table of settings, or writes it into a Markdown file between its two marks."
    requires_system_checks = ()

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--write", metavar="FILE", type=Path, help="the file to write the table into")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["write"]
        if file is None:
            self.stdout.write(table())
        else:
            file.write_text(replaced(file.read_text()))
