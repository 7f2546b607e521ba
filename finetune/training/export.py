"""From a training's checkpoint to a model's folder that an engine serves."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_docs.errors import ModelWeightsError
from finetune.training.config import TrainingConfig

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_SHARDED = "pytorch_model_fsdp_0"
"""Where FSDP's processes write their pieces of the weights, within a checkpoint."""


def load_trained(checkpoint: Path, start: Path, config: TrainingConfig) -> PreTrainedModel:
    """The model of a checkpoint, whole and in the type that it is to be written in.

    Adapters are added to the base where the config wants that. All of it is in memory, once in float32.

    Raises:
        ModelWeightsError: when the checkpoint's weights can't be read.
    """
    import torch  # noqa: PLC0415 - heavy
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    dtype = getattr(torch, config.train.export)
    sharded = _read_sharded(checkpoint) if (checkpoint / _SHARDED).is_dir() else None
    if config.train.method == "lora":
        return _with_adapters(checkpoint, start, config, sharded)
    if sharded is None:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=dtype)
        return model
    model = AutoModelForCausalLM.from_pretrained(start, dtype=dtype)
    missing, unknown = model.load_state_dict(sharded, strict=False)
    if unknown or any(not name.startswith("lm_head.") for name in missing):  # a tied head is not there
        raise ModelWeightsError(
            f"{str(checkpoint)!r} does not hold the weights of {str(start)!r}: missing {missing[:3]}, "
            f"unknown {unknown[:3]}; train again from the start"
        )
    return model


def _read_sharded(checkpoint: Path) -> dict[str, Tensor]:
    """The pieces of FSDP's processes put together, by the model's names."""
    import torch  # noqa: PLC0415 - heavy
    from torch.distributed.checkpoint.format_utils import dcp_to_torch_save  # noqa: PLC0415

    whole = checkpoint / "whole.pt"
    try:
        dcp_to_torch_save(checkpoint / _SHARDED, whole)
        found: dict[str, Any] = torch.load(whole, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, RuntimeError) as exc:
        raise ModelWeightsError(f"{str(checkpoint / _SHARDED)!r} can't be read: {exc}") from exc
    finally:
        whole.unlink(missing_ok=True)
    tensors: dict[str, Tensor] = found.get("model", found)
    return tensors


def _with_adapters(
    checkpoint: Path, start: Path, config: TrainingConfig, sharded: dict[str, Tensor] | None
) -> PreTrainedModel:
    import torch  # noqa: PLC0415 - heavy
    from peft import PeftModel, get_peft_model, set_peft_model_state_dict  # noqa: PLC0415
    from transformers import AutoModelForCausalLM  # noqa: PLC0415

    from finetune.training.trainer import lora_config  # noqa: PLC0415

    base = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    if sharded is None:
        tuned: Any = PeftModel.from_pretrained(base, checkpoint)
    else:
        tuned = get_peft_model(base, lora_config(config))
        set_peft_model_state_dict(tuned, sharded)
    if config.lora.merge:
        tuned = tuned.merge_and_unload()
    model: PreTrainedModel = tuned.to(getattr(torch, config.train.export))
    return model


def write_model(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, into: Path) -> None:
    """Write safetensors, config and tokenizer into a folder, readable by whoever serves them."""
    model.save_pretrained(into)
    tokenizer.save_pretrained(into)
    for path in into.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def copy_licences(start: Path, into: Path) -> None:
    """Have the licence files of the base go with what was made of it."""
    for pattern in ("LICENSE*", "USE_POLICY*", "NOTICE*"):
        for path in start.glob(pattern):
            shutil.copyfile(path, into / path.name)
