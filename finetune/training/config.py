"""What one run of training is asked for: a TOML file, read into models that refuse what they don't know.

A config has the sections [model], [train] and [data], and [lora], [distributed] where they are needed. It
says nothing about this machine: where the data are and where the model goes are the command's own arguments.
"""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeGuard, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api_docs.errors import ConfigurationError
from finetune.dataset.settings import DataSettings
from finetune.weights.scratch import SMALLEST_VOCABULARY
from finetune.weights.shapes import LlamaShape, eight_thirds

CONFIGS: Final = Path(__file__).parent.parent / "configs"
"""Where the configs that ship are."""

Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0, lt=1)]
FloatType = Literal["float32", "float16", "bfloat16"]
Order = Literal["shuffled", "grouped", "staged", "given"]
"""In which order rows are learnt: at random; at random with rows of like length in one batch, which spares
padding; as the dataset has them at first, with rows of like length in one batch among some batches that lie
together, and from the second epoch on as `grouped`; or as the dataset has them."""
_KEPT_ORDERS: Final[tuple[Order, ...]] = ("staged", "given")
_GROUPED_ORDERS: Final[tuple[Order, ...]] = ("grouped", "staged")
LoraTarget = Literal["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class Section(BaseModel):
    """A part of a config."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ScratchSection(Section):
    """[model.scratch]: a LLaMA with random weights, and a tokenizer learnt from the training rows."""

    hidden_size: Count = 256
    layers: Count = 4
    heads: Count = 4
    kv_heads: Count | None = None  # as many as heads unless it says otherwise
    intermediate_size: Count | None = None  # 8/3 of the hidden size unless it says otherwise
    vocabulary: Annotated[int, Field(ge=SMALLEST_VOCABULARY)] = 2000  # tokens at most: few texts give fewer
    context: Count = 2048  # tokens of prompt and answer together
    tied: bool = True  # one matrix reads tokens and writes them

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if self.hidden_size % (2 * self.heads):
            raise ValueError(
                f"hidden_size {self.hidden_size} does not give {self.heads} heads of an even size; choose a "
                f"multiple of {2 * self.heads}"
            )
        if self.heads % (self.kv_heads or self.heads):
            raise ValueError(f"kv_heads {self.kv_heads} does not divide heads {self.heads}")
        return self

    def shape(self, vocabulary: int | None = None) -> LlamaShape:
        """The model's shape, with as many tokens as its tokenizer has, or may have at most."""
        return LlamaShape(
            vocabulary=vocabulary or self.vocabulary,
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size or eight_thirds(self.hidden_size),
            layers=self.layers,
            heads=self.heads,
            kv_heads=self.kv_heads or self.heads,
            tied=self.tied,
        )


class ShapeSection(Section):
    """[model.shape]: what a base on the Hugging Face hub is like, so that it can be estimated offline."""

    vocabulary: Count
    hidden_size: Count
    intermediate_size: Count
    layers: Count
    heads: Count
    kv_heads: Count
    tied: bool = False

    def shape(self) -> LlamaShape:
        """The same as what arithmetic takes."""
        return LlamaShape(**self.model_dump())


class ModelSection(Section):
    """[model]: what is taught. `base`, a folder or an id on the Hugging Face hub, or else `scratch`."""

    base: str | None = None
    revision: str | None = None
    scratch: ScratchSection | None = None
    shape: ShapeSection | None = None
    licence: str = ""  # what the base's licence asks of the tuned weights, for the model card

    @model_validator(mode="after")
    def _one_beginning(self) -> Self:
        if (self.base is None) is (self.scratch is None):
            raise ValueError("name either base, a folder or an id, or a section [model.scratch]")
        return self


class TrainSection(Section):
    """[train]: how it is taught."""

    method: Literal["full", "lora"] = "full"
    epochs: Annotated[float, Field(gt=0)] | None = None
    steps: Count | None = None  # in place of epochs
    optimizer: Literal["adamw", "muon"] = "adamw"  # muon: for small models from scratch, in one process
    learning_rate: Annotated[float, Field(gt=0)] = 2e-5
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warm_up: Share = 0.03  # share of the steps in which the learning rate rises to its height
    batch: Count = 64  # sequences a step, over all processes
    micro_batch: Count = 1  # of them at once in one process
    length: Annotated[int, Field(ge=8)] = 2048  # tokens of a sequence; rows that are longer are left out
    packing: bool = False  # several rows in one sequence; they don't see each other
    order: Order = "shuffled"
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    beta2: Share = 0.999  # how long Adam remembers squared gradients
    clip: Annotated[float, Field(ge=0)] = 1.0  # greatest norm of a step's gradient; 0: any
    bf16: bool = False  # multiply in bfloat16
    weights: Literal["float32", "bfloat16"] = "float32"  # how weights, gradients and Adam's states are kept
    export: FloatType = "bfloat16"  # how the finished weights are written
    activation_checkpointing: bool = False  # compute activations twice rather than keep them
    seed: int = 0  # of weights, order and draws
    eval_steps: Count = 500
    save_steps: Count = 500  # a checkpoint is saved after every evaluation, too
    keep: Count = 2  # newest checkpoints that stay, beside the best
    log_steps: Count = 1
    exact_rows: Annotated[int, Field(ge=0)] = 200  # validation rows that are answered at an evaluation
    exact_batch: Count = 32  # of them at once
    exact_tokens: Count = 256  # tokens of an answer at most

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if (self.epochs is None) is (self.steps is None):
            raise ValueError("say how long to train: either epochs or steps")
        if self.packing and self.order in _GROUPED_ORDERS:
            raise ValueError(f"order {self.order!r} is for rows of their own: packed ones are equally long")
        return self


class LoraSection(Section):
    """[lora]: low-rank adapters (Hu et al. 2021) beside the matrices that are named."""

    rank: Count = 16
    alpha: Annotated[float, Field(gt=0)] = 32.0
    dropout: Share = 0.05
    targets: tuple[LoraTarget, ...] = get_args(LoraTarget)
    merge: bool = True  # add the adapters to the base in the end; else they are written alone


class DistributedSection(Section):
    """[distributed]: how many processes share the model, by FSDP2 where there are several."""

    processes: Count = 1
    device: Literal["auto", "cpu", "cuda"] = "auto"
    gpu: str = ""  # the device that the config is meant for, for the estimate (`a100-40gb`)
    fsdp_version: Literal[2] = 2
    state_dict: Literal["sharded", "full"] = "sharded"  # what checkpoints hold: a piece a process, or all
    reshard_after_forward: bool = True  # gather weights anew for the backward pass rather than keep them
    cpu_ram_efficient_loading: bool = True  # only one process reads the weights


class TrainingConfig(Section):
    """A whole config."""

    model: ModelSection
    train: TrainSection
    data: dict[str, Any] = Field(default_factory=dict)  # `finetune.dataset.settings` says what it may hold
    lora: LoraSection = LoraSection()
    distributed: DistributedSection = DistributedSection()

    @model_validator(mode="after")
    def _data_are_known(self) -> Self:
        try:
            data = DataSettings.model_validate(self.data)
        except ValidationError as exc:
            raise ValueError("; ".join(f"data.{said}" for said in _told(exc))) from exc
        if data.curriculum and self.train.order not in _KEPT_ORDERS:
            raise ValueError(
                f"data.curriculum is {data.curriculum:g}, and train.order {self.train.order!r} undoes it; "
                f"set train.order to one of {', '.join(_KEPT_ORDERS)}"
            )
        return self

    @model_validator(mode="after")
    def _sections_fit(self) -> Self:
        at_once = self.train.micro_batch * self.distributed.processes
        if self.train.batch % at_once:
            raise ValueError(
                f"train.batch {self.train.batch} is no multiple of train.micro_batch "
                f"{self.train.micro_batch} times distributed.processes {self.distributed.processes}"
            )
        if self.train.optimizer == "muon" and (self.distributed.processes > 1 or self.train.method == "lora"):
            raise ValueError(
                "train.optimizer 'muon' is for all parameters in one process; set it to 'adamw' for adapters "
                "and for several processes"
            )
        if self.model.scratch is not None:
            if self.train.method == "lora":
                raise ValueError("train.method 'lora' needs a base that knows something: name model.base")
            if self.train.length > self.model.scratch.context:
                raise ValueError(
                    f"train.length {self.train.length} is more than model.scratch.context "
                    f"{self.model.scratch.context}"
                )
        return self

    @property
    def by_length(self) -> bool:
        """Whether rows of like length come in one batch."""
        return self.train.order in _GROUPED_ORDERS

    @property
    def accumulation(self) -> int:
        """Micro-batches that make one step, in each process."""
        return self.train.batch // (self.train.micro_batch * self.distributed.processes)

    def fingerprint(self) -> str:
        """Equal for configs that train the same model: where only habits of saving differ, it is the same."""
        stated = self.model_dump(mode="json", exclude={"train": {"keep", "log_steps"}, "data": True})
        return hashlib.sha256(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS)).hexdigest()


