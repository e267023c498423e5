"""Answers to the capstone of a polite crawler."""

import math
from collections import Counter
from contextlib import suppress

from lab.teaching.exercises.crawling import crawler, host_of, stubborn
from patterns.concurrency import AtomicInt, Channel, Closed, TaskGroup, attempt, sleep
from patterns.reusable import WorkerPool


def parking(start, fetch, workers, per_host, limited):
    jobs, done = Channel(workers), Channel(workers)

    def worker():
        for page in jobs:
            done.send((page, fetch(page)))

    seen = list(dict.fromkeys(start))
    waiting, busy = [*seen], Counter()
    with TaskGroup() as group:
        for _ in range(workers):
            group.spawn(worker)
        while waiting or busy.total():
            for page in [*waiting]:
                if busy.total() < workers and busy[limited(page)] < per_host:
                    waiting.remove(page)
                    busy[limited(page)] += 1
                    jobs.send(page)
            page, links = done.receive()
            busy[limited(page)] -= 1
            for link in links:
                if link not in seen:
                    seen.append(link)
                    waiting.append(link)
        jobs.close()
    return seen


def parks_pages_of_busy_hosts(start, fetch, workers, per_host):
    return parking(start, fetch, workers, per_host, host_of)


def looks_at_the_first_letter(start, fetch, workers, per_host):
    return parking(start, fetch, workers, per_host, lambda page: page[0])


def a_pool_for_each_host(start, fetch, workers, per_host):
    slots, lock, pools, seen = Channel(workers), Channel(1), {}, {}

    def visit(page):
        slots.send(page)
        links = fetch(page)
        slots.receive()
        follow(links)

    def follow(links):
        lock.send(None)
        for page in links:
            if page not in seen:
                seen[page] = True
                host = host_of(page)
                if host not in pools:
                    pools[host] = Channel(math.inf)
                    for _ in range(per_host):
                        group.spawn(work, pools[host])
                pending.add(1)
                pools[host].send(page)
        lock.receive()

    def work(queue):
        for page in queue:
            visit(page)
            count_down()

    def count_down():
        if pending.add(-1) == 0:
            for queue in pools.values():
                queue.close()

    pending = AtomicInt(1)
    with TaskGroup() as group:
        follow(start)
        count_down()
    return tuple(seen)


def with_a_task_for_each_page(
    name,
    *,
    slots_for=lambda workers: workers,
    rooms_for=lambda per_host: per_host,
    host_first=True,
    host=host_of,
    returns=set,
):
    """Return a crawler that starts a task for each page, right as it is."""

    def crawl(start, fetch, workers, per_host):
        slots, lock = Channel(slots_for(workers)), Channel(1)
        rooms, seen = {}, []

        def visit(page):
            both = [rooms[host(page)], slots]
            for each in both if host_first else both[::-1]:
                each.send(page)
            links = fetch(page)
            for each in both:
                each.receive()
            follow(links)

        def follow(links):
            lock.send(None)
            for page in links:
                if page not in seen:
                    seen.append(page)
                    rooms.setdefault(host(page), Channel(rooms_for(per_host)))
                    group.spawn(visit, page)
            lock.receive()

        with TaskGroup() as group:
            follow(start)
        return returns(seen)

    crawl.__name__ = name
    return crawl


