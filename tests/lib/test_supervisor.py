"""The supervisor over real processes: restarts, order, and that nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]

STEADY = "signal.signal(signal.SIGTERM, bye); note('started'); signal.pause()"
STUBBORN = "signal.signal(signal.SIGTERM, signal.SIG_IGN); note('started')\nwhile True: time.sleep(1)"
PARENT = (
    "signal.signal(signal.SIGTERM, bye)\n"
    "if os.fork() == 0:\n signal.signal(signal.SIGTERM, signal.SIG_IGN); note('grandchild'); time.sleep(600)\n"
    "note('started'); signal.pause(); time.sleep(600)"
)


def eventually(condition: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


class House:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def start(self, **children: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.lib.family", str(self.folder)]
        command += [f"{name}:{spec}" for name, spec in children.items()]
        self.process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
        return self.process

    def notes(self) -> list[tuple[str, str, int]]:
        file = self.folder / "notes"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(name, word, int(pid)) for name, word, pid in (line.split() for line in lines)]

    def pids(self, name: str, word: str = "started") -> list[int]:
        return [pid for who, what, pid in self.notes() if (who, what) == (name, word)]

    def order(self, word: str) -> list[str]:
        return [who for who, what, _ in self.notes() if what == word]

    def finish(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(number)
        said = self.process.communicate(timeout=20)[1]
        return self.process.returncode, said

    def alive(self) -> list[int]:
        return [pid for _, _, pid in self.notes() if _is_alive(pid)]


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    if house.process is not None and house.process.poll() is None:
        house.process.kill()
        house.process.wait()
    for pid in house.alive():
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everyone_by_rank_and_ends_well(house: House, number: int):
    house.start(sandbox=f"2:4::{STEADY}", web=f"0:4::{STEADY}", workers=f"1:4::{STEADY}")
    eventually(lambda: len(house.order("started")) == 3)

    code, _said = house.finish(number)

    assert code == 0
    assert house.order("stopped") == ["web", "workers", "sandbox"]
    assert house.alive() == []


def test_a_child_that_dies_is_started_again_and_said_so(house: House):
    house.start(web=f"0:4::{STEADY}", workers=f"0:4::{STEADY}")
    eventually(lambda: house.pids("workers") and house.pids("web"))

    os.kill(house.pids("workers")[0], signal.SIGKILL)
    eventually(lambda: len(house.pids("workers")) == 2)
    _code, said = house.finish()

    assert "workers ended (killed by SIGKILL); starting it again in 0.5 s." in said
    assert len(house.pids("web")) == 1


def test_restarts_slow_down(house: House):
    house.start(web="0:4::note('started'); print('no luck', flush=True); sys.exit(3)")
    eventually(lambda: len(house.pids("web")) == 3)
    _code, said = house.finish()

    assert "web ended (exit code 3); starting it again in 0.5 s." in said
    assert "web ended (exit code 3); starting it again in 1 s." in said
    assert said.count("web    | no luck") == 3


def test_the_family_of_a_dead_child_goes_with_it(house: House):
    house.start(workers=f"0:4::{PARENT}")
    eventually(lambda: house.pids("workers", "grandchild") and house.pids("workers"))

    os.kill(house.pids("workers")[0], signal.SIGKILL)

    eventually(lambda: not _is_alive(house.pids("workers", "grandchild")[0]))


def test_who_does_not_stop_is_stopped(house: House):
    house.start(web=f"0:0.3::{STUBBORN}", workers=f"1:0.3::{PARENT}")
    eventually(lambda: house.pids("web") and house.pids("workers", "grandchild"))

    code, _said = house.finish()

    assert code == 0
    assert house.alive() == []


def test_a_second_ctrl_c_waits_for_nobody(house: House):
    process = house.start(web=f"0:60::{STUBBORN}")
    eventually(lambda: house.pids("web"))
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)

    assert house.finish(signal.SIGINT)[0] == 0
    assert house.alive() == []


def test_nobody_outlives_a_killed_supervisor(house: House):
    process = house.start(web=f"0:4::{STUBBORN}", workers=f"1:4::{PARENT}", sandbox=f"2:4::{STEADY}")
    eventually(lambda: len(house.notes()) == 4)

    process.kill()
    process.wait()

    eventually(lambda: not house.alive())


def test_a_silent_child_is_killed_and_started_again(house: House):
    house.start(workers=f"0:0.5:0.6:{STUBBORN}")
    eventually(lambda: len(house.pids("workers")) >= 2)
    _code, said = house.finish()

    assert "workers gave no sign of life for 0.6 s; starting it again." in said
    assert not _is_alive(house.pids("workers")[0])


def test_a_beating_child_is_left_alone(house: House):
    beat = "note('started')\nwhile True: (Path({!r}) / 'workers.beat').touch(); time.sleep(0.05)"
    house.start(workers=f"0:1:0.6:{beat.format(str(house.folder))}")
    eventually(lambda: house.pids("workers"))
    time.sleep(1.5)
    house.finish()

    assert len(house.pids("workers")) == 1


def test_a_command_that_does_not_exist_is_said(tmp_path: Path):
    code = "from studio.lib.supervisor import Child, Supervisor\nSupervisor([Child('web', ['/nowhere/at/all'])]).run()"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "web can't be started (No such file or directory)" in process.stderr.readline()
    process.terminate()
    assert process.wait(timeout=10) == 0
