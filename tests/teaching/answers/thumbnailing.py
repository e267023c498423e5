"""Answers to the capstone of an autoscaled thumbnailer."""

import math
from contextlib import contextmanager, suppress

from lab.teaching.exercises.thumbnailing import broken, shrinker
from patterns.concurrency import AtomicInt, Cancelled, Channel, Context, TaskGroup, attempt
from patterns.concurrency.errors import Closed, DeadlineExceeded


def every_one(done):
    return [done[number] for number in range(len(done))]


def those_there_are(done):
    return [done[number] for number in sorted(done)]


def growing(
    name,
    *,
    begins_with=lambda least, most: least,
    grows=lambda pending, alive, most: pending > alive and alive < most,
    stays=lambda least: least,
    waits=lambda patience: patience,
    returns=every_one,
    closes=True,
):
    """Return a thumbnailer whose workers come and go, right as it is."""

    def thumbnails(images, decoder, least, most, patience):
        queue, done, lock = Channel(math.inf), {}, Channel(1)
        alive, pending = AtomicInt(begins_with(least, most)), AtomicInt()

        def may_leave():
            lock.send(None)
            leaves = alive.load() > stays(least)
            if leaves:
                alive.add(-1)
            lock.receive()
            return leaves

        def worker():
            with decoder() as shrink:
                while True:
                    try:
                        number, image = queue.receive(Context(timeout=waits(patience)))
                    except DeadlineExceeded:
                        if may_leave():
                            return
                    except Closed:
                        return
                    else:
                        done[number] = shrink(image)
                        pending.add(-1)

        with TaskGroup() as group:
            for _ in range(begins_with(least, most)):
                group.spawn(worker)
            for number, image in enumerate(images):
                if grows(pending.add(1), alive.load(), most):
                    alive.add(1)
                    group.spawn(worker)
                queue.send((number, image))
            if closes:
                queue.close()
        return returns(done)

    thumbnails.__name__ = name
    return thumbnails


comes_and_goes = growing("comes_and_goes")
all_from_the_start = growing("all_from_the_start", begins_with=lambda least, most: most)
one_from_the_start = growing("one_from_the_start", begins_with=lambda least, most: 1)
never_grows = growing("never_grows", grows=lambda pending, alive, most: False)
grows_without_limit = growing("no_limit", grows=lambda pending, alive, most: pending > alive)
one_too_many = growing("one_too_many", grows=lambda pend, alive, most: pend > alive <= most)
one_too_few = growing("one_too_few", grows=lambda pend, alive, most: pend > alive < most - 1)
grows_with_each_image = growing("each_image", grows=lambda pend, alive, most: alive < most)
grows_late = growing("grows_late", grows=lambda pend, alive, most: pend > 2 * alive < most)
never_shrinks = growing("never_shrinks", waits=lambda patience: 1000)
has_no_patience = growing("has_no_patience", waits=lambda patience: patience / 5)
all_may_leave = growing("all_may_leave", stays=lambda least: 0)
too_many_stay = growing("too_many_stay", stays=lambda least: least + 1)
as_they_come = growing("as_they_come", returns=lambda done: [*done.values()])
backwards = growing(
    "backwards", returns=lambda done: [done[number] for number in reversed(range(len(done)))]
)
a_dictionary = growing("a_dictionary", returns=lambda done: done)
without_the_last = growing(
    "without_the_last", returns=lambda done: [done[n] for n in range(len(done) - 1)]
)
never_closes = growing("never_closes", closes=False)


def hands_over_or_opens(images, decoder, least, most, patience):
    """Count who is free, and let each worker say itself whether it leaves."""
    queue, done, state = Channel(math.inf), [], Channel(1)
    state.send((least, least))  # workers, and places free of a promised image

    def change(workers, free):
        before = state.receive()
        state.send((before[0] + workers, before[1] + free))

    def leaves():
        workers, free = state.receive()
        may = workers > least and free > 0
        state.send((workers - may, free - may))
        return may

    def worker():
        with decoder() as shrink:
            while True:
                try:
                    place, image = queue.receive(Context(timeout=patience))
                except DeadlineExceeded:
                    if leaves():
                        return
                except Closed:
                    return
                else:
                    done[place] = shrink(image)
                    change(0, 1)

    with TaskGroup() as group:
        for _ in range(least):
            group.spawn(worker)
        for place, image in enumerate(images):
            done.append(None)
            workers, free = state.receive()
            opens = free <= 0 and workers < most
            state.send((workers + opens, free + opens - 1))
            if opens:
                group.spawn(worker)
            queue.send((place, image))
        queue.close()
    return tuple(done)