a_task_for_each_page = with_a_task_for_each_page("a_task_for_each_page")
as_many_as_there_are = with_a_task_for_each_page(
    "as_many_as_there_are", slots_for=lambda workers: math.inf
)
one_worker_more = with_a_task_for_each_page("one_worker_more", slots_for=lambda w: w + 1)
one_worker_less = with_a_task_for_each_page("one_worker_less", slots_for=lambda w: max(w - 1, 1))
impolite = with_a_task_for_each_page("impolite", rooms_for=lambda per_host: math.inf)
one_more_of_a_host = with_a_task_for_each_page("one_more_of_a_host", rooms_for=lambda n: n + 1)
one_of_each_host = with_a_task_for_each_page("one_of_each_host", rooms_for=lambda per_host: 1)
takes_a_slot_and_waits = with_a_task_for_each_page("takes_a_slot_and_waits", host_first=False)
one_limit_for_all_hosts = with_a_task_for_each_page("one_limit_for_all", host=lambda page: "all")
counts_the_pages = with_a_task_for_each_page("counts_the_pages", returns=len)
each_page_doubled = with_a_task_for_each_page("each_page_doubled", returns=lambda seen: seen * 2)
without_the_first = with_a_task_for_each_page("without_the_first", returns=lambda seen: seen[1:])


def one_after_the_other(start, fetch, workers, per_host):
    seen = list(dict.fromkeys(start))
    for page in seen:
        seen += [link for link in dict.fromkeys(fetch(page)) if link not in seen]
    return seen


def one_after_the_other_by_tasks(start, fetch, workers, per_host):
    def slowly(page):
        links = []
        with TaskGroup() as group:
            group.spawn(lambda: links.extend(fetch(page)))
        return links

    return one_after_the_other(start, slowly, workers, per_host)


def level_by_level(start, fetch, workers, per_host):
    seen = level = set(start)
    while level:
        found, rooms, slots = [], {}, Channel(workers)

        def visit(page, rooms=rooms, slots=slots, found=found):
            rooms[host_of(page)].send(page)
            slots.send(page)
            found += fetch(page)
            slots.receive()
            rooms[host_of(page)].receive()

        with TaskGroup() as group:
            for page in level:
                rooms.setdefault(host_of(page), Channel(per_host))
                group.spawn(visit, page)
        level = set(found) - seen
        seen = seen | level
    return seen


def marks_a_page_when_it_is_fetched(start, fetch, workers, per_host):
    slots, rooms, seen = Channel(workers), {}, []

    def visit(page):
        room = rooms.setdefault(host_of(page), Channel(per_host))
        room.send(page)
        slots.send(page)
        links = fetch(page)
        slots.receive()
        room.receive()
        seen.append(page)
        for link in links:
            if link not in seen:
                group.spawn(visit, link)

    with TaskGroup() as group:
        for page in dict.fromkeys(start):
            group.spawn(visit, page)
    return seen


def looks_and_then_adds(start, fetch, workers, per_host):
    slots, rooms, seen = Channel(workers), {}, set()

    def visit(page):
        room = rooms[host_of(page)]
        room.send(page)
        slots.send(page)
        links = fetch(page)
        slots.receive()
        room.receive()
        follow(links)

    def follow(links):
        for page in links:
            if page not in seen:
                seen.add(page)
                rooms.setdefault(host_of(page), Channel(per_host))
                group.spawn(visit, page)

    with TaskGroup() as group:
        follow(start)
    return seen


def workers_that(leave=None, room=math.inf):
    """Return a crawler of workers that share a queue, and wrong in how they end."""

    def crawl(start, fetch, workers, per_host):
        queue, seen = Channel(room), set(start)

        def worker():
            while True:
                if leave == "when empty" and not len(queue):
                    return
                page = queue.receive()
                for link in fetch(page):
                    if link not in seen:
                        seen.add(link)
                        queue.send(link)

        with TaskGroup() as group:
            for page in set(start):
                queue.send(page)
            for _ in range(workers):
                group.spawn(worker)
        return seen

    crawl.__name__ = f"workers_that_leave_{leave}_{room}"
    return crawl


def counts_down_too_soon(start, fetch, workers, per_host):
    rooms, slots, found, pending = {}, Channel(workers), Channel(math.inf), AtomicInt()

    def visit(page):
        rooms[host_of(page)].send(page)
        slots.send(page)
        links = fetch(page)
        slots.receive()
        rooms[host_of(page)].receive()
        found.send(links)
        if pending.add(-1) == 0:
            found.close()

    seen = set()
    with TaskGroup() as group:
        found.send(start)
        if not start:
            found.close()
        for links in found:
            for page in links:
                if page not in seen:
                    seen.add(page)
                    rooms.setdefault(host_of(page), Channel(per_host))
                    pending.add(1)
                    group.spawn(visit, page)
    return seen


