# %% predict
seconds = None  # when the worker is given up

# %% read
letters = None  # such as "ABCD"


# %% repair
def my_job(job, beat, pages):
    def heart():
        while True:
            sleep(0.1)
            beat()

    total = 0
    with TaskGroup() as group:
        group.spawn(heart)
        for page in pages:
            total += page
        group.context.cancel("the book is read")
    return total


# %% extend
def second_chance(jobs, process):
    pool, values = HeartbeatPool(process), {}
    with pool.start():
        for job in jobs:
            pool.submit(job)
        pool.close()
        for result in pool.results():
            if result.error is None:
                values[result.job] = result.value
    return values


# %% supervise
def call(job, process, silence):
    results = Channel(1, "results")

    def beat():
        pass

    def work():
        results.send(attempt(lambda job: process(job, beat), job))

    go(work, name="worker")
    result = results.receive()
    if result.error is not None:
        raise result.error
    return result.value
