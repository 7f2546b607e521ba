"""How the hubs write calls: one table of loaders, their signatures and what identifies an API.

A loader is a function that brings a model to life. Signatures were read off torch 2.13,
tensorflow-hub 0.16, transformers 5.23, diffusers 0.39, sentence-transformers 6.2 and the other
libraries' own documentation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from api_docs.call import Call
from api_docs.models import Argument, ArgumentType


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a loader; `default` None means that it must be given."""

    name: str
    type: ArgumentType
    default: str | None


@dataclass(frozen=True, slots=True)
class Loader:
    """A family of callees with one signature.

    `positional` are the parameters that may be given by position, in order; `keyword` those by name
    only. `identity` names the parameters that choose the API. With `forwards`, further positional and
    keyword arguments go on to the model itself, which must have documented them.
    """

    name: str
    pattern: re.Pattern[str]
    library: str
    identity: tuple[str, ...]
    positional: tuple[Parameter, ...]
    keyword: tuple[Parameter, ...] = ()
    forwards: bool = True
    parameters: dict[str, Parameter] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Index the parameters by name."""
        object.__setattr__(self, "parameters", {p.name: p for p in (*self.positional, *self.keyword)})

    def value_of(self, call: Call, name: str) -> str | None:
        """The source text that a call gives to one of the loader's parameters."""
        names = [parameter.name for parameter in self.positional]
        if name in names and names.index(name) < len(call.positional):
            return call.positional[names.index(name)]
        return dict(call.keywords).get(name)


@dataclass(frozen=True, slots=True)
class Bound:
    """A call's arguments by parameter name; `surplus` are positional values that no parameter takes."""

    values: dict[str, str]
    surplus: tuple[str, ...]
    repeated: tuple[str, ...]


def _parameters(spec: str) -> tuple[Parameter, ...]:
    """Read `name:type=default` separated by blanks; no default means required."""
    found = []
    for part in spec.split():
        head, _, default = part.partition("=")
        name, _, kind = head.partition(":")
        found.append(Parameter(name, ArgumentType(kind or "any"), default or None))
    return tuple(found)


def _loader(  # noqa: PLR0913, PLR0917 - one row of the table below
    name: str,
    pattern: str,
    library: str,
    identity: str,
    positional: str,
    keyword: str = "",
    *,
    forwards: bool = False,
) -> Loader:
    return Loader(
        name,
        re.compile(pattern),
        library,
        tuple(identity.split()),
        _parameters(positional),
        _parameters(keyword),
        forwards,
    )


_DOWNLOAD = (
    "cache_dir:str=None force_download:bool=False local_files_only:bool=False token=None revision:str='main'"
)
_TRANSFORMERS = (
    f"{_DOWNLOAD} config=None ignore_mismatched_sizes:bool=False use_safetensors:bool=None "
    "weights_only:bool=True "
    "dtype:dtype='auto' torch_dtype:dtype=None device_map=None trust_remote_code:bool=False "
    "subfolder:str='' "
    "variant:str=None attn_implementation:str=None low_cpu_mem_usage:bool=None quantization_config=None "
    "load_in_8bit:bool=False load_in_4bit:bool=False num_labels:int=2 id2label:dict=None "
    "label2id:dict=None "
    "problem_type:str=None output_attentions:bool=False output_hidden_states:bool=False "
    "return_dict:bool=True "
    "from_tf:bool=False from_flax:bool=False use_auth_token=None max_memory:dict=None "
    "offload_folder:str=None"
)
_DIFFUSERS = (
    f"{_DOWNLOAD} torch_dtype:dtype=None dtype:dtype=None custom_pipeline:str=None "
    "custom_revision:str=None "
    "device_map=None variant:str=None use_safetensors:bool=None low_cpu_mem_usage:bool=True "
    "trust_remote_code:bool=False subfolder:str='' safety_checker=None requires_safety_checker:bool=True "
    "use_auth_token=None"
)

