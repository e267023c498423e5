"""Answers to the capstones."""

from answers import crawling

RIGHT = {**crawling.RIGHT}
WRONG = {**crawling.WRONG}
ENDLESS = {**crawling.ENDLESS}
