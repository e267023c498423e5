# %% predict
seconds = None  # when the last job is done

# %% read
letters = None  # such as "ABCD"


# %% repair
def my_pool(late, jobs, workers, rate, process):
    queue, bucket = Channel(len(jobs), "jobs"), TokenBucket(rate)

    def worker():
        bucket.acquire()
        for job in queue:
            process(job)
            bucket.acquire()

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        sleep(late)
        submit(jobs, queue)


# %% extend
def crawl(jobs, workers, rate, process):
    pages = Channel(len(jobs), "pages")

    def worker():
        for page in pages:
            process(page)

    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        submit(jobs, pages)


# %% retry
def polite(jobs, workers, rate, process):
    queue, results = Channel(len(jobs), "jobs"), Channel(len(jobs), "results")
    bucket = TokenBucket(rate)

    def worker():
        for job in queue:
            bucket.acquire()
            results.send(process(job))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return list(results)
