"""Answers to the capstones."""

from answers import crawling, importing, thumbnailing

RIGHT = {**crawling.RIGHT, **importing.RIGHT, **thumbnailing.RIGHT}
WRONG = {**crawling.WRONG, **importing.WRONG, **thumbnailing.WRONG}
ENDLESS = {**crawling.ENDLESS, **importing.ENDLESS, **thumbnailing.ENDLESS}
