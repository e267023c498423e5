"""Typical answers to the exercises, as data: a module for each module of `lab.teaching.exercises`.

Each has three tables, from a check to its answers, which `test_answers.py` hands in:

- `RIGHT`: answers that are accepted, besides the worked solutions;
- `WRONG`: pairs of an answer and a part of the sentence that refuses it;
- `ENDLESS`: the same, for answers that never end; the check then has little patience.
"""
