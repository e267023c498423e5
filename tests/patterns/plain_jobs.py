"""What the processes of plain pools are to do: a module that takes no time to import."""

import asyncio
import os
import sys
import time


def double(job):
    return job * 2


def length(job):
    return job.encode()


def exits_at_3(job):
    if job == 3:
        sys.exit("done with it")
    return job


def cancels_itself_at_3(job):
    if job == 3:
        raise asyncio.CancelledError("only me")
    return job


class TwoArgumentsError(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")


def raises_what_cannot_be_rebuilt_at_3(job):
    if job == 3:
        raise TwoArgumentsError(404, "gone")
    return job


def returns_what_cannot_be_sent_at_3(job):
    return (lambda: job) if job == 3 else job


def returns_what_cannot_be_rebuilt_at_3(job):
    return TwoArgumentsError(404, "gone") if job == 3 else job


def ends_its_process_at_3(job):
    if job == 3:
        os._exit(7)
    return job


class HangsWhenRebuilt:
    def __reduce__(self):
        return time.sleep, (600,)


class ExitsWhenSent:
    def __reduce__(self):
        sys.exit("not with me")


class ExitsWhenRebuilt:
    def __reduce__(self):
        return sys.exit, ("not with me",)


def makes_what_exits(job):
    return {"sent": ExitsWhenSent, "rebuilt": ExitsWhenRebuilt}[job]() if job else job


def slow(job):
    time.sleep(0.02)
    return job
