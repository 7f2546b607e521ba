"""Teach a ladder: which domain an instruction means, and whether any API serves it, by what the model reads.

The embedding model has read every instruction before and stays as it is, so that a ladder is taught in
minutes. Domains are learnt from those that are served, being served from all. Works on readings and arrays;
knows nothing about texts.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from finetune.judge.fitting import Flags, Numbers
from retriever.embedding import Vectors, one_core, usable_cores
from retriever.ladder import EPSILON, HEADS, Floats, Ladder

if TYPE_CHECKING:
    import torch

WIDTH: Final = 128
EPOCHS: Final = 8
FEWEST_STEPS: Final = 300
"""Where an epoch has few batches there are more epochs."""
BATCH: Final = 64
RATE: Final = 2e-3
DECAY: Final = 0.05
DROPOUT: Final = 0.1
FORGOTTEN: Final = 0.1
"""Share of tokens that are left out while it is taught, so that no single one is relied on."""
SMOOTHING: Final = 0.05
SERVED_SHARE: Final = 0.5
"""What being served weighs beside the domain. All of these were tried on one fold of the bank and did well
there; no wide search was made."""
_WARM: Final = 100
_SORTED_AT_ONCE: Final = 16
_LOOKED_AT_EVERY: Final = 0.5
"""Seconds after which progress is told."""


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """What a model read of many texts, one after the other.

    `values` are the states of all tokens, shape (tokens, rungs, dimensions), in 16 bits; those of text `row`
    lie from `starts[row]` up to `starts[row + 1]`.
    """

    values: NDArray[np.float16]
    starts: Numbers

    @classmethod
    def of(cls, texts: Sequence[NDArray[np.floating]]) -> States:
        """The states of these texts, shape (tokens, rungs, dimensions) each."""
        starts = np.cumsum([0, *map(len, texts)])
        return cls(np.concatenate([one.astype(np.float16) for one in texts]), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> Floats:
        return self.values[self.starts[row] : self.starts[row + 1]].astype(np.float32)

    def tokens(self, row: int) -> int:
        """How many a text has."""
        return int(self.starts[row + 1] - self.starts[row])


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What ladders are taught, one entry a row.

    `features` have the shape (rows, features), `domains` are places below `count`, of rows that are `served`.
    """

    states: States
    features: Floats
    domains: Numbers
    served: Flags
    count: int


def teach_ladders(
    lessons: Lessons, parts: Sequence[Numbers], seed: int, told: Callable[[int, int], None]
) -> list[Ladder]:
    """A ladder for each of these parts, which are rows, side by side on the cores that there are.

    Its outputs are logits, one a domain and last that of being served; its layers are numbered as the
    lessons' states are. Each is taught on one core, so that the same seed gives the same ladders however many
    there are. `told` hears how many steps are done, of how many.
    """
    steps = sum(math.prod(_epochs_and_batches(len(rows))) for rows in parts)
    workers = min(usable_cores(), len(parts))
    if workers == 1:
        return _one_by_one(lessons, parts, seed, steps, told)
    context = multiprocessing.get_context("spawn")  # torch's threads don't outlive a fork
    done = context.Value("q", 0)
    with tempfile.TemporaryDirectory(prefix="callsmith-ladders-") as folder:
        # Mapped, the states lie in memory once, and not once a process.
        kept = Path(folder) / "states.npy"
        np.save(kept, lessons.states.values)
        bare = replace(lessons, states=States(np.zeros((0, 0, 0), dtype=np.float16), lessons.states.starts))
        with ProcessPoolExecutor(workers, context, _begin, (kept, bare, done)) as pool:
            taught = [pool.submit(_teach_here, rows, seed) for rows in parts]
            while wait(taught, timeout=_LOOKED_AT_EVERY).not_done:
                told(done.value, steps)
    told(steps, steps)
    return [one.result() for one in taught]


def _one_by_one(
    lessons: Lessons, parts: Sequence[Numbers], seed: int, steps: int, told: Callable[[int, int], None]
) -> list[Ladder]:
    done = itertools.count(1)
    return [_taught(lessons, rows, seed, lambda: told(next(done), steps)) for rows in parts]


_here: tuple[Lessons, Callable[[], None]]
"""Of a process that teaches: what it teaches, and whom it tells of a step."""


def _begin(kept: Path, bare: Lessons, done: Synchronized[int]) -> None:
    parent = multiprocessing.parent_process()

    def step() -> None:
        if parent is None or not parent.is_alive():
            sys.exit("nobody waits for this ladder any more")
        with done.get_lock():
            done.value += 1

    global _here  # noqa: PLW0603 - a process of its own, which has nothing else
    values = np.load(kept, mmap_mode="r")
    _here = replace(bare, states=replace(bare.states, values=values)), step


