"""The table of loaders: how each library's calls are written, and what in them chooses the API.

A loader is a function that brings a model to life. The rows were read off the sources of torch 2.13,
tensorflow-hub 0.16.1, transformers 5.23, sentence-transformers 6.2, timm 1.0.31, diffusers 0.42, open_clip
3.3, speechbrain 1.1.2, flair 0.15.1, spacy 3.8.18, stanza 1.15, pyannote.audio 4.0.7, nemo 3.0, keras 3.15,
huggingface_hub 2.4, huggingface_sb3 3.0, ultralytics 8.4.190, yolov5 7.0.14, fasttext 0.9.2 and gliner
0.2.29 and requests 2.34; fairseq's, from_pretrained_keras' and joblib's off their documentation. Arguments
that those versions refuse are left out, and so are those that no literal can fill.

Knows signatures only: matching a callee and binding a call's arguments is the work of `loaders`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from api_docs.call import Call
from api_docs.models import ArgumentType


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a loader; `default` None means that it must be given.

    A parameter that could bring in code or weights other than the API's own (another revision, tokenizer
    or pipeline) is closed: beside what the doc's template says, only the values of `closed` are taken.
    """

    name: str
    type: ArgumentType
    default: str | None
    closed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loader:
    """Callees with one signature. Rows that are used alike share a `name`.

    `positional` are the parameters that may be given by position, in order; `keyword` those by name
    only. `identity` names the parameters that choose the API. With `forwards`, further positional
    arguments go on to the model itself, in the order in which its doc documents them. Further keywords
    are the doc's business with every loader.
    """

    name: str
    pattern: re.Pattern[str]
    library: str
    identity: tuple[str, ...]
    positional: tuple[Parameter, ...]
    keyword: tuple[Parameter, ...] = ()
    forwards: bool = False
    parameters: dict[str, Parameter] = field(init=False, compare=False, repr=False)
    positions: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Index the parameters by name and by position."""
        object.__setattr__(self, "parameters", {p.name: p for p in (*self.positional, *self.keyword)})
        object.__setattr__(self, "positions", tuple(parameter.name for parameter in self.positional))

    @property
    def is_request(self) -> bool:
        """Whether it asks a service over HTTP: its address identifies, what is asked is in its parts."""
        return "url" in self.identity

    def value_of(self, call: Call, name: str) -> str | None:
        """The source text that a call gives to one of the loader's own parameters."""
        if name in self.positions and (place := self.positions.index(name)) < len(call.positional):
            return call.positional[place]
        return next((value for keyword, value in call.keywords if keyword == name), None)


GENERIC = Loader("call", re.compile(r".*", re.DOTALL), "", (), ())
"""Stands in for a callee that the table doesn't know: every argument of the template identifies."""


def _parameter(spec: str) -> Parameter:
    """Read `name:type=default`, or `name!:type=value|value|…` for a closed one (its default first)."""
    head, _, values = spec.partition("=")
    name, _, kind = head.partition(":")
    if not name.endswith("!"):
        return Parameter(name, ArgumentType(kind or "any"), values or None)
    allowed = tuple(values.split("|"))
    return Parameter(name.removesuffix("!"), ArgumentType(kind or "any"), allowed[0], allowed)


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
        tuple(map(_parameter, positional.split())),
        tuple(map(_parameter, keyword.split())),
        forwards,
    )


# What every download from the Hugging Face hub takes.
_DOWNLOAD = (
    "cache_dir:str=None force_download:bool=False local_files_only:bool=False token=None "
    "revision!:str='main'|None"
)
# Names such as 'owner/kernel' would load compiled code of another repository.
_ATTENTION = (
    "attn_implementation!:str=None|'eager'|'sdpa'|'flash_attention_2'|'flash_attention_3'|'flex_attention'"
)
_TRANSFORMERS = (
    f"{_DOWNLOAD} {_ATTENTION} code_revision!:str=None config!=None subfolder!:str='' gguf_file!:str=None "
    "variant:str=None use_safetensors:bool=None weights_only:bool=True disable_mmap:bool=None "
    "ignore_mismatched_sizes:bool=False output_loading_info:bool=False trust_remote_code:bool=None "
    "dtype:dtype='auto' torch_dtype:dtype=None device_map=None max_memory:dict=None "
    "low_cpu_mem_usage:bool=None offload_folder:str=None offload_buffers:bool=False "
    "quantization_config:dict=None tp_plan:str=None num_labels:int=2 id2label:dict=None label2id:dict=None "
    "problem_type:str=None output_attentions:bool=False output_hidden_states:bool=False "
    "return_dict:bool=True"
)
_DIFFUSERS = (
    f"{_DOWNLOAD} custom_pipeline!:str=None custom_revision!:str=None subfolder!:str=None "
    "torch_dtype:dtype=None dtype:dtype=None device_map=None max_memory:dict=None variant:str=None "
    "use_safetensors:bool=None use_onnx:bool=None low_cpu_mem_usage:bool=True offload_folder:str=None "
    "ignore_mismatched_sizes:bool=False disable_mmap:bool=False trust_remote_code:bool=False "
    "safety_checker!=None requires_safety_checker:bool=True"
)
_SENTENCE_TRANSFORMERS = (
    "device:str=None prompts:dict=None default_prompt_name:str=None cache_folder:str=None "
    "trust_remote_code:bool=False revision!:str=None|'main' local_files_only:bool=False token=None "
    "model_kwargs:dict=None processor_kwargs:dict=None config_kwargs:dict=None "
    "backend!:str='torch'|'onnx'|'openvino'"
)

