"""A server that refuses calls for a while, and says for how long."""

from __future__ import annotations

from collections.abc import Sequence

from patterns.concurrency import now, sleep

__all__ = ["Refused", "Server", "answer_to"]


class Refused(Exception):
    """The server takes no calls for so many `seconds`, as "429 Too Many Requests" says."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"429 Too Many Requests, try again in {seconds:g} s")
        self.seconds = seconds


class Server:
    """Answers a call after a while, or refuses it at once.

    Args:
        closed: spells (from, until) in which calls are refused, in seconds; each call that begins
            in one, but not at its end.
        seconds: that each answer takes, >= 0, in the order of the calls; all later ones take as
            long as the last of these.

    Attributes:
        refused: the spells in which calls were refused: when the call came, and until when there
            should be no other.
    """

    def __init__(self, closed: Sequence[tuple[float, float]], seconds: Sequence[float]) -> None:
        self._closed = closed
        self._seconds = seconds
        self._answers = 0
        self.refused: list[tuple[float, float]] = []

    def __call__(self, job: object) -> object:
        """Return an answer, or raise Refused."""
        came = now()
        for begin, end in self._closed:
            if begin <= came < end - 1e-6:
                self.refused.append((came, end))
                raise Refused(end - came)
        self._answers += 1
        sleep(self._seconds[min(self._answers, len(self._seconds)) - 1])
        return answer_to(job)


def answer_to(job: object) -> object:
    """Return what a server answers: nothing to no question, and else a text."""
    return job if job in (None, "") else f"answer to {job}"
