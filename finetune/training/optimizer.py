"""Muon for the matrices between layers, AdamW for everything else: torch's two optimizers as one.

Muon (Jordan et al. 2024) takes a step of even strength in all directions of a matrix, by orthogonalising its
momentum. A small model trained from scratch finds out how to copy from its prompt with half the tokens.
Embeddings, norms and the head stay with AdamW, as its authors advise.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

import torch
from torch import nn
from torch.optim import AdamW, Muon, Optimizer


class MuonWithAdamW(Optimizer):
    """One optimizer to whoever steps, schedules and saves it; the groups are those of the two, Muon's first.

    `learning_rate` serves both: Muon's steps are scaled to the size that AdamW's have (Liu et al. 2025,
    Muon is Scalable for LLM Training, section 2.2).
    """

    def __init__(
        self, model: nn.Module, *, learning_rate: float, weight_decay: float, betas: tuple[float, float]
    ) -> None:
        inner, outer, plain = _sorted(model)
        muon = Muon(inner, lr=learning_rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
        groups = [{"params": outer, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self._both: tuple[Muon, AdamW] = (muon, AdamW(groups, lr=learning_rate, betas=betas))
        super().__init__([*inner, *outer, *plain], {"lr": learning_rate})
        self._share_groups()

    def _share_groups(self) -> None:
        """A learning rate that is set here is set there."""
        self.param_groups = [group for one in self._both for group in one.param_groups]

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """One step of both."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for one in self._both:
            one.step()  # type: ignore[no-untyped-call]  # Muon's is untyped
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for one in self._both:
            one.zero_grad(set_to_none)

    def state_dict(self) -> dict[str, Any]:
        """What both remember."""
        return {"muon": self._both[0].state_dict(), "adamw": self._both[1].state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from what both remembered."""
        for name, one in zip(("muon", "adamw"), self._both, strict=True):
            one.load_state_dict(state_dict[name])
        self._share_groups()


def _sorted(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter], list[nn.Parameter]]:
    """Trained parameters: matrices between layers, embeddings and head, and what has one dimension."""
    ends = {
        id(module.weight)
        for name, module in model.named_modules()
        if isinstance(module, nn.Embedding) or (isinstance(module, nn.Linear) and name.endswith("lm_head"))
    }
    trained = [one for one in model.parameters() if one.requires_grad]
    inner = [one for one in trained if one.ndim == 2 and id(one) not in ends]
    outer = [one for one in trained if id(one) in ends]
    return inner, outer, [one for one in trained if one.ndim != 2]
