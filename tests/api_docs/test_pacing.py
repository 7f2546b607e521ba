"""Long loops rest where somebody asked for it, and nowhere else."""

from __future__ import annotations

import threading

from api_docs.pacing import paced, pausing


def test_nobody_pauses_unless_it_was_asked_for() -> None:
    items = [1, 2, 3]
    assert paced(items) is items


def test_there_is_a_pause_before_every_item_and_the_items_stay_as_they_are() -> None:
    told: list[str] = []
    with pausing(lambda: told.append("pause")):
        found = [told.append(str(item)) or item for item in paced(range(2))]
    assert found == [0, 1]
    assert told == ["pause", "0", "pause", "1"]
    assert list(paced(range(2))) == [0, 1]
    assert len(told) == 4


def test_other_threads_do_not_pause() -> None:
    rests: list[None] = []
    with pausing(lambda: rests.append(None)):
        thread = threading.Thread(target=lambda: list(paced(range(9))))
        thread.start()
        thread.join()
    assert rests == []
