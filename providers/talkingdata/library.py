"""Seedance's library of trusted files: a file is put into it once and used by its id."""

from __future__ import annotations

from ..base import Flow, LibraryAsset, Media
from .wire import Pool


def create_asset(pool: Pool, media: Media, name: str) -> Flow[LibraryAsset]:
    raise NotImplementedError
    yield


def look_at_asset(pool: Pool, remote_id: str) -> Flow[LibraryAsset]:
    raise NotImplementedError
    yield
