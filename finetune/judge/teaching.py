"""Teach a branch: which domain an instruction means, and whether any API serves it, by what the model reads.

The embedding model has read every instruction before, as far as where the branch leaves it, and stays as it
is; the branch begins as a copy of the model's last layers. Domains are learnt from those that are served,
being served from all. Works on readings and arrays; knows nothing about texts.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from finetune.judge.beginning import layers_of, norm_of, numbers
from finetune.judge.fitting import Flags, Numbers
from retriever.branch import EPSILON, Branch, Floats, Layers, of_tensors
from retriever.embedding import one_core, usable_cores

if TYPE_CHECKING:
    import torch

EPOCHS: Final = 5
FEWEST_STEPS: Final = 300
"""Where an epoch has few batches there are more epochs."""
BATCH: Final = 64
RATE: Final = 2e-3
LAYERS_RATE: Final = 2e-4
"""Of the layers, which begin with what the model knows."""
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

    `values` are the states of all tokens, shape (tokens, dimensions), in 16 bits; those of text `row` lie
    from `starts[row]` up to `starts[row + 1]`.
    """

    values: NDArray[np.float16]
    starts: Numbers

    @classmethod
    def of(cls, texts: Sequence[NDArray[np.floating]]) -> States:
        """The states of these texts, shape (tokens, dimensions) each."""
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
    """What branches are taught, one entry a row, and where they begin.

    They leave the model `after` so many of its layers, with weights like `layers`. `features` have the shape
    (rows, features), `domains` are places below `count`, of rows that are `served`.
    """

    after: int
    layers: Layers
    states: States
    features: Floats
    domains: Numbers
    served: Flags
    count: int


def teach_branches(
    lessons: Lessons, parts: Sequence[Numbers], seed: int, told: Callable[[int, int], None]
) -> list[Branch]:
    """A branch for each of these parts, which are rows, side by side on the cores that there are.

    Its outputs are logits, one a domain and last that of being served. Each is taught on one core, so that on
    like machines the same seed gives the same branches however many cores there are. `told` hears how many
    steps are done, of how many.
    """
    steps = sum(math.prod(_epochs_and_batches(len(rows))) for rows in parts)
    workers = min(usable_cores(), len(parts))
    if workers == 1:
        return _one_by_one(lessons, parts, seed, steps, told)
    context = multiprocessing.get_context("spawn")  # torch's threads don't outlive a fork
    done = context.Value("q", 0)
    with tempfile.TemporaryDirectory(prefix="callsmith-branches-") as folder:
        # Mapped, the states lie in memory once, and not once a process.
        kept = Path(folder) / "states.npy"
        np.save(kept, lessons.states.values)
        bare = replace(lessons, states=States(np.zeros((0, 0), dtype=np.float16), lessons.states.starts))
        with ProcessPoolExecutor(workers, context, _begin, (kept, bare, done)) as pool:
            taught = [pool.submit(_teach_here, rows, seed) for rows in parts]
            while wait(taught, timeout=_LOOKED_AT_EVERY).not_done:
                told(done.value, steps)
    told(steps, steps)
    return [one.result() for one in taught]


def _one_by_one(
    lessons: Lessons, parts: Sequence[Numbers], seed: int, steps: int, told: Callable[[int, int], None]
) -> list[Branch]:
    done = itertools.count(1)
    return [_taught(lessons, rows, seed, lambda: told(next(done), steps)) for rows in parts]


_here: tuple[Lessons, Callable[[], None]]
"""Of a process that teaches: what it teaches, and whom it tells of a step."""


def _begin(kept: Path, bare: Lessons, done: Synchronized[int]) -> None:
    parent = multiprocessing.parent_process()

    def step() -> None:
        if parent is None or not parent.is_alive():
            sys.exit("nobody waits for this branch any more")
        with done.get_lock():
            done.value += 1

    global _here  # noqa: PLW0603 - a process of its own, which has nothing else
    values = np.load(kept, mmap_mode="r")
    _here = replace(bare, states=replace(bare.states, values=values)), step


def _teach_here(rows: Numbers, seed: int) -> Branch:
    lessons, step = _here
    return _taught(lessons, rows, seed, step)