def counts_pending_pages_in_a_plain_variable(start, fetch, workers, per_host):
    slots, lock, queues, seen = Channel(workers), Channel(1), {}, set()
    pending = 1

    def work(queue):
        for page in queue:
            slots.send(page)
            links = fetch(page)
            slots.receive()
            follow(links)
            count_down()

    def follow(links):
        nonlocal pending
        lock.send(None)
        for page in links:
            if page not in seen:
                seen.add(page)
                host = host_of(page)
                if host not in queues:
                    queues[host] = Channel(math.inf)
                    for _ in range(per_host):
                        group.spawn(work, queues[host])
                pending += 1
                queues[host].send(page)
        lock.receive()

    def count_down():
        nonlocal pending
        pending -= 1
        if pending == 0:
            for queue in queues.values():
                queue.close()

    with TaskGroup() as group:
        follow(start)
        count_down()
    return seen


def a_pool_that_forgets_the_hosts(start, fetch, workers, per_host):
    def process(page):
        for link in fetch(page):
            if link not in seen:
                seen.append(link)
                pool.submit(link)

    seen = list(dict.fromkeys(start))
    pool = WorkerPool(process, workers=workers, buffer=1000)
    with pool.start():
        for page in [*seen]:
            pool.submit(page)
        pool.join()
    return seen


def closes_after_the_first_pages(start, fetch, workers, per_host):
    def process(page):
        for link in fetch(page):
            if link not in seen:
                with suppress(Closed):
                    pool.submit(link)
                    seen.append(link)

    seen = list(dict.fromkeys(start))
    pool = WorkerPool(process, workers=min(workers, per_host), buffer=1000)
    with pool.start():
        for page in [*seen]:
            pool.submit(page)
    return seen


def goes_round_in_circles(start, fetch, workers, per_host):
    slots = Channel(workers)

    def visit(page):
        slots.send(page)
        links = fetch(page)
        slots.receive()
        for link in links:
            group.spawn(visit, link)

    with TaskGroup() as group:
        for page in start:
            group.spawn(visit, page)


# With pages that fail.


def trying_again(
    name,
    *,
    how_often=lambda tries: tries,
    wait=lambda pause, number: pause * 2 ** (number - 1),
    holding=(),
    limits_of_tries=math.inf,
    gives_up=FileNotFoundError,
    tries_after=Exception,
    follows=True,
    returns=lambda found, lost: (found, lost),
    says_lost_each_time=False,
    wakes_late=0,
):
    """Return a crawler that tries again, right as it is."""

    def crawl_on(start, fetch, workers, per_host, tries, pause):
        slots, lock = Channel(workers), Channel(1)
        rooms, seen, found, lost = {}, [], [], []

        def visit(page):
            number, places = 0, {"host": rooms[host_of(page)], "slot": slots}
            held = []
            while True:
                number += 1
                needed = [key for key in places if key not in held]
                if number > limits_of_tries:
                    needed = []
                for key in needed:
                    places[key].send(page)
                result = attempt(fetch, page)
                held = [*holding]
                for key in needed if not held else set(needed) - set(held):
                    places[key].receive()
                last = number >= how_often(tries) or isinstance(result.error, gives_up)
                known = isinstance(result.error, tries_after)
                if result.error is None or last or not known:
                    break
                if says_lost_each_time:
                    lost.append(page)
                sleep(wait(pause, number) + wakes_late)
            for key in held:
                places[key].receive()
            if result.error is not None:
                lost.append(page)
            else:
                found.append(page)
                if follows or number == 1:
                    follow(result.value)

        def follow(links):
            lock.send(None)
            for page in links:
                if page not in seen:
                    seen.append(page)
                    rooms.setdefault(host_of(page), Channel(per_host))
                    group.spawn(visit, page)
            lock.receive()

        with TaskGroup() as group:
            follow(start)
        return returns(found, lost)

    crawl_on.__name__ = name
    return crawl_on