def one_decoder(images, decoder, least, most, patience):
    with decoder() as shrink:
        return [shrink(image) for image in images]


def a_decoder_for_each_image(images, decoder, least, most, patience):
    room, done = Channel(most), {}

    def work(number, image):
        with decoder() as shrink:
            done[number] = shrink(image)
        room.receive()

    with TaskGroup() as group:
        for number, image in enumerate(images):
            room.send(None)
            group.spawn(work, number, image)
    return [done[number] for number in range(len(done))]


def one_decoder_for_all(images, decoder, least, most, patience):
    queue, done = Channel(math.inf), {}

    def worker(shrink):
        for number, image in queue:
            done[number] = shrink(image)

    with decoder() as shrink, TaskGroup() as group:
        for _ in range(most):
            group.spawn(worker, shrink)
        for job in enumerate(images):
            queue.send(job)
        queue.close()
    return [done[number] for number in range(len(done))]


def leaves_the_last_open(images, decoder, least, most, patience):
    over = []

    def until_over():
        yield from images
        over.append(True)

    @contextmanager
    def opening():
        opened = decoder()
        LEFT_OPEN.append(opened)
        yield opened.__enter__()
        if not over:
            opened.__exit__(None, None, None)

    return comes_and_goes(until_over(), opening, least, most, patience)


LEFT_OPEN = []


# With images that break decoders.


def careful(
    name,
    *,
    another=True,
    limited=True,
    limit_of=lambda limit: limit,
    hears="images",
    workers_for=lambda workers: workers,
    none=None,
    room=math.inf,
    returns=those_there_are,
    catches=True,
    leaves=False,
):
    """Return a thumbnailer that survives bad images, right as it is."""

    def thumbnails_on(images, decoder, workers, limit, stop):
        queue, done = Channel(room), {}

        def within_limit(shrink, image):
            if not limited:
                return shrink(image)
            with TaskGroup(Context(timeout=limit_of(limit))):
                return shrink(image)

        def use(shrink):
            for number, image in queue:
                if not catches:
                    done[number] = within_limit(shrink, image)
                    continue
                result = attempt(lambda image: within_limit(shrink, image), image)
                done[number] = none if result.error else result.value
                if result.error and another:
                    return True
            return False

        def worker():
            again = True
            while again:
                with decoder() as shrink:
                    again = use(shrink) and (queue.closed if leaves == "early" else not leaves)

        with suppress(Cancelled), TaskGroup(stop if hears == "all" else None) as group:
            for _ in range(workers_for(workers)):
                group.spawn(worker)
            with suppress(Cancelled), TaskGroup(stop if hears == "images" else None):
                for job in enumerate(images):
                    queue.send(job)
                    if hears == "looks" and stop.cancelled:
                        break
            queue.close()
        return returns(done)

    thumbnails_on.__name__ = name
    return thumbnails_on


survives = careful("survives")
as_a_tuple = careful("as_a_tuple", returns=lambda done: tuple(done[n] for n in sorted(done)))
the_same_decoder = careful("the_same_decoder", another=False)
knows_no_limit = careful("knows_no_limit", limited=False)
half_the_limit = careful("half_the_limit", limit_of=lambda limit: limit / 2)
twice_the_limit = careful("twice_the_limit", limit_of=lambda limit: limit * 2)
stops_the_workers_too = careful("stops_the_workers_too", hears="all")
looks_whether_to_stop = careful("looks_whether_to_stop", hears="looks")
knows_no_stop = careful("knows_no_stop", hears="nobody")
loses_one_in_its_hand = careful("loses_one_in_its_hand", room=0)
lets_it_raise = careful("lets_it_raise", catches=False)
worker_leaves = careful("worker_leaves", leaves=True)
worker_leaves_unless_all_have_come = careful("leaves_early", leaves="early")
one_more_decoder = careful("one_more_decoder", workers_for=lambda workers: workers + 1)
one_at_a_time = careful("one_at_a_time", workers_for=lambda workers: 1)
says_failed = careful("says_failed", none="failed")
leaves_out_the_bad = careful(
    "leaves_out_the_bad", returns=lambda done: [done[n] for n in sorted(done) if done[n]]
)
the_bad_at_the_end = careful(
    "the_bad_at_the_end",
    returns=lambda done: sorted((done[n] for n in sorted(done)), key=lambda each: each is None),
)
in_order_of_completion = careful("completion", returns=lambda done: [*done.values()])


