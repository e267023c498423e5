"""Answers to the capstones."""

from answers import crawling, importing

RIGHT = {**crawling.RIGHT, **importing.RIGHT}
WRONG = {**crawling.WRONG, **importing.WRONG}
ENDLESS = {**crawling.ENDLESS, **importing.ENDLESS}
