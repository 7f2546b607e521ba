"""TRL's trainer for supervised fine-tuning, as a training of calls needs it.

Adds to it: an order of rows that a resumed training repeats, exact calls as the measure of the best
checkpoint, checkpoints that survive a kill, FSDP2 on CPUs, logits of answers only. Takes from it: telemetry,
and a model card of its own. Imports all of torch, transformers and TRL: import it where a training begins.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin
from datasets import Dataset
from torch.nn import functional
from torch.utils.data import Sampler
from transformers import PreTrainedModel, PreTrainedTokenizerBase, PrinterCallback, TrainerCallback
from transformers.trainer_utils import EvalLoopOutput
from trl import SFTConfig, SFTTrainer

from finetune.training.config import Order, TrainingConfig
from finetune.training.greedy import Asking, exact_of, exact_shares
from finetune.training.optimizer import MuonWithAdamW
from finetune.training.resume import checkpoint_of, keep_newest, mark_whole
from finetune.training.rows import IGNORED, Row

if TYPE_CHECKING:
    from peft import LoraConfig

LAYER: Final = "LlamaDecoderLayer"
"""The module that FSDP gathers at once."""
_SCHEDULES: Final = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
_MULTIPLE: Final = 32
"""What batches are padded to a multiple of on CPUs: oneDNN keeps kernels of every shape that it meets, and a
training would come to need gigabytes."""
_GROUP: Final = 50
"""Batches among which rows of like length are put together."""


class RowOrder(Sampler[int]):
    """In which order rows are learnt: the same for the same seed and epoch, whoever asks and however often.

    Whole batches only: an epoch leaves out as many rows as make no batch, other ones each time if it can.
    `lengths` are given where rows of like length shall make one batch: rows are taken for some batches at a
    time, sorted, and dealt out to batches in a random order.
    """

    def __init__(self, count: int, batch: int, seed: int, order: Order, lengths: Sequence[int] = ()) -> None:
        self.epoch = 0
        self._count, self._batch, self._seed = count, batch, seed
        self._order, self._lengths = order, lengths

    def __len__(self) -> int:
        return self._count // self._batch * self._batch

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self.epoch)
        in_order = self._order == "given" or (self._order == "staged" and self.epoch == 0)
        numbers = (
            range(self._count) if in_order else torch.randperm(self._count, generator=generator).tolist()
        )
        rows = numbers[: len(self)]
        return self._alike(rows, generator) if self._order in {"grouped", "staged"} else iter(rows)

    def _alike(self, rows: Sequence[int], generator: torch.Generator) -> Iterator[int]:
        """Some batches' rows at a time, so that rows of like length come in one batch."""
        for start in range(0, len(rows), _GROUP * self._batch):
            some = sorted(rows[start : start + _GROUP * self._batch], key=lambda row: self._lengths[row])
            for batch in torch.randperm(len(some) // self._batch, generator=generator).tolist():
                yield from some[batch * self._batch : (batch + 1) * self._batch]


class _EpochTold(TrainerCallback):
    """Tells the order of rows which epoch begins; a resumed one is the one that was broken off."""

    def __init__(self, order: RowOrder) -> None:
        self._order = order

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        self._order.epoch = math.floor((state.epoch or 0.0) + 1e-6)


@dataclass(frozen=True, slots=True)
class Material:
    """What a training works with: encoded rows, and the rows that are answered at an evaluation."""

    train: Dataset
    validation: Dataset
    exact: Sequence[Row]


class CallTrainer(SFTTrainer):  # type: ignore[misc]  # untyped where TRL is
    """Teaches a model to write the call; see the module's head for what it does otherwise than TRL's."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a training works with
        self,
        config: TrainingConfig,
        args: SFTConfig,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        material: Material,
        callbacks: Sequence[TrainerCallback] = (),
    ) -> None:
        self._config = config
        self._exact_rows = material.exact
        self._checkpoints = Path(args.output_dir)
        lengths = material.train["length"] if config.by_length else ()
        self.order = RowOrder(
            len(material.train), config.train.batch, config.train.seed, config.train.order, list(lengths)
        )
        super().__init__(
            model=model,
            args=args,
            train_dataset=material.train,
            eval_dataset=material.validation,
            processing_class=tokenizer,
            callbacks=[_EpochTold(self.order), *callbacks],
            peft_config=lora_config(config) if config.train.method == "lora" else None,
        )
        self.remove_callback(PrinterCallback)  # stdout is for results; `callbacks` tells of steps

    # --- what it takes from TRL's ---------------------------------------------------------------------

    def _send_telemetry(self) -> None:
        """Nobody is told what is trained here."""

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """`card` writes the card, with the finished model."""

    # --- FSDP on CPUs ---------------------------------------------------------------------------------

    def create_accelerator_and_postprocess(self) -> None:
        """Have several processes share the model by FSDP on CPUs too, where accelerate would copy it.

        accelerate (1.15) takes FSDP's plugin up on GPUs only; what it does with it then needs none.
        """
        super().create_accelerator_and_postprocess()
        state = self.accelerator.state
        if self.args.fsdp_plugin_args is not None and state.distributed_type == DistributedType.MULTI_CPU:
            plugin = FullyShardedDataParallelPlugin(**self.args.fsdp_plugin_args)
            if state.mixed_precision != "no":
                plugin.set_mixed_precision(state.mixed_precision)
            state.fsdp_plugin = plugin
            state.distributed_type = DistributedType.FSDP
            self.is_fsdp_enabled = True

    # --- optimizer ------------------------------------------------------------------------------------

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """What the config names; transformers has AdamW itself."""
        train = self._config.train
        if train.optimizer == "muon":
            self.optimizer: torch.optim.Optimizer | None = self.optimizer or MuonWithAdamW(
                self.model if model is None else model,
                learning_rate=train.learning_rate,
                weight_decay=train.weight_decay,
                betas=(self.args.adam_beta1, train.beta2),
            )
        found: torch.optim.Optimizer = super().create_optimizer(model)
        return found

    # --- order ----------------------------------------------------------------------------------------

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler[int]:  # noqa: ARG002
        return self.order

    # --- loss -----------------------------------------------------------------------------------------

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> Any:
        """The mean negative log-likelihood of the completions' tokens.

        Logits are made of tokens that an answer follows, by the model's own head. TRL's kernel picks them
        too, on GPUs; on CPUs it makes the logits of all, and it reads the head's weights past FSDP's hooks.
        """
        if return_outputs:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        labels = inputs["labels"]
        answered = labels.roll(-1, dims=1) != IGNORED
        answered[:, -1] = False
        asked = {name: value for name, value in inputs.items() if name != "labels"}
        logits = model(**asked, use_cache=False, logits_to_keep=answered).logits
        wanted = labels[:, 1:][answered[:, :-1]]
        total = functional.cross_entropy(logits.float(), wanted, reduction="sum")
        if num_items_in_batch is None:
            return total / max(1, len(wanted))
        return total / torch.as_tensor(num_items_in_batch).clamp(min=1) * self.accelerator.num_processes

    # --- exact calls ----------------------------------------------------------------------------------

    def evaluation_loop(self, *args: Any, **kwargs: Any) -> EvalLoopOutput:
        """Loss on validation rows, and the share of drawn ones that are answered exactly.

        `score` is what the best checkpoint has most of: exact calls first, then the likelihood of a token.
        """
        output: EvalLoopOutput = super().evaluation_loop(*args, **kwargs)
        prefix = kwargs.get("metric_key_prefix", "eval")
        shares = self._exact_shares()
        rows = max(1, len(self._exact_rows))
        metrics: dict[str, float] = output.metrics or {}
        likelihood = math.exp(-min(700.0, metrics[f"{prefix}_loss"]))
        shares["score"] = shares["exact"] + likelihood / (2 * rows)
        return output._replace(metrics=metrics | {f"{prefix}_{name}": one for name, one in shares.items()})

    def _exact_shares(self) -> dict[str, float]:
        """Rows are dealt out to processes, equally many: where they don't divide, the last is repeated."""
        rows, world = self._exact_rows, self.accelerator.num_processes
        if not rows:
            return {"exact": 0.0}
        each = -(-len(rows) // world)
        mine = [
            rows[min(self.accelerator.process_index + world * turn, len(rows) - 1)] for turn in range(each)
        ]
        train = self._config.train
        asking = Asking(train.exact_batch, train.exact_tokens, together=world > 1)
        model = self.model
        training = model.training
        model.eval()
        with self._autocast():
            exact = exact_of(model, self.processing_class, mine, asking)
        model.train(training)
        found = self.accelerator.gather(torch.tensor(exact, dtype=torch.int64, device=self.args.device))
        turns = found.reshape(world, each).T.flatten().tolist()
        return exact_shares(rows, [bool(one) for one in turns[: len(rows)]])

    def _autocast(self) -> AbstractContextManager[Any]:
        found: AbstractContextManager[Any] = self.compute_loss_context_manager()
        return found

    # --- checkpoints ----------------------------------------------------------------------------------

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Write a checkpoint, mark it whole when all processes have written, then let old ones go."""
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if self.args.should_save:
            mark_whole(checkpoint_of(self._checkpoints, self.state.global_step))
            keep_newest(self._checkpoints, self._config.train.keep, self.state.best_global_step)
        self.accelerator.wait_for_everyone()


class SaveEvaluated(TrainerCallback):
    """Evaluates the last step, too, and saves what was evaluated: the best checkpoint must be there."""

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Ask for an evaluation where no other step follows."""
        if state.global_step >= state.max_steps:
            control.should_evaluate = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Ask for it."""
        control.should_save = True


def trainer_arguments(config: TrainingConfig, checkpoints: Path, *, on_cpu: bool) -> SFTConfig:
    """The config in the trainer's words. Where several processes train, they have met when this returns."""
    train, distributed = config.train, config.distributed
    shared = distributed.processes > 1
    # Where all weights are in bfloat16 there is nothing to round; asked for it, FSDP would keep float32.
    pure = train.weights == "bfloat16" and train.method == "full"
    return SFTConfig(
        output_dir=str(checkpoints),
        per_device_train_batch_size=train.micro_batch,
        per_device_eval_batch_size=train.micro_batch,
        gradient_accumulation_steps=config.accumulation,
        num_train_epochs=train.epochs or 1.0,
        max_steps=train.steps or -1,
        learning_rate=train.learning_rate,
        lr_scheduler_type=_SCHEDULES[train.schedule],
        warmup_steps=train.warm_up,
        weight_decay=train.weight_decay,
        adam_beta2=train.beta2,
        max_grad_norm=train.clip,
        bf16=train.bf16 and not pure,
        activation_checkpointing=train.activation_checkpointing and not shared,
        seed=train.seed,
        data_seed=train.seed,
        eval_strategy="steps",
        eval_steps=train.eval_steps,
        save_strategy="steps",
        save_steps=train.save_steps,
        logging_strategy="steps",
        logging_steps=train.log_steps,
        metric_for_best_model="score",
        greater_is_better=True,
        report_to="tensorboard",
        disable_tqdm=True,
        max_length=train.length,
        pad_to_multiple_of=_MULTIPLE if on_cpu else None,
        packing=train.packing,
        eval_packing=False,
        dataset_kwargs={"skip_prepare_dataset": True},  # `rows` has encoded, labelled and packed
        use_cpu=on_cpu,
        ddp_backend="gloo" if on_cpu and shared else None,
        fsdp=True if shared else None,
        fsdp_config=_fsdp(config) if shared else None,
    )


def _fsdp(config: TrainingConfig) -> dict[str, Any]:
    distributed = config.distributed
    return {
        "version": distributed.fsdp_version,
        "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
        "transformer_layer_cls_to_wrap": [LAYER],
        "reshard_after_forward": distributed.reshard_after_forward,
        "cpu_ram_efficient_loading": distributed.cpu_ram_efficient_loading,
        "state_dict_type": f"{distributed.state_dict.upper()}_STATE_DICT",
        "activation_checkpointing": config.train.activation_checkpointing,
    }


def lora_config(config: TrainingConfig) -> LoraConfig:
    """The adapters in peft's words."""
    from peft import LoraConfig  # noqa: PLC0415 - only where it is asked for

    lora = config.lora
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=list(lora.targets),
    )