LOADERS: tuple[Loader, ...] = (
    _loader(
        "torch.hub.load",
        r"torch\.hub\.load",
        "torch",
        "repo_or_dir model",
        "repo_or_dir:str model:str",
        "source:str='github' trust_repo='check' force_reload:bool=False verbose:bool=True "
        "skip_validation:bool=False",
        forwards=True,
    ),
    _loader(
        "hub.load",
        r"hub\.load",
        "tensorflow-hub",
        "handle",
        "handle:str tags:list=None options=None",
    ),
    _loader(
        "hub.KerasLayer",
        r"hub\.KerasLayer",
        "tensorflow-hub",
        "handle",
        "handle:str trainable:bool=False arguments:dict=None",
        "tags:list=None signature:str=None signature_outputs_as_dict:bool=None output_key:str=None "
        "output_shape=None load_options=None input_shape=None name:str=None dtype:dtype=None",
        forwards=True,
    ),
    _loader(
        "pipeline",
        r"pipeline",
        "transformers",
        "task model",
        "task:str=None model:str=None config=None tokenizer:str=None feature_extractor:str=None "
        "image_processor:str=None video_processor:str=None processor:str=None",
        "revision:str=None use_fast:bool=True token=None device:device=None device_map=None "
        "dtype:dtype='auto' "
        "torch_dtype:dtype=None trust_remote_code:bool=None model_kwargs:dict=None framework:str=None "
        "batch_size:int=None num_workers:int=None top_k:int=None return_all_scores:bool=None "
        "aggregation_strategy:str=None chunk_length_s:float=None return_timestamps=None "
        "max_length:int=None "
        "max_new_tokens:int=None src_lang:str=None tgt_lang:str=None use_auth_token=None truncation=None",
    ),
    _loader(
        "SentenceTransformer",
        r"SentenceTransformer",
        "sentence-transformers",
        "model_name_or_path",
        "model_name_or_path:str",
        "device:str=None prompts:dict=None default_prompt_name:str=None cache_folder:str=None "
        "trust_remote_code:bool=False revision:str=None local_files_only:bool=False token=None "
        "model_kwargs:dict=None processor_kwargs:dict=None tokenizer_kwargs:dict=None "
        "config_kwargs:dict=None "
        "backend:str='torch' similarity_fn_name:str=None truncate_dim:int=None use_auth_token=None",
    ),
    _loader(
        "CrossEncoder",
        r"CrossEncoder",
        "sentence-transformers",
        "model_name_or_path",
        "model_name_or_path:str",
        "num_labels:int=None max_length:int=None device:str=None cache_folder:str=None "
        "trust_remote_code:bool=False revision:str=None local_files_only:bool=False token=None "
        "model_kwargs:dict=None processor_kwargs:dict=None config_kwargs:dict=None backend:str='torch'",
    ),
    _loader(
        "timm.create_model",
        r"timm\.create_model",
        "timm",
        "model_name",
        "model_name:str pretrained:bool=False",
        "checkpoint_path:str='' cache_dir:str=None scriptable:bool=None exportable:bool=None "
        "no_jit:bool=None "
        "num_classes:int=1000 in_chans:int=3 features_only:bool=False out_indices:list=None "
        "global_pool:str=None "
        "drop_rate:float=0.0 drop_path_rate:float=None img_size=None dynamic_img_size:bool=False "
        "output_stride:int=32",
    ),
    _loader(
        "open_clip.create_model_and_transforms",
        r"open_clip\.create_model(_and_transforms|_from_pretrained)?",
        "open_clip_torch",
        "model_name pretrained",
        "model_name:str pretrained:str=None",
        "precision:str='fp32' device:device='cpu' jit:bool=False cache_dir:str=None image_size=None",
    ),
    _loader(
        "from_hparams",
        r"\w+\.from_hparams",
        "speechbrain",
        "source",
        "source:str hparams_file:str='hyperparams.yaml'",
        "savedir:str=None run_opts:dict=None overrides:dict=None pymodule_file:str=None "
        "use_auth_token=None "
        "freeze_params:bool=True huggingface_cache_dir:str=None",
    ),
    _loader(
        "SequenceTagger.load",
        r"(SequenceTagger|TextClassifier|Classifier)\.load",
        "flair",
        "model_path",
        "model_path:str",
    ),
    _loader(
        "spacy.load",
        r"spacy\.load",
        "spacy",
        "name",
        "name:str",
        "vocab=True disable:list=None enable:list=None exclude:list=None config:dict=None",
    ),
    _loader(
        "stanza.Pipeline",
        r"stanza\.Pipeline",
        "stanza",
        "lang",
        "lang:str='en'",
        "processors=None use_gpu:bool=None dir:str=None package:str='default' device:str=None "
        "verbose:bool=None",
    ),
    _loader(
        "huggingface_sb3.load_from_hub",
        r"load_from_hub",
        "huggingface_sb3",
        "repo_id filename",
        "repo_id:str filename:str=None",
    ),
    _loader("joblib.load", r"joblib\.load", "scikit-learn", "filename", "filename mmap_mode:str=None"),
    _loader("fasttext.load_model", r"fasttext\.load_model", "fasttext", "path", "path"),
    _loader(
        "keras.load_model",
        r"load_model|keras\.models\.load_model|tf\.keras\.models\.load_model",
        "keras",
        "filepath",
        "filepath",
        "custom_objects:dict=None compile:bool=True safe_mode:bool=True",
    ),
    _loader(
        "from_pretrained_keras", r"from_pretrained_keras", "keras", "model_id", "model_id:str", _DOWNLOAD
    ),
    _loader(
        "from_pretrained_fastai",
        r"from_pretrained_fastai",
        "fastai",
        "repo_id",
        "repo_id:str",
        "revision:str=None",
    ),
    _loader(
        "ultralytics",
        r"YOLO\w*|yolov5\.load",
        "ultralytics",
        "model",
        "model:str task:str=None verbose:bool=False",
        "device:device=None",
    ),
    _loader(
        "load_model_ensemble_and_task_from_hf_hub",
        r"load_model_ensemble_and_task_from_hf_hub",
        "fairseq",
        "model_id",
        "model_id:str cache_dir:str=None arg_overrides:dict=None",
    ),
    _loader(
        "pyannote.from_pretrained",
        r"(Pipeline|Model)\.from_pretrained",
        "pyannote.audio",
        "checkpoint",
        "checkpoint:str",
        "revision:str=None hparams_file:str=None token=None use_auth_token=None cache_dir:str=None",
    ),
    _loader(
        "nemo.from_pretrained",
        r"nemo_\w+\.models\.\w+\.from_pretrained",
        "nemo_toolkit",
        "model_name",
        "model_name:str refresh_cache:bool=False",
        "override_config_path:str=None map_location:device=None strict:bool=True return_config:bool=False",
    ),
    _loader(
        "diffusers.from_pretrained",
        r"(?!Text2ImagePipeline)(\w*Pipeline|ControlNetModel|AutoencoderKL|UNet\w+Model|AutoPipelineFor\w+|MotionAdapter)"
        r"\.from_pretrained",
        "diffusers",
        "pretrained_model_name_or_path",
        "pretrained_model_name_or_path:str",
        _DIFFUSERS,
        forwards=True,
    ),
    _loader(
        "from_pretrained",
        r"\w+(\.\w+)*\.from_pretrained",
        "transformers",
        "pretrained_model_name_or_path",
        "pretrained_model_name_or_path:str",
        _TRANSFORMERS,
        forwards=True,
    ),
)

GENERIC = Loader("call", re.compile(r".*"), "", (), (), (), forwards=True)
"""Stands in for a callee that the table doesn't know: every argument of the template identifies."""


def loader_of(callee: str) -> Loader:
    """The first loader of the table whose pattern is the whole callee, else `GENERIC`."""
    return next((loader for loader in LOADERS if loader.pattern.fullmatch(callee)), GENERIC)


def bind(call: Call, loader: Loader, documented: Sequence[Argument] = ()) -> Bound:
    """Give every argument of a call the name of its parameter.

    Positional values beyond the loader's own parameters belong to the doc's arguments, in the order in
    which they are documented, where the loader forwards them.
    """
    names = [parameter.name for parameter in loader.positional]
    if loader.forwards:
        names += [argument.name for argument in documented if argument.name not in loader.parameters]
    values: dict[str, str] = dict(zip(names, call.positional, strict=False))
    repeated = []
    for name, value in call.keywords:
        if name in values:
            repeated.append(name)
        values[name] = value
    return Bound(values, call.positional[len(names) :], tuple(repeated))
