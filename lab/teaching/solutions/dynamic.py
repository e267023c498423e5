# %% predict
# Those who are told to leave finish what they have in hand first; what is left then falls to those
# who stay. If leaving meant dropping the job, it would have to be begun a second time. Let the
# simulation do it.
def leaving(jobs, seconds, workers, leavers, told):
    pool = DynamicPool(lambda job: sleep(seconds), min_workers=1, max_workers=workers)
    with pool.start():
        while pool.add_worker():
            pass
        for job in range(jobs):
            pool.submit(job)
        sleep(told)
        for _ in range(leavers):
            pool.remove_worker()


seconds = simulate(leaving, *predict.numbers).elapsed


# %% read
# Only who is cancelled has jobs that were cut short. Only a pool that is stopped leaves jobs that
# were never started, besides. Of the two others, one begins with two workers and ends with four.
def at_work_first(run):
    return sum(job.started == 0 for job in run.trace.jobs if job.started is not None)


def reading(run):
    report = run.value
    if report.cancelled:
        return 4
    if report.never_started:
        return 3
    return 1 if at_work_first(run) == 2 else 2


letters = "".join(sorted(read.numbers, key=lambda letter: reading(read.numbers[letter])))


# %% repair
# Between `load` and `add` another task may do the same, so the two must become one step.
# `compare_and_swap` changes the number only if it is still the one that was seen. If it is not,
# somebody was quicker. That does not mean that there is no room, so one has to look again. Adding
# first and taking it back would have too many for a moment; trying once would turn somebody away
# only because somebody else was quicker.
def add_worker(count, max_workers):
    while (seen := count.load()) < max_workers:
        if count.compare_and_swap(seen, seen + 1):
            return True
    return False


# %% extend
# Fewer jobs in flight than workers means that somebody has nothing to do. That alone is no reason
# to send one away, for in the next moment a job may come. So the autoscaler counts how often in a
# row it has seen that; and after each worker that is sent away the count begins again, so that it
# does not find out too late that one was too many. To send workers away only when `in_flight` is 0
# is not enough: under the steady load that never happens.
def autoscale(pool):
    calm = 0
    while True:
        sleep(0.1)
        calm = calm + 1 if pool.in_flight < pool.worker_count else 0
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()
        elif calm >= 5 and pool.remove_worker():
            calm = 0


# %% drain
# `close` comes first, so that nothing is added to what is there. Joining ends when all is done, or
# when time is up, which raises `Cancelled` in the block, and only there. `stop` drops what waits;
# the second `join` waits for what is in work, so that nothing is begun once the list is made.
def shut_down(pool, seconds):
    pool.close()
    with suppress(Cancelled), TaskGroup(Context(timeout=seconds)):
        pool.join()
    pool.stop()
    pool.join()
    return pool.report.never_started