def _teach_here(rows: Numbers, seed: int) -> Ladder:
    lessons, step = _here
    return _taught(lessons, rows, seed, step)


def _epochs_and_batches(rows: int) -> tuple[int, int]:
    batches = -(-rows // BATCH)
    return max(EPOCHS, -(-FEWEST_STEPS // batches)), batches


def _taught(lessons: Lessons, rows: Numbers, seed: int, step: Callable[[], None]) -> Ladder:
    """One ladder, on one core."""
    import torch  # noqa: PLC0415 - seconds to import

    rows = np.asarray(rows)
    epochs, batches = _epochs_and_batches(len(rows))
    with torch.random.fork_rng(devices=[]), one_core():
        torch.manual_seed(seed)
        climb = _climb(lessons)
        optimizer = torch.optim.AdamW(climb.parameters(), lr=RATE, weight_decay=DECAY)
        steps = epochs * batches
        rate = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda done: min(1.0, (done + 1) / _WARM) * max(0.01, 1 - done / steps)
        )
        loss_of = _Loss(lessons, rows)
        for epoch in range(epochs):
            for batch in _batches(lessons, rows, np.random.default_rng((seed, epoch))):
                loss = loss_of(climb(*_fed(lessons, batch, FORGOTTEN)), batch)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(climb.parameters(), 1.0)
                optimizer.step()
                rate.step()
                step()
    return _ladder_of(climb)


class _Loss:
    """Cross-entropy of domains where rows are served, and of being served, both kinds weighing alike."""

    def __init__(self, lessons: Lessons, rows: Numbers) -> None:
        import torch  # noqa: PLC0415

        self._domains = torch.as_tensor(lessons.domains)
        self._served = torch.as_tensor(lessons.served)
        odds = float((~lessons.served[rows]).sum() / max(1, lessons.served[rows].sum()))
        # Where all are served there is nothing to tell apart.
        self._weights = (odds**0.5, odds**-0.5) if odds > 0 else (0.0, 0.0)

    def __call__(self, outputs: torch.Tensor, batch: Numbers) -> torch.Tensor:
        import torch  # noqa: PLC0415

        functional = torch.nn.functional
        served, rows = self._served[batch], torch.as_tensor(batch)
        weights = torch.where(served, self._weights[0], self._weights[1])
        loss = SERVED_SHARE * functional.binary_cross_entropy_with_logits(
            outputs[:, -1], served.float(), weight=weights
        )
        if served.any():
            loss = loss + functional.cross_entropy(
                outputs[served, :-1], self._domains[rows[served]], label_smoothing=SMOOTHING
            )
        return loss


def _batches(lessons: Lessons, rows: Numbers, draw: np.random.Generator) -> Iterator[Numbers]:
    """All rows in an order that was drawn, such of like length together."""
    drawn, found = draw.permutation(rows), []
    for start in range(0, len(drawn), BATCH * _SORTED_AT_ONCE):
        some = sorted(drawn[start : start + BATCH * _SORTED_AT_ONCE].tolist(), key=lessons.states.tokens)
        found += [np.array(some[at : at + BATCH]) for at in range(0, len(some), BATCH)]
    for place in draw.permutation(len(found)).tolist():
        yield found[place]


def _fed(
    lessons: Lessons, batch: Numbers, forgotten: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """States filled up with zeros, which tokens there are, and features."""
    import torch  # noqa: PLC0415

    states = [lessons.states[row] for row in batch.tolist()]
    longest = max(map(len, states))
    filled = np.zeros((len(states), longest, *states[0].shape[1:]), dtype=np.float32)
    there = np.zeros((len(states), longest), dtype=np.bool_)
    for row, one in enumerate(states):
        filled[row, : len(one)], there[row, : len(one)] = one, True
    known = torch.as_tensor(there)
    gone = torch.rand(known.shape) < forgotten
    gone[:, 0] = False  # something must be left
    return torch.as_tensor(filled), known & ~gone, torch.as_tensor(lessons.features[batch])


def _climb(lessons: Lessons) -> Any:
    """The ladder as a module, which gives outputs of what `_fed` gives."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415
    from torch.nn import functional  # noqa: PLC0415

    (rungs, dimensions), outputs = lessons.states.values.shape[1:], lessons.count + 1

    class Rung(nn.Module):
        """One layer of it."""

        def __init__(self) -> None:
            super().__init__()
            self.taken_norm, self.taken = nn.LayerNorm(dimensions, EPSILON), nn.Linear(dimensions, WIDTH)
            self.asked_norm, self.asked = nn.LayerNorm(WIDTH, EPSILON), nn.Linear(WIDTH, 3 * WIDTH)
            self.told = nn.Linear(WIDTH, WIDTH)
            self.up_norm, self.up = nn.LayerNorm(WIDTH, EPSILON), nn.Linear(WIDTH, 2 * WIDTH)
            self.down = nn.Linear(2 * WIDTH, WIDTH)
            self.dropout = nn.Dropout(DROPOUT)
            nn.init.xavier_uniform_(self.asked.weight)
            nn.init.zeros_(self.asked.bias)

        def forward(
            self, climbing: torch.Tensor | float, states: torch.Tensor, there: torch.Tensor
        ) -> torch.Tensor:
            climbing = climbing + self.taken(self.taken_norm(states))
            rows, tokens = there.shape
            mixed = self.asked(self.asked_norm(climbing)).view(rows, tokens, 3, HEADS, WIDTH // HEADS)
            queries, keys, values = mixed.permute(2, 0, 3, 1, 4)
            seen = functional.scaled_dot_product_attention(
                queries, keys, values, attn_mask=there[:, None, None, :]
            )
            told = self.told(seen.transpose(1, 2).reshape(rows, tokens, WIDTH))
            climbing = climbing + self.dropout(told)
            risen = functional.gelu(self.up(self.up_norm(climbing)), approximate="tanh")
            climbed: torch.Tensor = climbing + self.dropout(self.down(self.dropout(risen)))
            return climbed

    class Climb(nn.Module):
        """All of it."""

        def __init__(self) -> None:
            super().__init__()
            self.rungs = nn.ModuleList([Rung() for _ in range(rungs)])
            self.last = nn.LayerNorm(WIDTH, EPSILON)
            self.out = nn.Linear(2 * WIDTH, outputs)
            self.direct = nn.Linear(lessons.features.shape[1], outputs, bias=False)
            self.dropout = nn.Dropout(DROPOUT)
            nn.init.zeros_(self.direct.weight)

        def forward(self, states: torch.Tensor, there: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
            climbing: torch.Tensor | float = 0.0
            for place, rung in enumerate(self.rungs):
                climbing = rung(climbing, states[:, :, place], there)
            reached = self.last(climbing)
            kept = there[..., None]
            mean = (reached * kept).sum(dim=1) / kept.sum(dim=1)
            largest = reached.masked_fill(~kept, -torch.inf).max(dim=1).values
            together = self.dropout(torch.cat([mean, largest], dim=1))
            found: torch.Tensor = self.out(together) + self.direct(features)
            return found

    return Climb()


def _ladder_of(climb: Any) -> Ladder:
    """What was learnt; the scales and shifts before a linear layer become part of it."""
    rungs = list(climb.rungs)
    taken = [_after(rung.taken_norm, rung.taken) for rung in rungs]
    asked = [_after(rung.asked_norm, rung.asked) for rung in rungs]
    up = [_after(rung.up_norm, rung.up) for rung in rungs]
    found = {
        "taken": np.stack([weights for weights, _ in taken]),
        "taken_bias": np.stack([bias for _, bias in taken]),
        "asked": np.stack([weights for weights, _ in asked]),
        "asked_bias": np.stack([bias for _, bias in asked]),
        "told": np.stack([_numbers(rung.told.weight).T for rung in rungs]),
        "told_bias": np.stack([_numbers(rung.told.bias) for rung in rungs]),
        "up": np.stack([weights for weights, _ in up]),
        "up_bias": np.stack([bias for _, bias in up]),
        "down": np.stack([_numbers(rung.down.weight).T for rung in rungs]),
        "down_bias": np.stack([_numbers(rung.down.bias) for rung in rungs]),
        "last": np.stack([_numbers(climb.last.weight), _numbers(climb.last.bias)]),
        "out": _numbers(climb.out.weight).T,
        "direct": _numbers(climb.direct.weight).T,
        "bias": _numbers(climb.out.bias),
    }
    # As a file keeps them: what is judged on folds is what will be served.
    kept = {name: values.astype(np.float16).astype(np.float32) for name, values in found.items()}
    return Ladder(layers=np.arange(len(rungs)), **kept)


def _after(norm: Any, linear: Any) -> tuple[Vectors, Vectors]:
    """Weights and bias of a linear layer together with the scale and the shift before it."""
    weights = _numbers(linear.weight).T
    return _numbers(norm.weight)[:, None] * weights, _numbers(norm.bias) @ weights + _numbers(linear.bias)


def _numbers(values: torch.Tensor) -> Vectors:
    return values.detach().numpy()
