"""Answers to the capstone of a bulk importer."""

import math
from contextlib import suppress
from itertools import islice

from lab.teaching.exercises.importing import deadline, importer
from patterns.concurrency import AtomicInt, Cancelled, Channel, Context, TaskGroup, sleep


def with_permits(
    name,
    *,
    permits_for=lambda ahead, size, workers: ahead // size,
    workers_for=lambda workers: workers,
    reads_first=False,
    frees_first=False,
    size_for=lambda size: size,
    says=sum,
    last=True,
):
    """Return an importer that counts permits, right as it is."""

    def import_all(records, store, size, workers, ahead):
        permits = Channel(permits_for(ahead, size, workers))
        batches, stored = Channel(math.inf), []

        def worker():
            for batch in batches:
                if frees_first:
                    permits.receive()
                store(batch)
                stored.append(len(batch))
                if not frees_first:
                    permits.receive()

        with TaskGroup() as group:
            for _ in range(workers_for(workers)):
                group.spawn(worker)
            while True:
                if not reads_first:
                    permits.send(None)
                batch = list(islice(records, size_for(size)))
                if not batch or (len(batch) < size and not last):
                    break
                if reads_first:
                    permits.send(None)
                batches.send(batch)
            batches.close()
        return says(stored)

    import_all.__name__ = name
    return import_all