def load_config(named: str) -> TrainingConfig:
    """Read a config: a file, or the name of one that ships (`nano-cpu`).

    Raises:
        ConfigurationError: when there is none, or it can't be used; says which line of which section.
    """
    path = config_path(named)
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigurationError(f"{str(path)!r} can't be read as TOML: {exc}") from exc
    try:
        return TrainingConfig.model_validate(stated)
    except ValidationError as exc:
        raise ConfigurationError(f"{str(path)!r}: {'; '.join(_told(exc))}") from exc


def config_path(named: str) -> Path:
    """Where a config is: a file as it is named, else among those that ship.

    Raises:
        ConfigurationError: naming those that ship.
    """
    path = Path(named)
    if path.is_file():
        return path
    known = sorted(found.stem for found in CONFIGS.glob("*.toml"))
    if named in known:
        return CONFIGS / f"{named}.toml"
    raise ConfigurationError(
        f"there is no config {named!r}; name a TOML file, or one that ships: {', '.join(known)}"
    )


def _told(exc: ValidationError) -> list[str]:
    told = []
    for error in exc.errors(include_url=False):
        where = ".".join(str(part) for part in error["loc"])
        said = error["msg"].removeprefix("Value error, ")
        if error["type"] == "extra_forbidden":
            said = "is not known"
            if exc.title == TrainingConfig.__name__:
                said += f"; expected one of {', '.join(_known(error['loc'][:-1]))}"
        elif error["type"] != "missing" and not isinstance(error["input"], dict):
            said = f"is {error['input']!r}: {said}"
        told.append(f"{where} {said}" if where else said)
    return told


def _known(section: tuple[int | str, ...]) -> list[str]:
    """What a section may say."""
    model: type[BaseModel] = TrainingConfig
    for name in section:
        annotation = model.model_fields[str(name)].annotation
        model = next(one for one in (annotation, *get_args(annotation)) if _is_section(one))
    return list(model.model_fields)


def _is_section(one: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(one, type) and issubclass(one, BaseModel)