def a_new_decoder_for_each(images, decoder, workers, limit, stop):
    """Open one for each image: that is allowed, though not cheap."""
    queue, done = Channel(math.inf), []

    def one(image):
        with decoder() as shrink, TaskGroup(Context(timeout=limit)):
            return shrink(image)

    def worker():
        for place, image in queue:
            with suppress(Exception):
                result = attempt(one, image)
                done[place] = result.value if result.error is None else None

    def take():
        for place, image in enumerate(images):
            done.append(None)
            queue.send((place, image))

    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        try:
            with TaskGroup(stop) as taking:
                taking.spawn(take)
        except Cancelled:
            pass
        finally:
            queue.close()
    return done


RIGHT = {
    shrinker: [comes_and_goes, hands_over_or_opens],
    broken: [survives, as_a_tuple, a_new_decoder_for_each],
}

WRONG = {
    shrinker: [
        (one_decoder, "it shrinks one image at a time, though 3 could be shrunk at once"),
        (never_grows, "it shrinks one image at a time, though 3 could be shrunk at once"),
        (all_from_the_start, "it has 5 decoders open at 0.5 s, and should have 1"),
        (one_from_the_start, "it has 1 decoder open at 0 s, and 2 should always be"),
        (grows_without_limit, "it has 6 decoders open at a time, and 3 are allowed"),
        (one_too_many, "it has 4 decoders open at a time, and 3 are allowed"),
        (one_too_few, "it has 2 decoders open at 1 s, and should have 3"),
        (grows_with_each_image, "it has 2 decoders open at 0.5 s, and should have 1"),
        (grows_late, "and should have"),
        (never_shrinks, "it has 4 decoders open at 8 s, when none is at work, and should have 1"),
        (has_no_patience, "it has 1 decoder open at 6.5 s, when none is at work, and should"),
        (all_may_leave, "with"),
        (too_many_stay, "it has 2 decoders open at 8 s, when none is at work, and should have 1"),
        (as_they_come, "its thumbnail number 1 is 'small image 2', and should be 'small image 1'"),
        (backwards, "its thumbnail number 1 is 'small image 6', and should be 'small image 1'"),
        (a_dictionary, "it returned a dict, not a list of thumbnails"),
        (without_the_last, "it lost thumbnails: 'small image 6'"),
        (never_closes, "with"),
        (a_decoder_for_each_image, "should"),
        (leaves_the_last_open, "with 6 images at once it leaves 3 decoders open at the end"),
        (one_decoder_for_all, "to a decoder that has another in work"),
    ],
    broken: [
        (one_at_a_time, "it shrinks one image at a time, though 2 could be shrunk at once"),
        (the_same_decoder, "it gives image 3 to a decoder that is broken"),
        (knows_no_limit, "it does not cut short image 1, which hangs"),
        (half_the_limit, "it cuts short image 1 after 2.5 s, and the limit is 5 s"),
        (twice_the_limit, "it cuts short image 1 after 10 s, and the limit is 5 s"),
        (stops_the_workers_too, "it cuts short image 3 after 1.5 s, with which nothing is wrong"),
        (looks_whether_to_stop, "it takes an image at 5 s, and was told to stop at 4.5 s"),
        (loses_one_in_its_hand, "it returned 2 things for 3 images that it took"),
        (lets_it_raise, "it raised OSError: the decoder broke at image 2"),
        (worker_leaves, "with"),
        (worker_leaves_unless_all_have_come, "with an image each second of which 2 crash it"),
        (one_more_decoder, "it has 3 decoders open at a time, and 2 are allowed"),
        (says_failed, "its thumbnail number 2 is 'failed', and should be None"),
        (leaves_out_the_bad, "it returned 3 things for 4 images that it took"),
        (the_bad_at_the_end, "its thumbnail number 2 is 'small image 3', and should be None"),
        (in_order_of_completion, "its thumbnail number 1 is "),
    ],
}

ENDLESS = {broken: [(knows_no_stop, "it does not end: ")]}
