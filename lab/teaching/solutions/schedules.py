# %% predict
# Two workers who look with nothing in between see the same, whoever is first. What matters is for
# each look whether it comes before or after a change. So count for each worker alone, and multiply;
# all see the same only if all looks come before, between, or after the changes. Or explore it:
found = explore(
    new_limit, *predict.numbers, check=lambda run: len(set(run.value)) == 1, how="every"
)
counts = (found.schedules, found.failures)


# %% read
# A `store` writes what this worker had loaded, and its own amount. What others have stored in
# between is lost.
def total_of(order, amounts):
    total, loaded = 0, {}
    for worker in order:
        if worker in loaded:
            total = loaded[worker] + amounts[int(worker[-1]) - 1]
        else:
            loaded[worker] = total
    return total


amounts, orders = read.numbers
totals = [total_of(order, amounts) for order in orders]


# %% order
# Look for the amounts that make up the total; the other additions are to be lost. Of those that are
# kept, the last one loads, then all that are to be lost load and store, and then it stores: what
# they have stored is overwritten.
amounts, wanted = order.numbers
for size in range(1, len(amounts)):
    for chosen in combinations(amounts, size):
        if sum(chosen) == wanted:
            kept = [1 + amounts.index(amount) for amount in chosen]
lost = [number for number in (1, 2, 3, 4) if number not in kept]
*before, last = kept
numbers = [n for n in before for _ in range(2)] + [last]
numbers += [n for n in lost for _ in range(2)] + [last]
turns = [f"worker-{number}" for number in numbers]


# %% repair
# Between `load` and `store` another worker could look as well: both saw 2, both wrote 1, and nobody
# was the last one. `add` counts down and tells what is left, in one step: exactly one worker is
# told 0. The other way is that of the basic pool: a task of its own waits until all workers have
# ended, and then closes the results.
def my_pool(jobs, workers):
    def worker():
        for job in queue:
            results.send(job * 2)
        if left.add(-1) == 0:
            results.close()

    queue, results = filled(jobs), Channel(len(jobs), "results")
    left = AtomicInt(workers, "workers left")
    with TaskGroup() as group:
        for number in range(1, workers + 1):
            group.spawn(worker, name=f"worker-{number}")
        return list(results)


# %% extend
# Results come in any order, so sort them first; a check that asks for `[2, 4, 6]` as they are
# refuses pools that are right. Counting them does not notice that a job was done twice while
# another was lost, a set does not notice that one was done again, and their sum can be right by
# chance.
def right(run):
    return sorted(run.value) == [2, 4, 6]