def _epochs_and_batches(rows: int) -> tuple[int, int]:
    batches = -(-rows // BATCH)
    return max(EPOCHS, -(-FEWEST_STEPS // batches)), batches


def _taught(lessons: Lessons, rows: Numbers, seed: int, step: Callable[[], None]) -> Branch:
    """One branch, on one core."""
    import torch  # noqa: PLC0415 - seconds to import

    rows = np.asarray(rows)
    epochs, batches = _epochs_and_batches(len(rows))
    with torch.random.fork_rng(devices=[]), one_core():
        torch.manual_seed(seed)
        growing = _growing(lessons)
        layers = list(growing.layers.parameters())
        others = [one for name, one in growing.named_parameters() if not name.startswith("layers.")]
        optimizer = torch.optim.AdamW(
            [{"params": layers, "lr": LAYERS_RATE}, {"params": others, "lr": RATE}],
            weight_decay=DECAY,
            fused=True,
        )
        steps = epochs * batches
        rate = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda done: min(1.0, (done + 1) / _WARM) * max(0.01, 1 - done / steps)
        )
        loss_of = _Loss(lessons, rows)
        for epoch in range(epochs):
            for batch in _batches(lessons, rows, np.random.default_rng((seed, epoch))):
                with _in_16_bits():
                    outputs = growing(*_fed(lessons, batch, FORGOTTEN))
                loss = loss_of(outputs.float(), batch)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(growing.parameters(), 1.0)
                optimizer.step()
                rate.step()
                step()
    return _branch_of(growing, lessons)


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


def _in_16_bits() -> AbstractContextManager[Any]:
    """Where a core multiplies matrices of 16 bits at once, several times as quick, it does."""
    import torch  # noqa: PLC0415 - seconds to import

    able = bool(torch.cpu.get_capabilities().get("amx_bf16"))
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=able)


def _growing(lessons: Lessons) -> Any:
    """The branch as a module that can be taught; it gives outputs of what `_fed` gives."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415
    from torch.nn import functional  # noqa: PLC0415

    beginning, dimensions, outputs = lessons.layers, lessons.layers.dimensions, lessons.count + 1
    heads = beginning.heads

    def linear(weights: Floats, bias: Floats) -> nn.Linear:
        found = nn.Linear(*weights.shape)
        with torch.no_grad():
            found.weight.copy_(torch.as_tensor(weights.T))
            found.bias.copy_(torch.as_tensor(bias))
        return found

    def norm(both: Floats) -> nn.LayerNorm:
        found = nn.LayerNorm(both.shape[1], EPSILON)
        with torch.no_grad():
            found.weight.copy_(torch.as_tensor(both[0]))
            found.bias.copy_(torch.as_tensor(both[1]))
        return found

    class Layer(nn.Module):
        """One of them."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.asked = linear(beginning.asked[place], beginning.asked_bias[place])
            self.told = linear(beginning.told[place], beginning.told_bias[place])
            self.told_norm = norm(beginning.told_norm[place])
            self.up = linear(beginning.up[place], beginning.up_bias[place])
            self.down = linear(beginning.down[place], beginning.down_bias[place])
            self.down_norm = norm(beginning.down_norm[place])
            self.dropout = nn.Dropout(DROPOUT)

        def forward(self, states: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
            rows, tokens = there.shape
            mixed = self.asked(states).view(rows, tokens, 3, heads, dimensions // heads)
            queries, keys, values = mixed.permute(2, 0, 3, 1, 4).float()  # its way back is slow in 16 bits
            with torch.autocast("cpu", enabled=False):
                seen = functional.scaled_dot_product_attention(
                    queries, keys, values, attn_mask=there[:, None, None, :]
                )
            told = self.told(seen.transpose(1, 2).reshape(rows, tokens, dimensions))
            states = self.told_norm(states + self.dropout(told))
            risen = functional.gelu(self.up(states), approximate="tanh")
            found: torch.Tensor = self.down_norm(states + self.dropout(self.down(risen)))
            return found

    class Growing(nn.Module):
        """All of it."""

        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([Layer(place) for place in range(len(beginning))])
            self.last = nn.LayerNorm(2 * dimensions, EPSILON)
            self.out = nn.Linear(2 * dimensions, outputs)
            self.direct = nn.Linear(lessons.features.shape[1], outputs, bias=False)
            self.dropout = nn.Dropout(DROPOUT)
            nn.init.zeros_(self.direct.weight)

        def forward(self, states: torch.Tensor, there: torch.Tensor, features: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                states = layer(states, there)
            kept = there[..., None]
            mean = (states * kept).sum(dim=1) / kept.sum(dim=1)
            largest = states.masked_fill(~kept, -torch.inf).max(dim=1).values
            together = self.dropout(self.last(torch.cat([mean, largest], dim=1)))
            found: torch.Tensor = self.out(together) + self.direct(features)
            return found

    return Growing()


def _branch_of(growing: Any, lessons: Lessons) -> Branch:
    """What was learnt, as a file keeps it: what is judged on folds is what will be served."""
    layers = layers_of(lessons.layers.heads, [dict(layer.named_children()) for layer in growing.layers])
    found = Branch(
        after=lessons.after,
        layers=layers,
        last=norm_of(growing.last),
        out=numbers(growing.out.weight).T,
        direct=numbers(growing.direct.weight).T,
        bias=numbers(growing.out.bias),
    )
    return of_tensors(found.tensors())