tries_again = trying_again("tries_again")
returns_sets = trying_again("returns_sets", returns=lambda found, lost: [{*found}, {*lost}])
always_the_same_pause = trying_again("always_the_same_pause", wait=lambda pause, number: pause)
no_pause = trying_again("no_pause", wait=lambda pause, number: 0)
longer_but_not_doubled = trying_again("not_doubled", wait=lambda pause, number: pause * number)
doubles_too_soon = trying_again("doubles_too_soon", wait=lambda pause, number: pause * 2**number)
one_try_more = trying_again("one_try_more", how_often=lambda tries: tries + 1)
one_try_less = trying_again("one_try_less", how_often=lambda tries: max(tries - 1, 1))
one_try = trying_again("one_try", how_often=lambda tries: 1)
sleeps_in_its_slot = trying_again("sleeps_in_its_slot", holding=("slot",))
sleeps_in_its_host = trying_again("sleeps_in_its_host", holding=("host",))
sleeps_in_both = trying_again("sleeps_in_both", holding=("host", "slot"))
tries_again_without_a_slot = trying_again("tries_again_without_a_slot", limits_of_tries=1)
tries_what_is_gone = trying_again("tries_what_is_gone", gives_up=())
gives_up_at_once = trying_again("gives_up_at_once", gives_up=Exception)
gives_up_what_it_does_not_know = trying_again(
    "gives_up_what_it_does_not_know", tries_after=(ConnectionError, TimeoutError)
)
forgets_their_links = trying_again("forgets_their_links", follows=False)
says_lost_each_time = trying_again("says_lost_each_time", says_lost_each_time=True)
forgets_the_lost = trying_again("forgets_the_lost", returns=lambda found, lost: (found, []))
returns_the_found = trying_again("returns_the_found", returns=lambda found, lost: found)
puts_the_lost_among_the_found = trying_again(
    "puts_the_lost_among_the_found", returns=lambda found, lost: (found + lost, lost)
)


def tries_one_after_the_other(start, fetch, workers, per_host, tries, pause):
    seen, found, lost = list(dict.fromkeys(start)), [], []
    for page in seen:
        for number in range(tries):
            result = attempt(fetch, page)
            if result.error is None or isinstance(result.error, FileNotFoundError):
                break
            if number < tries - 1:
                sleep(pause * 2**number)
        if result.error is None:
            found.append(page)
            seen += [link for link in dict.fromkeys(result.value) if link not in seen]
        else:
            lost.append(page)
    return found, lost


def lets_it_raise(start, fetch, workers, per_host, tries, pause):
    return [*a_task_for_each_page(start, fetch, workers, per_host)], []


def tries_and_looks_and_then_adds(start, fetch, workers, per_host, tries, pause):
    slots, rooms, seen, found, lost = Channel(workers), {}, set(), [], []

    def visit(page):
        for number in range(tries):
            rooms[host_of(page)].send(page)
            slots.send(page)
            result = attempt(fetch, page)
            slots.receive()
            rooms[host_of(page)].receive()
            if result.error is None:
                found.append(page)
                follow(result.value)
                return
            if isinstance(result.error, FileNotFoundError) or number == tries - 1:
                break
            sleep(pause * 2**number)
        lost.append(page)

    def follow(links):
        for page in links:
            if page not in seen:
                seen.add(page)
                rooms.setdefault(host_of(page), Channel(per_host))
                group.spawn(visit, page)

    with TaskGroup() as group:
        follow(start)
    return found, lost


RIGHT = {
    crawler: [parks_pages_of_busy_hosts, a_pool_for_each_host, a_task_for_each_page],
    stubborn: [tries_again, returns_sets],
}