LOADERS: tuple[Loader, ...] = (
    _loader(
        "torch.hub.load",
        r"torch\.hub\.load",
        "torch",
        "repo_or_dir model",
        "repo_or_dir:str model:str",
        "source!:str='github' trust_repo!='check'|True|False|None force_reload:bool=False "
        "verbose:bool=True skip_validation:bool=False",
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
    ),
    _loader(
        "pipeline",
        r"pipeline",
        "transformers",
        "task model",
        "task:str=None model:str=None config!:str=None tokenizer!:str=None feature_extractor!:str=None "
        "image_processor!:str=None video_processor!:str=None processor!:str=None revision!:str=None|'main' "
        "use_fast:bool=True token=None device:device=None device_map=None dtype:dtype='auto' "
        "trust_remote_code:bool=None model_kwargs:dict=None",
        "code_revision!:str=None torch_dtype:dtype=None batch_size:int=None num_workers:int=None "
        "top_k:int=None function_to_apply:str=None aggregation_strategy:str=None "
        "ignore_labels:list=None chunk_length_s:float=None stride_length_s=None return_timestamps=None "
        "return_full_text:bool=None generate_kwargs:dict=None tokenizer_kwargs:dict=None "
        "max_length:int=None max_new_tokens:int=None truncation=None padding=None threshold:float=None "
        "doc_stride:int=None max_seq_len:int=None max_answer_len:int=None "
        "handle_impossible_answer:bool=None",
    ),
    _loader(
        "SentenceTransformer",
        r"SentenceTransformer",
        "sentence-transformers",
        "model_name_or_path",
        "model_name_or_path:str",
        f"{_SENTENCE_TRANSFORMERS} similarity_fn_name:str=None truncate_dim:int=None",
    ),
    _loader(
        "SentenceTransformer",
        r"SparseEncoder",
        "sentence-transformers",
        "model_name_or_path",
        "model_name_or_path:str",
        f"{_SENTENCE_TRANSFORMERS} similarity_fn_name:str=None max_active_dims:int=None",
    ),
    _loader(
        "CrossEncoder",
        r"CrossEncoder",
        "sentence-transformers",
        "model_name_or_path",
        "model_name_or_path:str",
        f"{_SENTENCE_TRANSFORMERS} num_labels:int=None max_length:int=None",
    ),
    _loader(
        "timm.create_model",
        r"timm\.create_model",
        "timm",
        "model_name",
        "model_name:str pretrained:bool=False pretrained_cfg!=None pretrained_cfg_overlay!=None "
        "checkpoint_path!:str=None|'' cache_dir:str=None scriptable:bool=None exportable:bool=None "
        "no_jit:bool=None",
        "num_classes:int=1000 in_chans:int=3 features_only:bool=False out_indices:list=None "
        "global_pool:str=None drop_rate:float=0.0 drop_path_rate:float=None img_size=None "
        "dynamic_img_size:bool=False output_stride:int=32",
    ),
    _loader(
        "open_clip.create_model_and_transforms",
        r"open_clip\.create_model(_and_transforms|_from_pretrained)?",
        "open_clip_torch",
        "model_name pretrained",
        "model_name:str pretrained:str=None",
        "precision:str='fp32' device:device='cpu' jit:bool=False force_quick_gelu:bool=False "
        "force_image_size=None cache_dir:str=None output_dict:bool=None weights_only:bool=True",
    ),
    _loader(
        "from_hparams",
        r"\w+\.from_hparams",
        "speechbrain",
        "source",
        "source:str hparams_file!:str='hyperparams.yaml'",
        "overrides!:dict={} overrides_must_match:bool=True savedir:str=None download_only:bool=False "
        "run_opts:dict=None freeze_params:bool=True",
    ),
    _loader(
        "SequenceTagger.load",
        r"(\w*Tagger|\w*Classifier)\.load",
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
        "vocab:bool=True disable:list=[] enable:list=[] exclude:list=[] config:dict={}",
    ),
    _loader(
        "stanza.Pipeline",
        r"stanza\.Pipeline",
        "stanza",
        "lang",
        "lang:str='en' dir:str=None package='default' processors={} logging_level:str=None "
        "verbose:bool=None use_gpu:bool=None model_dir:str=None",
        "device:device=None allow_unknown_language:bool=False",
    ),
    _loader(
        "huggingface_sb3.load_from_hub",
        r"load_from_hub",
        "huggingface_sb3",
        "repo_id filename",
        "repo_id:str filename:str",
    ),
    _loader("joblib.load", r"joblib\.load", "scikit-learn", "filename", "filename mmap_mode:str=None"),
    _loader("fasttext.load_model", r"fasttext\.load_model", "fasttext", "path", "path"),
    _loader(
        "keras.load_model",
        r"load_model|keras\.models\.load_model|tf\.keras\.models\.load_model",
        "keras",
        "filepath",
        "filepath custom_objects:dict=None compile:bool=True safe_mode:bool=True",
    ),
    _loader(
        "from_pretrained_keras", r"from_pretrained_keras", "keras", "model_id", "model_id:str", _DOWNLOAD
    ),
    _loader(
        "from_pretrained_fastai",
        r"from_pretrained_fastai",
        "fastai",
        "repo_id",
        "repo_id:str revision!:str=None|'main'",
    ),
    _loader("ultralytics", r"YOLO\w*", "ultralytics", "model", "model:str task:str=None verbose:bool=False"),
    _loader(
        "ultralytics",
        r"yolov5\.load",
        "yolov5",
        "model_path",
        "model_path:str device:device=None autoshape:bool=True verbose:bool=False hf_token:str=None "
        "revision!:str=None|'main'",
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
        r"(Pipeline|Model|Inference)\.from_pretrained",
        "pyannote.audio",
        "checkpoint",
        "checkpoint:str",
        "revision!:str=None|'main' hparams_file!:str=None subfolder!:str=None token=None cache_dir:str=None "
        "strict:bool=True map_location:device=None",
    ),
    _loader(
        "nemo.from_pretrained",
        r"nemo_\w+\.models\.\w+\.from_pretrained",
        "nemo_toolkit",
        "model_name",
        "model_name:str refresh_cache:bool=False override_config_path!:str=None map_location:device=None "
        "strict:bool=True return_config:bool=False",
    ),
    _loader(
        "gliner.from_pretrained",
        r"GLiNER\.from_pretrained",
        "gliner",
        "model_id",
        "model_id:str",
        f"{_DOWNLOAD} map_location:device='cpu' strict:bool=False load_tokenizer:bool=None "
        "compile_torch_model:bool=False quantize:str=None dtype:dtype=None low_cpu_mem_usage:bool=False "
        "variant:str=None load_onnx_model:bool=False max_length:int=None max_width:int=None",
    ),
    _loader(
        "requests.request",
        r"requests\.request",
        "requests",
        "method url",
        "method:str url:str",
        "params:dict=None headers:dict=None cookies:dict=None json=None data=None files:dict=None "
        "timeout:float=None allow_redirects:bool=True",
    ),
    _loader(
        "diffusers.from_pretrained",
        r"(?!Text2ImagePipeline)(\w*Pipeline|ControlNetModel|Autoencoder\w+|UNet\w+Model|\w+Transformer[23]DModel"
        r"|AutoPipelineFor\w+|MotionAdapter)\.from_pretrained",
        "diffusers",
        "pretrained_model_name_or_path",
        "pretrained_model_name_or_path:str",
        _DIFFUSERS,
    ),
    _loader(
        "from_pretrained",
        r"\w+(\.\w+)*\.from_pretrained",
        "transformers",
        "pretrained_model_name_or_path",
        "pretrained_model_name_or_path:str",
        _TRANSFORMERS,
    ),
)
"""The first row whose pattern is the whole callee counts: special callees stand before `from_pretrained`."""
