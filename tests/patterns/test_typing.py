"""What two type checkers, mypy and pyright, say of programs that use the pools."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TEN_LINES = """
from patterns import basic, dynamic, error_handling, generic, heartbeat, rate_limited, reusable

def encode(text: str) -> bytes:
    return text.encode()

def encode_and_beat(text: str, beat: heartbeat.Beat) -> bytes:
    beat()
    return text.encode()

values: list[bytes] = []
for run in (basic.run, reusable.run, generic.run, error_handling.run):
    values += run(["a", "b"], encode, workers=2, buffer=0, timeout=60).values
values += rate_limited.run(["a", "b"], encode, rate=100.0, burst=2, limiter="bucket").values
values += dynamic.run(["a", "b"], encode, min_workers=1, max_workers=2).values
values += heartbeat.run(["a", "b"], encode_and_beat, interval=1.0, missed=2).values
assert sorted(values) == [b"a"] * 7 + [b"b"] * 7
"""

# Behind each line, what both checkers say of it; nothing: no complaint.
PROGRAM = """
from patterns import basic, heartbeat
from patterns.concurrency import Context, Failed, Result, Succeeded, Ticker
from patterns.dynamic import DynamicPool
from patterns.error_handling import CarefulPool
from patterns.generic import Pool
from patterns.heartbeat import Beat, HeartbeatPool
from patterns.rate_limited import RateLimitedPool
from patterns.reusable import WorkerPool, serve, submit

def words(text: str) -> list[str]:
    return text.split()

def shout(text: str) -> None:
    print(text.upper())

def watched(text: str, beat: Beat) -> bytes:
    return text.encode()

report = basic.run(["a b"], words)
reveal_type(report)  # Report[str, list[str]]
reveal_type(report.values)  # list[list[str]]
reveal_type(report.failed)  # list[str]
reveal_type(report.counts.balanced)  # bool
for result in report.results:
    if isinstance(result, Succeeded):
        reveal_type(result.value)  # list[str]
    else:
        reveal_type(result)  # Failed[str]
        reveal_type(result.error)  # BaseException
    if result.error is None:
        reveal_type(result)  # Succeeded[str, list[str]]
        reveal_type(result.value)  # list[str]

def seen(result: Result[str, list[str]]) -> None:
    match result:
        case Failed(_, error):
            reveal_type(error)  # BaseException
        case Succeeded(_, value):
            reveal_type(value)  # list[str]

basic.run(["a b"], words, on_result=seen)
basic.run([1, 2], words)  # error
basic.run(["a b"], words, 3)  # error
basic.run(["a b"], words, workers="3")  # error

splitting = Pool(words, workers=3)
reveal_type(splitting)  # Pool[str, list[str]]
reveal_type(splitting.values())  # Iterator[list[str]]
reveal_type(Pool(shout).values())  # Iterator[None]
with splitting.start(Context(timeout=1)) as started:
    reveal_type(started)  # Pool[str, list[str]]
    started.submit(42)  # error
submit(["a", "b"], splitting)
submit([1, 2], splitting)  # error
submit(splitting.values(), Pool(len))
submit(splitting.values(), Pool(words))  # error
Pool(5)  # error
wrong: Pool[str, int] = Pool(words)  # error

reveal_type(WorkerPool(words, buffer=0))  # WorkerPool[str, list[str]]
reveal_type(CarefulPool(words))  # CarefulPool[str, list[str]]
reveal_type(DynamicPool(words, max_workers=3))  # DynamicPool[str, list[str]]
reveal_type(RateLimitedPool(words, scope="per worker"))  # RateLimitedPool[str, list[str]]
reveal_type(HeartbeatPool(watched))  # HeartbeatPool[str, bytes]
reveal_type(serve(HeartbeatPool(watched), ["a"]))  # Report[str, bytes]
reveal_type(heartbeat.demo())  # Report[int, int]
RateLimitedPool(words, limiter="hourglass")  # error
heartbeat.run(["a"], words)  # error
Ticker("x", 3, 4)  # error
"""


def checked_by_mypy(file):
    """Return what mypy says, by line: its errors, and the types it reveals."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--no-error-summary", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    said = {}
    for line in done.stdout.splitlines():
        _, number, message = line.split(":", 2)
        said.setdefault(int(number), []).append(message.strip())
    return said


def checked_by_pyright(file):
    """Return what pyright says, by line: its errors, and the types it reveals."""
    config = file.parent / "pyrightconfig.json"
    config.write_text(json.dumps({"typeCheckingMode": "strict", "extraPaths": [str(ROOT)]}))
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "-p", config, file],
        cwd=file.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    said = {}
    for message in json.loads(done.stdout)["generalDiagnostics"]:
        if message["severity"] in ("error", "information"):
            line = message["range"]["start"]["line"] + 1
            said.setdefault(line, []).append(f"{message['severity']}: {message['message']}")
    return said


CHECKERS = {"mypy": checked_by_mypy, "pyright": checked_by_pyright}
every_checker = pytest.mark.parametrize("checker", CHECKERS)


@every_checker
def test_ten_lines_that_use_all_seven_pools_pass(checker, tmp_path):
    file = tmp_path / "ten_lines.py"
    file.write_text(TEN_LINES)
    assert CHECKERS[checker](file) == {}


def test_ten_lines_that_use_all_seven_pools_run(tmp_path):
    file = tmp_path / "ten_lines.py"
    file.write_text(TEN_LINES)
    subprocess.run([sys.executable, file], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)


def revealed(message):
    """Return the type that a checker reveals, without the modules of its names; None: an error."""
    found = re.search(r'(?:Revealed type is|Type of ".*" is) "(.*)"', message)
    return found and re.sub(r"\b(?:\w+\.)+(?=\w)", "", found[1])


@every_checker
def test_the_checkers_say_of_each_line_what_stands_behind_it(checker, tmp_path):
    file = tmp_path / "program.py"
    file.write_text(PROGRAM)
    said = CHECKERS[checker](file)
    for number, line in enumerate(PROGRAM.splitlines(), start=1):
        expected = line.partition("  # ")[2]
        messages = said.get(number, [])
        types = [revealed(message) for message in messages]
        if expected == "error":
            assert None in types, f"{checker} does not mind: {line}"
        else:
            assert types == [expected] * bool(expected), (line, messages)
