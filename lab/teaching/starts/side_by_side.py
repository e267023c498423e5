# %% read
letters = None  # such as "ABCDE"

# %% predict
figures = None  # (bound in s, makespan in s, percent busy)

# %% enough
needed = None  # (makespan with few workers, with as many as jobs, how many are enough)

# %% choose
names = None  # such as ["basic", "basic", "dynamic", "generic", "heartbeat"]