WRONG = {
    crawler: [
        (one_after_the_other, "it fetches one page at a time, though 4 could be"),
        (one_after_the_other_by_tasks, "it fetches one page at a time, though 4 could be"),
        (level_by_level, "with a page that takes 5 s it took 8 s, and 6 s are enough"),
        (as_many_as_there_are, "with 6 hosts and 2 workers it fetches 6 pages at a time, and 2"),
        (one_worker_more, "it fetches 3 pages at a time, and 2 are allowed"),
        (one_worker_less, "it took 4 s, and 3 s are enough: somebody waits"),
        (impolite, "it fetches 4 pages of the host cats at a time, and 2 are allowed"),
        (one_more_of_a_host, "it fetches 3 pages of the host cats at a time, and 2 are allowed"),
        (one_of_each_host, "it took 5 s, and 3 s are enough: somebody waits"),
        (takes_a_slot_and_waits, "it took 4 s, and 3 s are enough: somebody waits"),
        (one_limit_for_all_hosts, "it took 5 s, and 3 s are enough: somebody waits"),
        (counts_the_pages, "it returned an int, not a list of pages"),
        (each_page_doubled, "it doubled pages: 'cats/0'"),
        (without_the_first, "it lost pages: 'cats/0'"),
        (marks_a_page_when_it_is_fetched, "it fetches cats/1 twice"),
        (looks_and_then_adds, "it fetches hens/0 "),
        (workers_that(), "it deadlocks at"),
        (workers_that(leave="when empty"), "it"),
        (workers_that(room=1), "it deadlocks at"),
        (counts_down_too_soon, "it raised Closed: send on closed channel"),
        (counts_pending_pages_in_a_plain_variable, "statement"),
        (a_pool_that_forgets_the_hosts, "it fetches 4 pages of the host cats at a time, and 2"),
        (closes_after_the_first_pages, "it"),
        (looks_at_the_first_letter, "with the hosts cats and cows it fetches one page at a time"),
    ],
    stubborn: [
        (tries_one_after_the_other, "it fetches one page at a time, though 2 could be"),
        (lets_it_raise, "it raised NoAnswer: "),
        (gives_up_what_it_does_not_know, "it fetches cats/1 once, and twice is right"),
        (always_the_same_pause, "it tries dogs/1 again 2 s after failure number 2, and the pause"),
        (no_pause, "again 0 s after failure number 1, and the pause is 2 s"),
        (longer_but_not_doubled, "after failure number 3"),
        (doubles_too_soon, "are enough: somebody waits who could fetch a page"),
        (one_try_more, "it fetches cats/1 4 times, and 3 times is right: then it is given up"),
        (one_try_less, "is right: it may answer yet"),
        (one_try, "it fetches cats/1 once, and twice is right: it may answer yet"),
        (gives_up_at_once, "it fetches cats/1 once, and twice is right: it may answer yet"),
        (sleeps_in_its_slot, "a page that waits for its next try holds up the others"),
        (sleeps_in_its_host, "a page that waits for its next try holds up the others"),
        (sleeps_in_both, "a page that waits for its next try holds up the others"),
        (tries_again_without_a_slot, "it fetches 4 pages of the host cats at a time"),
        (tries_what_is_gone, "it fetches dogs/1 3 times, which does not exist"),
        (forgets_their_links, "it does not fetch dogs/2, and once is right"),
        (says_lost_each_time, "made up pages given up: 'cats/1'"),
        (forgets_the_lost, "it lost pages given up: 'cats/1', 'dogs/1'"),
        (returns_the_found, "it returned a list, not two lists"),
        (puts_the_lost_among_the_found, "it made up pages: "),
        (tries_and_looks_and_then_adds, "it fetches hens/0 "),
    ],
}

ENDLESS = {crawler: [(goes_round_in_circles, "it does not end: ")]}
