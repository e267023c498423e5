# %% predict
seconds = None  # when all jobs are done

# %% read
letters = None  # such as "ABC"


# %% repair
def my_pool(jobs, workers, buffer):
    queue, results = Channel(buffer, "jobs"), Channel(buffer, "results")

    def worker():
        for job in queue:
            sleep(1)
            results.send(job * 2)
        results.close()

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        return list(results)


# %% extend
def first(wanted, jobs, workers, process):
    queue, results = Channel(len(jobs), "jobs"), Channel(0, "results")

    def worker():
        for job in queue:
            results.send(process(job))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return list(islice(results, wanted))


# %% ordered
def in_order(jobs, workers, process):
    queue, results = Channel(workers, "jobs"), Channel(workers, "results")

    def worker():
        for job in queue:
            results.send(process(job))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return list(results)
