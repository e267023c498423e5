# %% predict
# Whoever is free takes the next job, so note for each worker when it is free; or let the
# simulation do it.
seconds = simulate(basic.run, predict.numbers, sleep, workers=3).elapsed


# %% read
# Look at what the workers take at 0 s: the three longest jobs, the three shortest, or neither.
def order_of(run):
    seconds = [*run.value.submitted]
    if seconds == sorted(seconds):
        return "shortest first"
    return "longest first" if seconds == sorted(seconds, reverse=True) else "as they came"


found = {order_of(run): letter for letter, run in read.numbers.items()}
letters = found["as they came"] + found["longest first"] + found["shortest first"]


# %% repair
# The first worker that finds no more jobs closes `results`, while others still have one in hand.
# Only when the last worker has ended is nothing more to come: `basic.work` runs the workers in a
# group of their own, and leaving that group is this moment.
def my_pool(jobs, workers, buffer):
    queue, results = Channel(buffer, "jobs"), Channel(buffer, "results")

    def worker():
        for job in queue:
            sleep(1)
            results.send(job * 2)

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        return list(results)


# %% extend
# `islice` ends the loop after the last result that is wanted. Other workers are still busy, and
# one may be waiting to hand on a result that nobody takes: cancelling the group's context wakes
# whatever its tasks wait for.
def first(wanted, jobs, workers, process):
    queue, results = Channel(len(jobs), "jobs"), Channel(0, "results")

    def worker():
        for job in queue:
            results.send(process(job))

    with TaskGroup() as group:
        group.spawn(submit, jobs, queue)
        group.spawn(basic.work, workers, worker, results)
        collected = list(islice(results, wanted))
        group.context.cancel("seen enough")
    return collected


# %% ordered
# A result says only what came out, so each job travels with its number, and so does its result.
# Sorting by number, and only by it, needs nothing of the results themselves.
def in_order(jobs, workers, process):
    queue, results = Channel(workers, "jobs"), Channel(workers, "results")

    def worker():
        for number, job in queue:
            results.send((number, process(job)))

    with TaskGroup() as group:
        group.spawn(submit, enumerate(jobs), queue)
        group.spawn(basic.work, workers, worker, results)
        return [result for _, result in sorted(results, key=lambda pair: pair[0])]