permits = with_permits("permits")
reads_before_it_asks = with_permits("reads_before_it_asks", reads_first=True)
frees_as_it_begins = with_permits("frees_as_it_begins", frees_first=True)
no_limit = with_permits("no_limit", permits_for=lambda ahead, size, workers: math.inf)
a_permit_for_each_record = with_permits("records", permits_for=lambda ahead, size, workers: ahead)
only_as_many_as_workers = with_permits(
    "only_as_many_as_workers", permits_for=lambda ahead, size, workers: min(workers, ahead // size)
)
one_worker_more = with_permits("one_worker_more", workers_for=lambda workers: workers + 1)
one_worker = with_permits("one_worker", workers_for=lambda workers: 1)
forgets_the_last_batch = with_permits("forgets_the_last_batch", last=False)
record_by_record = with_permits("record_by_record", size_for=lambda size: 1)
larger_batches = with_permits("larger_batches", size_for=lambda size: size + 1)
counts_batches = with_permits("counts_batches", says=len)
returns_nothing = with_permits("returns_nothing", says=lambda stored: None)


def a_permit_for_each_single_record(records, store, size, workers, ahead):
    permits, batches, stored = Channel(ahead), Channel(ahead), AtomicInt()

    def worker():
        for batch in batches:
            store(tuple(batch))
            stored.add(len(batch))
            for _ in range(size):
                permits.receive()

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        batch = []
        while True:
            if not batch:
                for _ in range(size):
                    permits.send(None)
            record = next(records, None)
            if record is not None:
                batch.append(record)
            if len(batch) == size or (batch and record is None):
                batches.send(batch)
                batch = []
            if record is None:
                break
        batches.close()
    return stored.load()


def a_task_for_each_batch(records, store, size, workers, ahead):
    permits, slots, stored = Channel(ahead // size), Channel(workers), []

    def keep(batch):
        slots.send(None)
        store(batch)
        stored.extend(batch)
        slots.receive()
        permits.receive()

    with TaskGroup() as group:
        while permits.send(None) or (batch := list(islice(records, size))):
            group.spawn(keep, batch)
    return len(stored)


def one_after_the_other(records, store, size, workers, ahead):
    stored = 0
    while batch := list(islice(records, size)):
        store(batch)
        stored += len(batch)
    return stored


def workers_that_read_in_turn(records, store, size, workers, ahead):
    lock, stored = Channel(1), []

    def worker():
        while True:
            lock.send(None)
            batch = list(islice(records, size))
            lock.receive()
            if not batch:
                return
            store(batch)
            stored.extend(batch)

    with TaskGroup() as group:
        for _ in range(min(workers, ahead // size)):
            group.spawn(worker)
    return len(stored)


def workers_that_read_at_once(records, store, size, workers, ahead):
    stored = []

    def worker():
        while batch := list(islice(records, size)):
            store(batch)
            stored.extend(batch)

    with TaskGroup() as group:
        for _ in range(min(workers, ahead // size)):
            group.spawn(worker)
    return len(stored)


def in_rounds(records, store, size, workers, ahead):
    stored = 0
    while True:
        batches = []
        while len(batches) < min(workers, ahead // size):
            if not (batch := list(islice(records, size))):
                break
            batches.append(batch)
        with TaskGroup() as group:
            for batch in batches:
                group.spawn(store, batch)
        stored += sum(map(len, batches))
        if not batches:
            return stored


def only_a_buffer(records, store, size, workers, ahead):
    batches, stored = Channel(ahead // size), []

    def worker():
        for batch in batches:
            store(batch)
            stored.extend(batch)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        while batch := list(islice(records, size)):
            batches.send(batch)
        batches.close()
    return len(stored)


def everything_first(records, store, size, workers, ahead):
    everything = list(records)
    return only_a_buffer(iter(everything), store, size, workers, ahead)


def adds_up_in_a_plain_variable(records, store, size, workers, ahead):
    permits, batches = Channel(ahead // size), Channel(math.inf)
    stored = 0

    def worker():
        nonlocal stored
        for batch in batches:
            store(batch)
            stored = stored + len(batch)
            permits.receive()

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        permits.send(None)
        while batch := list(islice(records, size)):
            batches.send(batch)
            permits.send(None)
        batches.close()
    return stored


def never_closes(records, store, size, workers, ahead):
    permits, batches = Channel(ahead // size), Channel(math.inf)

    def worker():
        for batch in batches:
            store(batch)
            permits.receive()

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        permits.send(None)
        while batch := list(islice(records, size)):
            batches.send(batch)
            permits.send(None)


# With bad records and a deadline.


def one_by_one(store, records, stored, rejected):
    try:
        store(records)
        stored.extend(records)
    except Exception:
        if len(records) == 1:
            rejected.extend(records)
        else:
            for record in records:
                one_by_one(store, [record], stored, rejected)


def in_halves(store, records, stored, rejected):
    try:
        store(records)
        stored.extend(records)
    except Exception:
        middle = len(records) // 2
        if not middle:
            rejected.extend(records)
        else:
            in_halves(store, records[:middle], stored, rejected)
            in_halves(store, records[middle:], stored, rejected)


def rejects_the_batch(store, records, stored, rejected):
    try:
        store(records)
        stored.extend(records)
    except Exception:
        rejected.extend(records)


def drops_the_batch(store, records, stored, rejected):
    with suppress(Exception):
        store(records)
        stored.extend(records)


def lets_it_raise(store, records, stored, rejected):
    store(records)
    stored.extend(records)


def stores_the_good_again(store, records, stored, rejected):
    one_by_one(store, records, stored, rejected)
    if len(records) == 1:
        return
    for record in records:
        if record in rejected:
            rejects_the_batch(store, [record], stored, [])
        elif rejected:
            rejects_the_batch(store, [record], [], [])


def rejects_for_a_value_error(store, batch, stored, rejected):
    try:
        store(batch)
        stored += batch
    except ValueError:
        for record in batch:
            try:
                store([record])
                stored.append(record)
            except ValueError:
                rejected.append(record)


def ending(
    name,
    keep=one_by_one,
    *,
    hears="reader",
    buffer=0,
    leaves=lambda batch, batches: batch,
    workers_for=lambda workers: workers,
    time_for=lambda seconds: seconds,
    returns=lambda stored, rejected, left: (len(stored), rejected, left),
):
    """Return an importer with a deadline, right as it is."""

    def import_until(records, store, size, workers, seconds):
        batches, stored, rejected, batch = Channel(buffer), [], [], []
        limit = Context(timeout=time_for(seconds))

        def worker():
            for each in batches:
                keep(store, each, stored, rejected)

        with suppress(Cancelled), TaskGroup(limit if hears == "all" else None) as group:
            for _ in range(workers_for(workers)):
                group.spawn(worker)
            with suppress(Cancelled), TaskGroup(limit if hears == "reader" else None):
                for record in records:
                    if hears == "looks" and limit.cancelled:
                        batch.append(record)
                        break
                    batch.append(record)
                    if len(batch) == size:
                        batches.send(batch)
                        batch = []
                if batch and not limit.cancelled:
                    batches.send(batch)
                    batch = []
            left = leaves(batch, batches)
            batches.close()
        return returns(stored, rejected, left)

    import_until.__name__ = name
    return import_until


def what_is_left_in(batch, batches):
    """Take back what waits in the channel."""
    left = []
    while len(batches):
        left += batches.receive()
    return left + batch


ends_in_time = ending("ends_in_time")
by_halves = ending("by_halves", in_halves)
cancels_the_workers_too = ending("cancels_the_workers_too", hears="all")
looks_at_the_clock = ending("looks_at_the_clock", hears="looks")
knows_no_deadline = ending("knows_no_deadline", hears="nobody")
forgets_what_it_has_in_hand = ending("forgets_what_it_has", leaves=lambda batch, batches: [])
room_for_more = ending("room_for_more", buffer=3)
room_for_more_taken_back = ending("taken_back", buffer=3, leaves=what_is_left_in)
whole_batches = ending("whole_batches", rejects_the_batch)
loses_whole_batches = ending("loses_whole_batches", drops_the_batch)
fails_at_the_first = ending("fails_at_the_first", lets_it_raise)
knows_one_error = ending("knows_one_error", rejects_for_a_value_error)
stores_twice = ending("stores_twice", stores_the_good_again)
one_more_worker = ending("one_more_worker", workers_for=lambda workers: workers + 1)
too_early = ending("too_early", time_for=lambda seconds: seconds / 2)
too_late = ending("too_late", time_for=lambda seconds: seconds + 2)
returns_the_records = ending("returns_the_records", returns=lambda *three: three)
returns_two = ending("returns_two", returns=lambda stored, rejected, left: (len(stored), rejected))
adds_the_rejected = ending(
    "adds_the_rejected", returns=lambda s, rejected, left: (len(s + rejected), rejected, left)
)
hides_the_rejected = ending(
    "hides_the_rejected", returns=lambda stored, rejected, left: (len(stored), [], left)
)


def with_a_clock_of_its_own(records, store, size, workers, seconds):
    batches, stored, rejected, left = Channel(0), [], [], []

    def worker():
        for batch in batches:
            in_halves(store, batch, stored, rejected)

    def read():
        batch = left
        try:
            for record in records:
                batch.append(record)
                if len(batch) == size:
                    batches.send([*batch])
                    batch.clear()
            if batch:
                batches.send([*batch])
                batch.clear()
        finally:
            batches.close()
            over.cancel("all is read")

    def watch():
        over.sleep(seconds)
        reading.context.cancel("time is up")

    over = Context()
    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        with suppress(Cancelled), TaskGroup() as reading:
            reading.spawn(read)
            with suppress(Cancelled):
                watch()
    return [len(stored), rejected, left]


def all_one_after_the_other(records, store, size, workers, seconds):
    stored, rejected = [], []
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        while batch := list(islice(records, size)):
            one_by_one(store, batch, stored, rejected)
    return len(stored), rejected, []


def waits_for_the_deadline(records, store, size, workers, seconds):
    value = ends_in_time(records, store, size, workers, seconds)
    sleep(seconds)
    return value


def plain_counts(records, store, size, workers, seconds):
    batches, rejected, batch = Channel(0), [], []
    stored = 0

    def worker():
        nonlocal stored
        for each in batches:
            kept = []
            one_by_one(store, each, kept, rejected)
            stored = stored + len(kept)

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
            for record in records:
                batch.append(record)
                if len(batch) == size:
                    batches.send(batch)
                    batch = []
            if batch:
                batches.send(batch)
                batch = []
        batches.close()
    return stored, rejected, batch


RIGHT = {
    importer: [permits, a_permit_for_each_single_record, a_task_for_each_batch],
    deadline: [ends_in_time, by_halves, with_a_clock_of_its_own],
}

WRONG = {
    importer: [
        (one_after_the_other, "it stores one batch at a time, though 3 could be stored at once"),
        (one_worker, "it stores one batch at a time, though 3 could be stored at once"),
        (one_worker_more, "it stores 3 batches at a time, and 2 are allowed"),
        (reads_before_it_asks, "it has read 8 records that are not stored yet, and 6 are allowed"),
        (frees_as_it_begins, "records that are not stored yet, and 6 are allowed"),
        (no_limit, "it has read 12 records that are not stored yet, and 6 are allowed"),
        (a_permit_for_each_record, "records that are not stored yet, and 6 are allowed"),
        (only_a_buffer, "records that are not stored yet, and 6 are allowed"),
        (everything_first, "it has read 12 records that are not stored yet, and 6 are allowed"),
        (only_as_many_as_workers, "with records that come every 0.5 s and room for 8 it took 7 s"),
        (workers_that_read_in_turn, "every 0.5 s and room for 8 it took 7 s, and 6 s are enough"),
        (workers_that_read_at_once, "it raised ValueError: generator already executing"),
        (in_rounds, "with records that come every 0.5 s it took 8 s, and 7 s are enough"),
        (forgets_the_last_batch, "with 7 records in batches of 3 it stores record 7 never"),
        (record_by_record, "it stores 12 batches of fewer than 2 records, and only the last one"),
        (larger_batches, "records"),
        (counts_batches, "it says that 6 records were stored, and 12 were"),
        (returns_nothing, "it returned None, not the number of records stored"),
        (adds_up_in_a_plain_variable, "records were stored, and 6 were"),
        (never_closes, "it deadlocks at 4 s: main is waiting for its tasks to end"),
    ],
    deadline: [
        (all_one_after_the_other, "it stores one batch at a time, though 2 could be"),
        (
            cancels_the_workers_too,
            "it cuts short the batch with 9, 10, which should be brought to its end",
        ),
        (looks_at_the_clock, "it begins a batch with 13, 14 at 6 s, and the deadline is at 5 s"),
        (forgets_what_it_has_in_hand, "it lost records left: "),
        (room_for_more, "it has read 10 records that are neither stored nor rejected"),
        (room_for_more_taken_back, "it stores 4 of 5 records, and there is time for all"),
        (whole_batches, "it stores record 1 never"),
        (loses_whole_batches, "it stores record 1 never"),
        (fails_at_the_first, "it raised Unfit: record 3 cannot be stored"),
        (knows_one_error, "it raised Unfit: record 3 cannot be stored"),
        (stores_twice, "it stores record 1 2 times"),
        (one_more_worker, "batches at a time, and 2 are allowed"),
        (too_early, "it took 4 s, and what it has to do takes 6 s"),
        (too_late, "it begins a batch with "),
        (returns_the_records, "it returned a list, not the number of records stored"),
        (returns_two, "it returned a tuple, not three things: the number"),
        (adds_the_rejected, "it says that 10 records were stored, and 8 were"),
        (hides_the_rejected, "it lost records rejected: {'number': 3}"),
        (waits_for_the_deadline, "it took 64 s, and 4 s are enough"),
        (plain_counts, "records were stored, and 3 were"),
    ],
}

ENDLESS = {deadline: [(knows_no_deadline, "it does not end: ")]}
