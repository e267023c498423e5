# %% read
# Blocked where a job begins: nothing goes on beside another one, so these are the tasks. Blocked in
# the middle, before it computes: threads with the GIL. Of the two that block nobody, the one that
# begins late is the processes.
def form(run):
    trace = trace_of(run)
    blocked = [span.start for span in trace.spans if span.state == "blocked"]
    if blocked:
        return "tasks" if min(blocked) == 0 else "with"
    return "processes" if min(job.started for job in trace.jobs) > 0 else "without"


found = {form(run): letter for letter, run in read.numbers.items()}
letters = found["with"] + found["without"] + found["processes"] + found["tasks"]

# %% predict
# The lock is kept by as many threads as a job's whole time is longer than its computing: while one
# computes, the others wait. Each process has a lock of its own.
given = predict.numbers
jobs, wait, compute = given["jobs"], given["wait"], given["compute"]
run = simulate(under_the_gil, jobs, given["threads"], wait / 1000, compute / 1000)
rounds = -(-jobs // given["processes"])
figures = (1000 * makespan(run), (wait + compute) // compute, rounds * (wait + compute))


# %% repair
# Before a job is submitted that there is no room for, the oldest one is waited for. `exception`
# waits, too, and does not raise what the job raised; so no exception ends the loop, or is lost.
def all_pages(executor, process, jobs, room):
    waiting, results = deque(), []

    def ask_the_oldest():
        future = waiting.popleft()
        error = future.exception()
        results.append(future.result() if error is None else error)

    for job in jobs:
        if len(waiting) == room:
            ask_the_oldest()
        waiting.append(executor.submit(process, job))
    while waiting:
        ask_the_oldest()
    return results


# %% choose
# Jobs that compute in Python need processes. Of those that wait: thousands in an async program are
# tasks, too many for memory need a queue with a limit, and a deadline that must reach blocking code
# needs this workbook's patterns. What is left is the executor.
forms = {
    "a few jobs that wait, and may be waited for": "threads",
    "so many jobs that wait that the submitter must wait, too": "queue_threads",
    "thousands of connections that wait": "tasks",
    "jobs that compute in Python, with the GIL": "processes",
    "blocking jobs that a deadline must reach, all accounted for": "patterns",
}
names = [forms[need] for need in choose.numbers.values()]
