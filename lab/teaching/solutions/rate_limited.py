# %% predict
# The first batch takes its last token (first - burst) / rate seconds after the start. From then on
# the bucket gains, up to its burst; the jobs of the second batch that find no token wait for one.
batches = predict.numbers
emptied = (batches.first - batches.burst) / batches.rate
saved = min(batches.burst, (batches.after - emptied) * batches.rate)
begins = batches.after + (batches.second - saved) / batches.rate
seconds = begins + batches.seconds


# %% read
# A ticker's first turn comes late, a bucket's burst at once. Without a limit workers go on as soon
# as they are free; with a bucket each, all wait until each bucket has a token again.
def limit_of(run):
    begun = start_times(run)
    if begun[0] > 0:
        return "ticker"
    if begun.count(0) < 4:
        return "one bucket"
    return "a bucket each" if begun[4] > 1 else "no limit"


found = {limit_of(run): letter for letter, run in read.numbers.items()}
letters = found["no limit"] + found["ticker"] + found["one bucket"] + found["a bucket each"]


# %% repair
# Each worker took its turn first and then waited for a job: in the idle spell all of them
# collected a turn, and when jobs came they all began at once. A turn is good only for the moment
# for which it was given, so it must be the last thing that a job waits for. (A `Ticker` would not
# do: it keeps a tick over the idle spell, which may come close to the next one.)
def my_pool(late, jobs, workers, rate, process):
    queue, bucket = Channel(len(jobs), "jobs"), TokenBucket(rate)

    def worker():
        for job in queue:
            bucket.acquire()
            process(job)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        sleep(late)
        submit(jobs, queue)


# %% extend
# Each host needs a bucket of its own, which all workers share. They are made before the workers
# start: if a worker made the bucket of a host that it meets for the first time, two workers might
# do so at the same moment, and the host would have two. (With fewer workers than pages, all of
# them may stand in line for one host while another is free. Then a queue and a few workers for
# each host are the better answer.)
def crawl(jobs, workers, rate, process):
    pages = Channel(len(jobs), "pages")
    limits = {host: TokenBucket(rate, name=f"limit of {host}") for host, _ in jobs}

    def worker():
        for host, number in pages:
            limits[host].acquire()
            process((host, number))

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        submit(jobs, pages)


# %% retry
# One opening time for all workers, looked at when a call would begin: so those who waited for the
# bucket while another was refused learn of it. Whoever finds the server closed gives its turn up
# and takes a new one after the pause, since all of them wake at the same moment. The second try
# takes a turn like the first.
def polite(jobs, workers, rate, process):
    queue, results = Channel(len(jobs), "jobs"), Channel(len(jobs), "results")
    bucket, opens = TokenBucket(rate), 0.0

    def call(job):
        nonlocal opens
        while True:
            bucket.acquire()
            if now() < opens:
                sleep(opens - now())
                continue
            try:
                return process(job)
            except Refused as refused:
                opens = now() + refused.seconds

    def worker():
        for job in queue:
            results.send(call(job))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return list(results)
