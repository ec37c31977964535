"""Youchuan's account: jobs asked after, what they cost, the plan, and test callbacks."""

from __future__ import annotations

import re
import secrets
import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .jobs import DONE, JobStore
from .net import Fetcher
from .settings import Settings
from .youchuan_bodies import page_of, read_body, read_query
from .youchuan_orders import NAME, Endpoints, Orders
from .youchuan_wire import RefusedError, cost_object, job_object


@dataclass(frozen=True)
class Cost:
    """``fee`` in fen, ``at`` in seconds of the epoch."""

    job_id: str
    fee: int
    at: float


class PlantedCharges:
    """Wrong entries of the cost list, for tests of a client's reconciliation."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute(
            "CREATE TABLE IF NOT EXISTS charge (job TEXT PRIMARY KEY, owner TEXT NOT NULL, fee INTEGER NOT NULL,"
            " at REAL NOT NULL) WITHOUT ROWID"
        )

    def plant(self, owner: str, cost: Cost) -> None:
        """``owner`` "" shows it to every account."""
        values = (cost.job_id, owner, cost.fee, cost.at)
        self._db.execute("INSERT OR REPLACE INTO charge VALUES (?, ?, ?, ?)", values)

    def of(self, owner: str) -> dict[str, Cost]:
        rows = self._db.execute("SELECT job, fee, at FROM charge WHERE owner IN (?, '')", (owner,))
        return {job: Cost(job, fee, at) for job, fee, at in rows}

    def clear(self) -> None:
        self._db.execute("DELETE FROM charge")


class Account:
    def __init__(
        self, settings: Settings, store: JobStore, orders: Orders, fetcher: Fetcher, planted: PlantedCharges
    ) -> None:
        self._settings = settings
        self._store = store
        self._orders = orders
        self._fetcher = fetcher
        self._planted = planted
        self.controls = [Route("/_sandbox/charges", self.plant, methods=["POST"])]

    @property
    def endpoints(self) -> Endpoints:
        return {
            "job/{id}": (self.job, ("GET",)),
            "costs": (self.costs, ("GET",)),
            "cost-monthly": (self.cost_monthly, ("GET",)),
            "subscribe": (self.subscribe, ("GET",)),
            "callback": (self.callback, ("POST",)),
        }

    async def job(self, request: Request, owner: str) -> dict[str, Any]:
        job_id = request.path_params["id"]
        if not re.fullmatch(r"[0-9a-f]{24}", job_id):
            raise RefusedError("Invalid_Argument", "a job id has 24 hexadecimal digits")
        job = self._orders.find(owner, job_id)
        if job is None:
            raise RefusedError("Job_Not_Found")
        shown = job_object(job, str(request.base_url))
        if job.state == DONE and job.outcome.empty_polls:
            job.outcome.empty_polls -= 1
        return shown

    async def costs(self, request: Request, owner: str) -> dict[str, Any]:
        query = read_query(request, times=True)
        since, to = query["since"], query["to"]
        costs = [
            cost_object(cost.job_id, cost.fee, cost.at)
            for cost in self._costs(owner)
            if (since is None or _shown(cost.at) >= _shown(since)) and (to is None or _shown(cost.at) <= _shown(to))
        ]
        return page_of(costs, query)

    async def cost_monthly(self, request: Request, owner: str) -> dict[str, Any]:
        """One item for each calendar month (UTC) with costs, newest first."""
        query = read_query(request)
        months: dict[str, dict[str, Any]] = {}
        for cost in self._costs(owner):
            month = f"{datetime.fromtimestamp(cost.at, UTC):%Y-%m}"
            item = months.setdefault(month, {"month": month, "jobs": 0, "fastCost": 0, "relaxCost": 0, "feeCost": 0})
            item["jobs"] += 1
            item["fastCost"] += 1
            item["feeCost"] += cost.fee
        return page_of(list(months.values()), query)

    def _costs(self, owner: str) -> list[Cost]:
        """What was charged, newest first: jobs from their submit on, unless they failed for free."""
        found = {
            job.id: Cost(job.id, job.price, job.created)
            for job in self._store
            if job.owner == owner and job.service == NAME
        }
        charged = [cost for cost in (found | self._planted.of(owner)).values() if cost.fee]
        return sorted(charged, key=lambda cost: (cost.at, cost.job_id), reverse=True)

    async def subscribe(self, request: Request, owner: str) -> dict[str, Any]:
        """The answer's shape is not documented; this one is ours."""
        return {
            "appId": owner,
            "plan": "sandbox",
            "status": 1,
            "startAt": "2025-01-01T00:00:00Z",
            "expireAt": "2099-12-31T23:59:59Z",
            "maxConcurrent": self._settings.max_concurrent,
            "runningJobs": self._store.running(owner),
            "feeBalance": self._settings.balance - self._store.spent(owner),
            "feeUsed": self._store.spent(owner),
            "relaxRemain": 0,
        }

    async def callback(self, request: Request, owner: str) -> dict[str, Any]:
        """Post the job to its own callback address once more, for trying out a receiver."""
        body = await read_body(request, "callback")
        job = self._orders.find(owner, body["jobId"])
        if job is None:
            raise RefusedError("Invalid_Argument", "no such job")
        if not job.callback:
            raise RefusedError("Invalid_Argument", "the job has no callback address")
        shown = job_object(job, str(request.base_url))
        return {"jobId": job.id, "delivered": await self._fetcher.post_callback(job.callback, shown)}

    async def plant(self, request: Request) -> Response:
        """Make the cost list say something else of a job (0: leave it out), or name one that nobody ordered."""
        try:
            data = await request.json()
            fee, job_id = data["feeCost"], data.get("jobId") or secrets.token_hex(12)
        except (ValueError, TypeError, KeyError, AttributeError):
            fee, job_id = None, ""
        if not isinstance(fee, int) or isinstance(fee, bool) or fee < 0 or not isinstance(job_id, str):
            message = "feeCost is wanted, in fen, and perhaps a jobId"
            return JSONResponse({"code": 400, "message": message, "reason": "Invalid_Argument"}, 400)
        job = self._store.get(job_id)
        owner = job.owner if job else request.headers.get("x-youchuan-app", "").strip()
        cost = Cost(job_id, fee, job.created if job else time.time())
        self._planted.plant(owner, cost)
        return JSONResponse(cost_object(cost.job_id, cost.fee, cost.at))


def _shown(seconds: float) -> datetime:
    """The time as `moment()` shows it, rounded in the same way."""
    return datetime.fromtimestamp(seconds, UTC)
