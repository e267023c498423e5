"""The capstone of a bulk importer: a long stream of records is stored in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lab.model.run import Run
from lab.teaching.demands import demand_several
from lab.teaching.expect import NEARLY, expect_elapsed, expect_same
from lab.teaching.grading import NotYet
from lab.teaching.problem import Task
from lab.teaching.trying import Demand, Trial, ends
from lab.teaching.wording import kind, listed, plural
from patterns.concurrency import Cancelled, now, sleep

__all__ = ["deadline", "importer"]

Record = dict[str, int]


class Unfit(Exception):
    """An error of no type that an answer could know."""


@dataclass(frozen=True)
class Load:
    """Records, and how they are to be stored.

    Attributes:
        name: what a sentence about it begins with.
        records: how many there are; None: without end.
        size: records of a batch.
        workers: batches that may be stored at a time.
        limit: records that may have been read and not be settled.
        seconds: that it takes; None: that depends on how failed batches are stored.
        at_once: batches that can be stored at a time.
        reading: seconds until the next record comes.
        storing: seconds that it takes to store a batch.
        stops: records after which the source is silent for 1000 s.
        bad: numbers of records that cannot be stored.
        until: seconds after which no batch is begun; None: there is no deadline.
        statements: whether it is run statement by statement.
    """

    name: str
    records: int | None
    size: int
    workers: int
    limit: int
    seconds: float | None
    at_once: int
    reading: float = 0.0
    storing: float = 2.0
    stops: int | None = None
    bad: frozenset[int] = frozenset()
    until: float | None = None
    statements: bool = False


@dataclass
class Import:
    """What was seen of an import.

    Attributes:
        value: what the importer returned.
        read: when a record was read (virtual seconds), and which.
        begun: when a batch was begun to be stored, and its records.
        stored: the records that were stored.
        refused: the bad records that were handed in alone.
        cut: batches that were cut short while they were stored.
        busy: batches that are being stored now.
        peak: the most at a time.
        ahead: the most records that had been read and were not settled.
    """

    value: Any = None
    read: list[tuple[float, Record]] = field(default_factory=list)
    begun: list[tuple[float, Sequence[Record]]] = field(default_factory=list)
    stored: list[Record] = field(default_factory=list)
    refused: list[Record] = field(default_factory=list)
    cut: list[Sequence[Record]] = field(default_factory=list)
    busy: int = 0
    peak: int = 0
    ahead: int = 0


def _imported(importing: Any, load: Load, *more: Any) -> Import:
    seen = Import()

    def source() -> Iterator[Record]:
        for number in count(1) if load.records is None else range(1, load.records + 1):
            sleep(1000 if number - 1 == load.stops else load.reading)
            record = {"number": number}
            seen.read.append((now(), record))
            seen.ahead = max(seen.ahead, len(seen.read) - len(seen.stored) - len(seen.refused))
            yield record

    def store(batch: Sequence[Record]) -> None:
        if not isinstance(batch, list | tuple):
            raise NotYet(f"it gives {kind(batch)} to store, not a list of records")
        records = [*batch]
        seen.begun.append((now(), records))
        seen.busy += 1
        seen.peak = max(seen.peak, seen.busy)
        try:
            sleep(load.storing)
        except Cancelled:
            seen.cut.append(records)
            raise
        finally:
            seen.busy -= 1
        for record in records:
            if record["number"] in load.bad:
                seen.refused += records if len(records) == 1 else []
                error = Unfit if record["number"] % 2 else ValueError
                raise error(f"record {record['number']} cannot be stored")
        seen.stored += records

    seen.value = importing(source(), store, load.size, load.workers, *more)
    return seen


def _at_the_same_time(run: Run[Import], load: Load) -> None:
    demand_several(run.value.peak, load.at_once, "stores", "batch", "stored")


def _all_stored(run: Run[Import], load: Load) -> None:
    _expect_stored(run.value.stored, [record for _, record in run.value.read])
    if load.records is not None and len(run.value.read) < load.records:
        raise NotYet(f"it reads {len(run.value.read)} of {load.records} records")


def _expect_stored(stored: list[Record], expected: list[Record]) -> None:
    for record in expected:
        times = stored.count(record)
        if times != 1:
            how_often = f"{times} times" if times else "never"
            raise NotYet(f"it stores record {record['number']} {how_often}")


def _bounded(run: Run[Import], load: Load) -> None:
    if run.value.ahead > load.limit:
        raise NotYet(
            f"it has read {plural(run.value.ahead, 'record')} that are not stored yet, and "
            f"{load.limit} {'is' if load.limit == 1 else 'are'} allowed"
        )


def _full_batches(run: Run[Import], load: Load) -> None:
    sizes = [len(batch) for _, batch in run.value.begun]
    if 0 in sizes:
        raise NotYet("it stores a batch without records")
    if max(sizes, default=0) > load.size:
        raise NotYet(f"it stores a batch of {max(sizes)} records, and {load.size} are a batch")
    small = [size for size in sizes if size < load.size]
    if len(small) > 1:
        raise NotYet(
            f"it stores {len(small)} batches of fewer than {load.size} records, and only the last "
            "one may have fewer"
        )


def _within_workers(run: Run[Import], load: Load) -> None:
    if run.value.peak > load.workers:
        may = "is allowed" if load.workers == 1 else "are allowed"
        raise NotYet(f"it stores {run.value.peak} batches at a time, and {load.workers} {may}")


def _says_how_many(run: Run[Import], load: Load) -> None:
    _expect_number(run.value.value, len(run.value.stored))


def _expect_number(said: Any, stored: int) -> None:
    if isinstance(said, bool) or not isinstance(said, int):
        raise NotYet(f"it returned {kind(said)}, not the number of records stored")
    if said != stored:
        raise NotYet(f"it says that {said} records were stored, and {stored} were")


def _no_longer(run: Run[Import], load: Load) -> None:
    if load.seconds is not None:
        expect_elapsed(run, load.seconds)


def _load_of(load: Load) -> Trial:
    return Trial(
        load.name,
        lambda importing: _imported(importing, load, load.limit),
        load,
        schedules=40 if load.statements else 8,
        statements=load.statements,
    )


def _loads() -> list[Trial]:
    loads = [
        Load("with 12 records in batches of 2 and 3 workers", 12, 2, 3, 6, 4, 3),
        Load("with 7 records in batches of 3", 7, 3, 2, 9, 4, 2),
        Load("with no records", 0, 2, 2, 6, 0, 0),
        Load("with 60 records in batches of 5", 60, 5, 2, 17, 12, 2),
        Load("with records that come every 0.5 s", 8, 2, 2, 4, 7, 2, 0.5),
        Load("with records that come every 0.5 s and room for 8", 8, 2, 2, 8, 6, 2, 0.5),
        Load("with 5 workers and room for 4 records", 8, 2, 5, 4, 4, 2),
        Load("with 1 worker and room for 1 record", 3, 1, 1, 1, 6, 1),
        Load("with 6 records and 3 workers", 6, 1, 3, 3, 4, 3, statements=True),
    ]
    return [*map(_load_of, loads)]


importer = Task(
    "capstones/importer",
    kind="build",
    title="A bulk importer",
    minutes=30,
    goal="You can put a stream through a pool in batches, in a memory that does not grow.",
    text=(
        "A database takes records best in batches. Write "
        "`import_all(records, store, size, workers, ahead)`, which stores all records and returns "
        "how many these were.\n\n"
        "`records` is an iterator: each record is read when you ask for the next one, which may "
        "take a while, and there may be more of them than the memory holds. Only one task at a "
        "time may ask. `store(batch)` stores a list of records, and takes a while, too.\n\n"
        "- Each record is stored once. Each batch has `size` records, and only the last one may "
        "have fewer; none is empty.\n"
        "- At most `workers` batches are stored at a time.\n"
        "- At no time more than `ahead` records have been read and are not stored yet: those in "
        "somebody's hands, and in a batch that is being stored, included. `ahead` is at least "
        "`size`, and perhaps less than the workers could use.\n"
        "- Within this limit it reads on while batches are stored, and takes no longer than it "
        "must. But it may wait with a batch until there is room for all of it.\n\n"
        "What is here stores one batch after the other."
    ),
    answer="import_all",
    parameters="records, store, size, workers, ahead",
    trials=_loads,
    demands=[
        ends(1),
        Demand("batches are stored at the same time", 1, _at_the_same_time, needed=True),
        Demand("every record is stored, once", 2, _all_stored, needed=True),
        Demand("no more than `ahead` records are read and not stored", 3, _bounded),
        Demand("each batch but the last one has `size` records", 2, _full_batches),
        Demand("no more batches than `workers` are stored at a time", 1, _within_workers),
        Demand("it returns how many were stored", 1, _says_how_many),
        Demand("it reads on meanwhile, and takes no longer than it must", 2, _no_longer),
    ],
    praise="every record was stored once, and never more were read ahead than may be",
    hints=[
        "One task reads and makes batches (`list(islice(records, size))` takes the next few), the "
        "workers store them. What keeps the reader from reading everything at once?",
        "The buffer of a channel is not all: a batch is also in the hands of the reader, and of "
        "each worker. Count permits instead: one for each batch that may exist.",
        "A `Channel(ahead // size)` holds the permits: send something to it *before* you read a "
        "batch, receive it when the batch is *stored*.",
        "The count: two workers must not add to a plain variable. Let each append to a list, and "
        "add up at the end.",
    ],
)


# The same, where records may be bad, and time is short.


def _parts(run: Run[Import]) -> tuple[Any, Any, Any]:
    value = run.value.value
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise NotYet(
            f"it returned {kind(value)}, not three things: the number of records stored, a list "
            "of those rejected, and a list of those left"
        )
    stored, rejected, left = value
    return stored, rejected, left


def _tried(run: Run[Import]) -> list[Record]:
    """Return the records that were handed to `store`, alone or with others, each once."""
    tried: list[Record] = []
    for _, batch in run.value.begun:
        tried += [record for record in batch if record not in tried]
    return tried


def _good_ones_stored(run: Run[Import], load: Load) -> None:
    cut = [record for batch in run.value.cut for record in batch]
    good = [r for r in _tried(run) if r["number"] not in load.bad and r not in cut]
    _expect_stored(run.value.stored, good)
    if load.until is None or (load.records is not None and load.until >= 60):
        _all_read(run, load)


def _all_read(run: Run[Import], load: Load) -> None:
    tried = len(_tried(run))
    if load.records is not None and tried < load.records:
        raise NotYet(f"it stores {tried} of {load.records} records, and there is time for all")


def _bad_ones_rejected(run: Run[Import], load: Load) -> None:
    _, rejected, _ = _parts(run)
    bad = [record for record in _tried(run) if record["number"] in load.bad]
    expect_same(rejected, bad, "records rejected")


def _says_what_is_left(run: Run[Import], load: Load) -> None:
    _, _, left = _parts(run)
    tried = _tried(run)
    expect_same(left, [r for _, r in run.value.read if r not in tried], "records left")


def _says_how_many_in_time(run: Run[Import], load: Load) -> None:
    _expect_number(_parts(run)[0], len(run.value.stored))


def _nothing_begun_late(run: Run[Import], load: Load) -> None:
    assert load.until is not None
    begun: list[Record] = []
    for time, batch in run.value.begun:
        new = [record["number"] for record in batch if record not in begun]
        if new and time > load.until + NEARLY:
            raise NotYet(
                f"it begins a batch with {listed(new)} at {time:g} s, and the deadline is at "
                f"{load.until:g} s"
            )
        begun += batch
    for time, record in run.value.read:
        if time > load.until + NEARLY:
            raise NotYet(
                f"it reads record {record['number']} at {time:g} s, and the deadline is at "
                f"{load.until:g} s"
            )


def _nothing_cut(run: Run[Import], load: Load) -> None:
    if run.value.cut:
        raise NotYet(
            f"it cuts short the batch with {listed([r['number'] for r in run.value.cut[0]])}, "
            "which should be brought to its end"
        )


def _one_batch_ahead(run: Run[Import], load: Load) -> None:
    if run.value.ahead > load.limit:
        raise NotYet(
            f"it has read {run.value.ahead} records that are neither stored nor rejected, and "
            f"{load.limit} are enough: a batch for each worker, and the next one"
        )


def _timed_load_of(load: Load) -> Trial:
    return Trial(
        load.name,
        lambda importing: _imported(importing, load, load.until),
        load,
        schedules=40 if load.statements else 8,
        statements=load.statements,
    )


def _timed_loads() -> list[Trial]:
    some_bad, all_bad = frozenset([3, 9]), frozenset(range(1, 99))
    loads = [
        Load("with 5 records in batches of 2", 5, 2, 2, 6, 4, 2, until=60),
        Load("with records 3 and 9 bad", 10, 3, 2, 9, None, 2, bad=some_bad, until=60),
        Load("with endless records and 5 s", None, 2, 2, 6, 6, 2, until=5),
        Load("with a record each second and 7.5 s", None, 3, 2, 9, 8, 1, reading=1, until=7.5),
        Load("with a source that falls silent", None, 2, 2, 6, 5, 2, stops=5, until=5),
        Load("with a batch that fails as time is up", None, 2, 1, 4, 8, 1, bad=some_bad, until=3),
        Load("with no records", 0, 2, 2, 6, 0, 0, until=60),
        Load("with bad records only", 4, 2, 2, 6, 6, 2, bad=all_bad, until=60),
        Load(
            "with 6 records and 3 workers",
            *(6, 2, 3, 8, 6, 3),
            bad=frozenset([1, 3, 5]),
            until=60,
            statements=True,
        ),
    ]
    return [*map(_timed_load_of, loads)]


deadline = Task(
    "capstones/deadline",
    kind="extend",
    title="A bulk importer that is done in time",
    minutes=30,
    goal="You can end a stream at a deadline, finish what was begun, and account for the rest.",
    text=(
        "Some records cannot be stored, and the night is short. Write "
        "`import_until(records, store, size, workers, seconds)`. As before, `records` is an "
        "iterator, perhaps without end, and batches have `size` records. `store(batch)` raises an "
        "exception if there is a bad record in it, and has then stored none of them. It returns "
        "three things: how many records were stored, a list of those that were rejected, and a "
        "list of those that were read, but not begun to be stored.\n\n"
        "- The good records of a batch that failed are stored all the same, each once; the bad "
        "ones are rejected. Try them one by one.\n"
        "- `seconds` after the call no record is read any more and no batch begun. Somebody who is "
        "waiting for the next record then waits no longer (cancelling wakes whoever waits).\n"
        "- A batch that is being stored at that moment is brought to its end, one by one as well "
        "if need be. Then it ends. If all is stored before, it ends then.\n"
        "- Every record that was read is accounted for: stored, rejected or left.\n"
        "- At most `workers` batches are stored at a time, and one more batch is read ahead: that "
        "is all.\n\n"
        "What is here knows of no deadline, and rejects whole batches."
    ),
    answer="import_until",
    parameters="records, store, size, workers, seconds",
    trials=_timed_loads,
    demands=[
        ends(1),
        Demand("batches are stored at the same time", 1, _at_the_same_time, needed=True),
        Demand("the good records of all batches are stored, once", 3, _good_ones_stored, True),
        Demand("the bad records are rejected, and only they", 2, _bad_ones_rejected),
        Demand("nothing is read or begun after the deadline", 3, _nothing_begun_late),
        Demand("what is being stored then is brought to its end", 2, _nothing_cut),
        Demand("it returns how many were stored", 1, _says_how_many_in_time),
        Demand("it returns what was read and not begun", 2, _says_what_is_left),
        Demand("no more than a batch is read ahead", 1, _one_batch_ahead),
        Demand("no more batches than `workers` are stored at a time", 1, _within_workers),
        Demand("it ends with the last batch, or at the deadline, and not before", 1, _no_longer),
    ],
    praise="it ended in time, finished what was begun, and every record is accounted for",
    hints=[
        "A batch that fails: a function that stores a list, and if that raises calls itself with "
        "each record alone, is short. What does it do with a list of one?",
        "Only the reader must hear the deadline, not the workers: so it needs a group of its own. "
        "The block of `with TaskGroup(Context(timeout=seconds)):` hears it wherever it waits, "
        "inside `records` too. `Cancelled` comes out of the block.",
        "What is left is what the reader has in its hands: keep the batch that it is making in a "
        "variable outside, and begin a new one only after the old one was sent. A send that ends "
        "with Cancelled has sent nothing.",
        "With a channel of capacity 0, nothing is ever between the reader and the workers: what "
        "was sent is begun. Close it after the reader's block, inside the workers' one.",
    ],
)
