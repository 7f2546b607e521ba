from __future__ import annotations

import keyword
import re

from hypothesis import given
from hypothesis import strategies as st

from finetune.dataset.made_up import MadeUp, squeezed
from tests.finetune.dataset.cases import seeded

REAL = (
    "resnet50",
    "facebook/bart-large-cnn",
    "mobilenet_v1_025_128",
    "OpenAI",
    "IMAGENET1K_V2",
    "num_classes",
)
MADE = MadeUp(REAL)


@given(seed=st.integers(), shape=st.sampled_from(REAL))
def test_a_made_up_name_is_nobodys_and_keeps_the_marks_of_its_shape(seed: int, shape: str) -> None:
    made = MADE.like(shape, seeded(seed))
    assert squeezed(made) not in {squeezed(name) for name in REAL}
    marks = re.sub(r"[A-Za-z0-9]", "", shape)
    assert re.sub(r"[A-Za-z0-9]", "", made).startswith(marks)
    assert made.isprintable()
    assert " " not in made


@given(seed=st.integers())
def test_the_same_draw_makes_the_same_name(seed: int) -> None:
    again = MadeUp(reversed(REAL))
    assert MADE.name(seeded(seed)) == again.name(seeded(seed))


def test_names_vary_as_much_as_there_are_draws() -> None:
    names = {MADE.like("mobilenet_v1_025_128", seeded(seed)) for seed in range(300)}
    assert len(names) > 290


def test_capitals_stay_capitals() -> None:
    for seed in range(50):
        letters = re.findall(r"[A-Za-z]+", MADE.like("IMAGENET_V", seeded(seed)))
        assert all(part.isupper() for part in letters), letters


@given(seed=st.integers(), shape=st.sampled_from((None, "num_classes", "1st", "class", "a-b", "_x")))
def test_a_made_up_argument_is_a_name_that_python_takes(seed: int, shape: str | None) -> None:
    made = MADE.argument(seeded(seed), shape)
    assert made.isidentifier()
    assert not keyword.iskeyword(made)
    assert not made.startswith("_")
