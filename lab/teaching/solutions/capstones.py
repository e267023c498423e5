# %% crawler
# One task, the one that called, knows what was seen and what is pending, so nothing is shared that
# could be raced for. Each host has a channel and `per_host` tasks that read it: they hold a slot
# only while they fetch, and so no host keeps workers from the others.
def crawl(start, fetch, workers, per_host):
    found, slots = Channel(math.inf, "links found"), Channel(workers, "slots")
    queues, seen = {}, set()

    def visit(queue):
        for page in queue:
            slots.send(page)  # waits while all are taken
            links = fetch(page)
            slots.receive()
            found.send(links)

    with TaskGroup() as group:
        found.send(start)
        pending = 1
        while pending:
            for page in found.receive():
                if page not in seen:
                    seen.add(page)
                    host = host_of(page)
                    if host not in queues:
                        queues[host] = Channel(math.inf, host)
                        for _ in range(per_host):
                            group.spawn(visit, queues[host])
                    queues[host].send(page)
                    pending += 1
            pending -= 1
        for queue in queues.values():
            queue.close()
    return list(seen)


# %% stubborn
# As before, but what comes back is a result, with the number of the try. A page that failed is
# still to come: a task of its own waits, and puts it into its host's channel again. That needs no
# slot, and ends the crawl no earlier: it is over when each page seen was found or is lost.
def crawl_on(start, fetch, workers, per_host, tries, pause):
    results, slots = Channel(math.inf, "results"), Channel(workers, "slots")
    queues, seen, found, lost = {}, set(), [], []

    def visit(queue):
        for page, number in queue:
            slots.send(page)
            result = attempt(fetch, page)
            slots.receive()
            results.send((result, number))

    def add(page):
        seen.add(page)
        host = host_of(page)
        if host not in queues:
            queues[host] = Channel(math.inf, host)
            for _ in range(per_host):
                group.spawn(visit, queues[host])
        queues[host].send((page, 1))

    def again(page, number):
        sleep(pause * 2 ** (number - 2))
        queues[host_of(page)].send((page, number))

    with TaskGroup() as group:
        for page in set(start):
            add(page)
        while len(found) + len(lost) < len(seen):
            result, number = results.receive()
            if result.error is None:
                found.append(result.job)
                for page in set(result.value) - seen:
                    add(page)
            elif number == tries or isinstance(result.error, FileNotFoundError):
                lost.append(result.job)
            else:
                group.spawn(again, result.job, number + 1)
        for queue in queues.values():
            queue.close()
    return found, lost


# %% importer
# A permit for each batch that may exist, which is taken before the batch is read and given back
# when it is stored: so it does not matter in whose hands a batch is. Then the channel of batches
# needs no limit of its own.
def import_all(records, store, size, workers, ahead):
    permits, batches, stored = Channel(ahead // size), Channel(math.inf, "batches"), []

    def worker():
        for batch in batches:
            store(batch)
            stored.append(len(batch))
            permits.receive()

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        permits.send(None)
        while batch := list(islice(records, size)):
            batches.send(batch)
            permits.send(None)
        batches.close()
    return sum(stored)


# %% deadline
# Only the block in which records are read has the deadline; the workers are in a group around it,
# and are not cancelled. What was sent is in the hands of a worker, as the channel holds nothing; so
# what is left is the batch that the reader had in its own.
def import_until(records, store, size, workers, seconds):
    batches, stored, rejected, batch = Channel(0, "batches"), [], [], []

    def keep(records):
        try:
            store(records)
            stored.extend(records)
        except Exception:
            if len(records) == 1:
                rejected.extend(records)
            else:
                for record in records:
                    keep([record])

    def worker():
        for each in batches:
            keep(each)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
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
    return len(stored), rejected, batch


# %% shrinker
# A worker has its decoder for as long as it stays. Only the caller adds workers, so looking and
# adding need not be one step; but many may leave, so for them it is: `compare_and_swap`.
def thumbnails(images, decoder, least, most, patience):
    queue, done = Channel(math.inf, "images"), {}
    alive, pending = AtomicInt(least, "workers alive"), AtomicInt(0, "images pending")

    def may_leave():
        while (number := alive.load()) > least:
            if alive.compare_and_swap(number, number - 1):
                return True
        return False

    def worker():
        with decoder() as shrink:
            while True:
                try:
                    number, image = queue.receive(Context(timeout=patience))
                except DeadlineExceeded:
                    if may_leave():
                        return
                except Closed:
                    return
                else:
                    done[number] = shrink(image)
                    pending.add(-1)

    with TaskGroup() as group:
        for _ in range(least):
            group.spawn(worker)
        for number, image in enumerate(images):
            if pending.add(1) > alive.load() and alive.load() < most:
                alive.add(1)
                group.spawn(worker)
            queue.send((number, image))
        queue.close()
    return [done[number] for number in range(len(done))]


# %% broken
# A worker uses one decoder until it breaks, and then another. A limit is a group of the image's
# own, so its Cancelled is that image's failure; the stop is heard only where images are taken, and
# sending to a queue without limit needs no waiting, so what was taken is in the queue.
def thumbnails_on(images, decoder, workers, limit, stop):
    queue, done = Channel(math.inf, "images"), {}

    def use(shrink):
        def within_limit(image):
            with TaskGroup(Context(timeout=limit)):
                return shrink(image)

        for number, image in queue:
            result = attempt(within_limit, image)
            done[number] = None if result.error else result.value
            if result.error:
                return "broken"
        return "done"

    def worker():
        state = "broken"
        while state == "broken":
            with decoder() as shrink:
                state = use(shrink)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        with suppress(Cancelled), TaskGroup(stop):
            for number, image in enumerate(images):
                queue.send((number, image))
        queue.close()
    return [done[number] for number in range(len(done))]
