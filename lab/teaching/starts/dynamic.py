# %% predict
seconds = None  # when the last job is done

# %% read
letters = None  # such as "ABCD"


# %% repair
def add_worker(count, max_workers):
    if count.load() >= max_workers:
        return False
    count.add(1)
    return True


# %% extend
def autoscale(pool):
    while True:
        sleep(0.1)
        if pool.in_flight > 2 * pool.worker_count:
            pool.add_worker()


# %% drain
def shut_down(pool, seconds):
    pool.stop()
    return pool.report.never_started
