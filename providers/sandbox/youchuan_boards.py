"""Youchuan's moodboards: named collections of pictures that steer prompts with ``--p``."""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
import time
from io import BytesIO
from typing import Any

from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .net import Fetcher
from .render import UnusableReferenceError
from .youchuan_bodies import page_of, read_body, read_query
from .youchuan_inputs import open_picture
from .youchuan_wire import RefusedError, moment

DOWNLOADS_AT_ONCE = 16
KEPT_SIDE = 512
"""Boards only steer, so their pictures are kept small."""

Picture = tuple[str, bytes]
"""Its link and our copy of it."""


class BoardStore:
    """Boards and our copies of their pictures, in the sandbox's database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(
            "CREATE TABLE IF NOT EXISTS board (id TEXT PRIMARY KEY, owner TEXT NOT NULL, created REAL NOT NULL,"
            " record TEXT NOT NULL) WITHOUT ROWID"
        )
        db.execute(
            "CREATE TABLE IF NOT EXISTS board_picture (board TEXT NOT NULL, number INTEGER NOT NULL,"
            " url TEXT NOT NULL, data BLOB NOT NULL, PRIMARY KEY (board, number))"
        )

    def save(self, owner: str, record: dict[str, Any], pictures: list[Picture] | None) -> None:
        """``pictures`` None leaves them as they are."""
        values = (record["id"], owner, time.time(), json.dumps(record, ensure_ascii=False))
        self._db.execute("BEGIN")
        self._db.execute(
            "INSERT INTO board VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record", values
        )
        if pictures is not None:
            self._db.execute("DELETE FROM board_picture WHERE board = ?", (record["id"],))
            rows = [(record["id"], number, *picture) for number, picture in enumerate(pictures)]
            self._db.executemany("INSERT INTO board_picture VALUES (?, ?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def get(self, owner: str, board_id: str) -> dict[str, Any] | None:
        row = self._db.execute("SELECT record FROM board WHERE id = ? AND owner = ?", (board_id, owner)).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, owner: str) -> list[dict[str, Any]]:
        """Newest first."""
        rows = self._db.execute("SELECT record FROM board WHERE owner = ? ORDER BY created DESC, id", (owner,))
        return [json.loads(record) for (record,) in rows]

    def pictures(self, owner: str, board_id: str, most: int) -> list[Picture] | None:
        """Some of a board's pictures, from all over it; None when there is no such board."""
        if self.get(owner, board_id) is None:
            return None
        (count,) = self._db.execute("SELECT count(*) FROM board_picture WHERE board = ?", (board_id,)).fetchone()
        numbers = sorted({i * count // most for i in range(most)}) if count else []
        return self._db.execute(
            "SELECT url, data FROM board_picture WHERE board = ?"
            " AND number IN (SELECT value FROM json_each(?)) ORDER BY number",
            (board_id, json.dumps(numbers)),
        ).fetchall()

    def delete(self, board_id: str) -> bool:
        self._db.execute("DELETE FROM board_picture WHERE board = ?", (board_id,))
        return self._db.execute("DELETE FROM board WHERE id = ?", (board_id,)).rowcount > 0

    def clear(self) -> None:
        self._db.execute("DELETE FROM board_picture")
        self._db.execute("DELETE FROM board")


class Boards:
    def __init__(self, store: BoardStore, fetcher: Fetcher) -> None:
        self._store = store
        self._fetcher = fetcher
        self.endpoints = {
            "moodboard": (self.create, ("POST",)),
            "moodboard/{id}": (self.update, ("PUT",)),
            "moodboards": (self.listed, ("GET",)),
        }
        self.controls = [Route("/_sandbox/moodboards/delete", self.delete, methods=["POST"])]

    async def create(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "create moodboard")
        pictures = await self._fetched(body.get("images", []))
        now = moment(time.time())
        record = {
            "id": secrets.token_hex(12),
            "name": body["name"],
            "description": body.get("description", ""),
            "tag": body.get("tag", ""),
            "images": body.get("images", []),
            "createdAt": now,
            "updatedAt": now,
        }
        self._store.save(owner, record, pictures)
        return record

    async def update(self, request: Request, owner: str) -> dict[str, Any]:
        """What is given replaces what there was."""
        body = await read_body(request, "update moodboard")
        if not body:
            raise RefusedError("Invalid_Argument", "nothing to change")
        record = self._known(owner, request.path_params["id"])
        pictures = await self._fetched(body["images"]) if "images" in body else None
        record = self._known(owner, record["id"]) | body | {"updatedAt": moment(time.time())}
        self._store.save(owner, record, pictures)
        return record

    async def listed(self, request: Request, owner: str) -> dict[str, Any]:
        return page_of(self._store.all(owner), read_query(request, default=(1, 10)))

    async def delete(self, request: Request) -> Response:
        """The service has no such endpoint: tests let a board vanish with it."""
        try:
            board_id = str((await request.json())["id"])
        except (ValueError, TypeError, KeyError):
            return JSONResponse({"code": 400, "message": "an id is wanted", "reason": "Invalid_Argument"}, 400)
        return JSONResponse({"deleted": self._store.delete(board_id)})

    def _known(self, owner: str, board_id: str) -> dict[str, Any]:
        record = self._store.get(owner, board_id)
        if record is None:
            raise RefusedError("Moodboard_Not_Found")
        return record

    async def _fetched(self, urls: list[str]) -> list[Picture]:
        """Our copies of the pictures; refuses the first that is none, by its number from 1."""
        turns = asyncio.Semaphore(DOWNLOADS_AT_ONCE)

        async def fetch(url: str) -> Picture | UnusableReferenceError:
            async with turns:
                try:
                    return url, await asyncio.to_thread(_reduced, await self._fetcher.fetch(url))
                except UnusableReferenceError as error:
                    return error

        pictures: list[Picture] = []
        for number, found in enumerate(await asyncio.gather(*map(fetch, urls)), 1):
            if isinstance(found, UnusableReferenceError):
                raise RefusedError("Invalid_Argument", f"image {number} is no picture that can be used: {found}")
            pictures.append(found)
        return pictures


def _reduced(data: bytes) -> bytes:
    picture = open_picture(data, enough=KEPT_SIDE)
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.BILINEAR)
    kept = BytesIO()
    picture.save(kept, "JPEG", quality=85)
    return kept.getvalue()
