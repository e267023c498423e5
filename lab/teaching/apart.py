"""Ask for an answer in a copy of this process, which can be ended whatever its code does.

A loop in C hears no signal, memory without end takes the kernel along, and `os._exit` ends it. In a
copy all of these end only the copy; and whatever a check exchanges there (streams, signal handlers,
a timer), this process never sees. So Ctrl-C leaves nothing behind here either, at any moment.

On Linux all of that holds. On macOS memory is not limited: the system has no such limit. Where a
process cannot be copied (Windows, a browser) the answer is asked for in this process: then a loop
in C, memory without end and `os._exit` are not survived, and what is guarded against is what
`lab.teaching.guard` and `lab.teaching.ending` tell.
"""

from __future__ import annotations

import builtins
import gc
import math
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

from lab.exploring.processes import copy_process

if sys.platform != "win32" and sys.platform != "emscripten":
    import resource

__all__ = ["TOO_MUCH_MEMORY", "CopyEnded", "apart"]

MEMORY: Final = 2**29  # bytes that a copy may take in addition
TOO_MUCH_MEMORY: Final = (
    f"it takes more than {MEMORY // 2**20} MB of memory: does it keep something without end?"
)
_ANSWERED: Final = "="  # what a line begins with that is not for want of memory
_LOOK_EVERY: Final = 50  # milliseconds
_FOR_WANT_OF_MEMORY: Final = (6, 9)  # signals: SIGABRT of C code, SIGKILL of the system
_ROOM: Final = 2**26  # bytes, to say that the memory is used up


class CopyEnded(Exception):
    """The copy ended without an answer, and this sentence says how."""


def apart(answer: Callable[[], str], seconds: float) -> str:
    """Return what `answer()` returns in a copy of this process; what it prints is not shown.

    Args:
        answer: called without arguments; nothing but its text comes back.
        seconds: of real time until the copy is ended, > 0.

    Raises CopyEnded if no text came back; OSError if the process could not be copied.
    """
    child: _Child | None = None
    with _CtrlC() as ctrl_c:
        reading, writing = os.pipe()
        try:
            child = _Child(copy_process())
            if child.id == 0:
                _answer_and_exit(answer, writing, seconds)
            os.close(writing)
            writing = -1
            return _received(reading, seconds, child, ctrl_c)
        finally:
            if child is not None and child.id == 0:
                os._exit(1)
            for pipe in {reading, writing} - {-1}:
                os.close(pipe)
            if child is not None:
                child.end()


class _CtrlC:
    """While entered, notes Ctrl-C, if there is a handler of this thread; then hands it on.

    So nothing is cut off half-way: at a fork, Python itself would swallow the KeyboardInterrupt.

    Attributes:
        pressed: whether it has come.
    """

    def __init__(self) -> None:
        self.pressed = False
        self._handler = signal.getsignal(signal.SIGINT)
        self._is_ours = False

    def __enter__(self) -> _CtrlC:
        if callable(self._handler) and threading.current_thread() is threading.main_thread():
            self._is_ours = True
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._is_ours:
            signal.signal(signal.SIGINT, self._handler)
        if self.pressed and callable(self._handler):
            self._handler(signal.SIGINT, None)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.pressed = True


class _Child:
    """A copy of this process.

    Attributes:
        id: its number; 0 in itself.
    """

    def __init__(self, number: int) -> None:
        self.id = number
        self._status: int | None = None

    def way_out(self) -> str:
        """Say how it ended; "" if it has not."""
        if self._status is None:
            ended, status = os.waitpid(self.id, os.WNOHANG)
            if not ended:
                return ""
            self._status = status
        if os.WIFSIGNALED(self._status):
            number = os.WTERMSIG(self._status)
            why = ": does it take all the memory?" if number in _FOR_WANT_OF_MEMORY else ""
            return f"it brings the whole process down ({signal.strsignal(number) or number}){why}"
        return "it ends the whole process, as os._exit does"

    def end(self) -> None:
        """End it, and all that it has started."""
        for kill in (os.killpg, os.kill):
            if kill is os.killpg or self._status is None:
                with suppress(ProcessLookupError, PermissionError):
                    kill(self.id, signal.SIGKILL)
        if self._status is None:
            os.waitpid(self.id, 0)


def _received(reading: int, seconds: float, child: _Child, ctrl_c: _CtrlC) -> str:
    """Return the line that comes out of the pipe; what it is, if Ctrl-C comes, is of no interest.

    Raises CopyEnded.
    """
    until = time.monotonic() + seconds
    poll, received, is_open = select.poll(), b"", True
    poll.register(reading, select.POLLIN)
    while not (received.endswith(b"\n") or ctrl_c.pressed):
        if time.monotonic() >= until:
            raise CopyEnded(
                f"it is not done after {seconds:g} s: it loops for ever, does far too much, or the "
                "computer is busy"
            )
        if not is_open:
            if way_out := child.way_out():
                raise CopyEnded(way_out)
            time.sleep(_LOOK_EVERY / 10_000)
        elif poll.poll(_LOOK_EVERY):
            part = os.read(reading, 2**16)
            is_open = part != b""
            received += part
    text = received.decode("utf-8", "surrogatepass").removesuffix("\n")
    if not text and not ctrl_c.pressed:
        raise CopyEnded(TOO_MUCH_MEMORY)
    return text.removeprefix(_ANSWERED)


# In the copy.


def _answer_and_exit(answer: Callable[[], str], writing: int, seconds: float) -> NoReturn:
    try:
        me = os.getpid()
        _alone(seconds)
        try:
            text = _ANSWERED + answer()
        except MemoryError:
            text = ""
        if os.getpid() == me:  # and not another copy, which the answer has made
            _more_room()
            _send(writing, text)
    finally:
        os._exit(1)


def _send(writing: int, text: str) -> None:
    left = text.encode("utf-8", "surrogatepass").replace(b"\n", b" ") + b"\n"
    while left:
        left = left[os.write(writing, left) :]


def _alone(seconds: float) -> None:
    """Take what the copy shares with this process from it, and limit the rest."""
    os.setpgid(0, 0)  # so that Ctrl-C does not reach it, and all that it starts ends with it
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115  (until the copy ends)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    builtins.input = _nobody_to_ask  # a notebook's would ask through its kernel
    gc.freeze()  # what was there before need not be looked at, and so not copied
    longest = math.ceil(seconds) + 1
    _limit(resource.RLIMIT_CPU, longest)  # if this process is gone, too
    with suppress(OSError):  # elsewhere than on Linux
        with open("/proc/self/statm", encoding="ascii") as sizes:
            size = int(sizes.read().split()[0]) * resource.getpagesize()
        _limit(resource.RLIMIT_AS, size + MEMORY)


def _nobody_to_ask(prompt: object = "", /) -> str:
    raise EOFError("there is nobody to ask")


def _limit(what: int, most: int) -> None:
    soft, hard = resource.getrlimit(what)
    if soft == resource.RLIM_INFINITY or soft > most:
        resource.setrlimit(what, (most, hard))


def _more_room() -> None:
    """Let the copy say what it has to say, if its memory is used up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        most = soft + _ROOM
        resource.setrlimit(
            resource.RLIMIT_AS,
            (most if hard == resource.RLIM_INFINITY else min(most, hard), hard),
        )
