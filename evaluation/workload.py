"""Instructions to load a service with: as many distinct ones as asked for, in people's words.

For speed only. They say what a task's typical uses are, in the task table's words, so nothing about
answer quality can be read off them.
"""

from __future__ import annotations

import itertools
import random

from api_docs.tasks import TASKS

OPENINGS = (
    "I run a small shop and want to",
    "Our clinic would like to",
    "For a school project I have to",
    "We are a museum with a large archive and need to",
    "My app should",
    "As a journalist I often have to",
    "Our farm cooperative wants to",
    "In the warehouse we must",
    "A customer asked us to",
    "For my thesis I would like to",
    "The city's transport office plans to",
    "We build a mobile game that has to",
)
ENDINGS = (
    "on a phone without a network.",
    "for several thousand files a day.",
    "and it should run on a plain CPU.",
    "with good accuracy, speed matters less.",
    "for people who speak different languages.",
    "and show the result on a web page.",
    "before the season starts.",
    "and keep the cost low.",
    "from old scans and recordings.",
    "for the yearly report.",
)


def instructions(count: int, seed: int = 0) -> list[str]:
    """`count` distinct instructions of 10 to 40 words, the same for the same seed.

    Raises:
        ValueError: when the table can't make so many.
    """
    uses = [use for task in TASKS.values() for use in task.uses]
    every = [
        f"{opening} {use} {ending}" for opening, use, ending in itertools.product(OPENINGS, uses, ENDINGS)
    ]
    if count > len(every):
        raise ValueError(f"{count} instructions asked for; the task table makes {len(every)}")
    return random.Random(seed).sample(every, count)  # noqa: S311 - a workload, no secret
