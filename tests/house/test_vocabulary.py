"""What the lab passes on to a pool and what it keeps for itself have different names."""

import importlib
import inspect
import pkgutil

import pytest

import lab
import patterns
from lab import all_schedules, count_orders, explore, measure, observe, simulate, sweep

VERBS = (all_schedules, count_orders, explore, measure, observe, simulate, sweep)
MODULES = [
    module
    for _, module, is_package in pkgutil.walk_packages(patterns.__path__, "patterns.")
    if not is_package and ".concurrency" not in module and not module.endswith("__main__")
]


def own_keywords(verb):
    parameters = inspect.signature(verb).parameters.values()
    return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_takes_the_pool_first_and_passes_options_on(verb):
    kinds = [p.kind for p in inspect.signature(verb).parameters.values()]
    assert kinds[0] is inspect.Parameter.POSITIONAL_ONLY
    assert kinds[-1] is inspect.Parameter.VAR_KEYWORD


@pytest.mark.parametrize("name", MODULES)
def test_no_pool_has_an_option_that_a_verb_keeps_for_itself(name):
    module = importlib.import_module(name)
    kept = set().union(*map(own_keywords, VERBS))
    for function in vars(module).values():
        if inspect.isfunction(function) and function.__module__ == name:
            taken = kept & set(inspect.signature(function).parameters)
            assert not taken, f"{name}.{function.__name__}"


def test_all_that_the_lab_offers_is_there():
    assert sorted(lab.__all__) == lab.__all__
    assert all(getattr(lab, name) for name in lab.__all__)
    assert set(lab._HOME) == set(lab.__all__)


def test_what_it_does_not_offer_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'lab' has no attribute 'simulat'"):
        lab.simulat  # noqa: B018
