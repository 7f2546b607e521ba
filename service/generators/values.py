"""Write what is stated as the value of an argument.

A writer gets a stated value and the slot that may hold it, and gives source text, or None where this
argument can't say that. What libraries expect was read off their sources (versions in
`api_docs.loader_table`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from api_docs.call import literal
from api_docs.domains import Domain
from api_docs.lexicon.languages import LANGUAGES, language_name
from api_docs.models import ArgumentType, Fact
from service.generators.slots import Slot

Writer = Callable[[object, Slot], str | None]

_TAKES: dict[type, frozenset[ArgumentType]] = {
    bool: frozenset({ArgumentType.BOOL, ArgumentType.ANY}),
    int: frozenset({ArgumentType.INT, ArgumentType.FLOAT, ArgumentType.ANY}),
    str: frozenset({ArgumentType.STR, ArgumentType.DEVICE, ArgumentType.ANY}),
}
_CODES = {
    # Of several codes for a language the shortest is the usual one; Norwegian has three short ones.
    **{name: code for code, name in sorted(LANGUAGES.items(), key=lambda item: -len(item[0]))},
    "Norwegian": "no",
}


def default_of(slot: Slot) -> object:
    """The value that the slot has without us, where it is a literal."""
    try:
        return literal(slot.present or "None")
    except ValueError:
        return None


def plain(stated: object, slot: Slot) -> str | None:
    """The literal itself, where the argument's type takes it."""
    return repr(stated) if slot.type in _TAKES.get(type(stated), ()) else None


def opposite(stated: object, slot: Slot) -> str | None:
    """For arguments that say the contrary: `progress` where "no progress bar" is stated."""
    return plain(not stated, slot)


def weights(stated: object, slot: Slot) -> str | None:
    """`pretrained` is a bool; `weights` names a set of weights, and None is no weights."""
    if slot.name == "pretrained":
        return plain(stated, slot)
    return "None" if stated is False and slot.type in _TAKES[str] else None


# --- language ---------------------------------------------------------------------------------------------


def language(stated: object, slot: Slot) -> str | None:
    """A language by name or by code, as the default has it; by code where there is no default."""
    name = str(stated)
    if slot.type not in _TAKES[str] or not _speaks(slot.entry.doc.facts.get("language"), name):
        return None
    example = default_of(slot)
    if isinstance(example, str) and language_name(example.lower()) and len(example) > 3:
        return repr(name if example[0].isupper() else name.lower())
    return repr(_CODES[name])


def _speaks(languages: Fact | None, name: str) -> bool:
    """Whether the languages that a doc lists, names or codes, are none at all or contain this one."""
    if not languages:
        return True
    listed = languages if isinstance(languages, tuple) else re.split(r"[,;]\s*", str(languages))
    return name in {language_name(part) or part for part in listed}


# --- device -----------------------------------------------------------------------------------------------


def device(stated: object, slot: Slot) -> str | None:
    """`device`, `map_location` and their like."""
    kind = str(stated)
    if kind == "auto":
        return None
    if slot.type is ArgumentType.INT:
        return {"cpu": "-1", "cuda": "0", "mps": None}.get(kind, kind.removeprefix("cuda:"))
    if (held := re.fullmatch(r"torch\.device\(('\w+')\)", slot.present or "")) and held[1] == repr(kind):
        return slot.present
    return plain(kind, slot)


def gpu_switch(stated: object, slot: Slot) -> str | None:
    """`use_gpu` and its like: a bool can't say which GPU."""
    return {"cpu": plain(False, slot), "cuda": plain(True, slot)}.get(str(stated))


def device_map(stated: object, slot: Slot) -> str | None:
    """Of transformers and diffusers, which load onto the CPU unless told otherwise."""
    kind = str(stated)
    if kind == "auto":
        return repr("auto" if slot.library == "transformers" else "balanced")
    if kind == "cpu" and slot.value is None:
        return None
    return repr(kind) if slot.library == "transformers" or ":" not in kind else None


def run_options(stated: object, slot: Slot) -> str | None:
    """speechbrain's, which runs on the CPU unless told otherwise."""
    kind = str(stated)
    return None if kind in ("auto", "cpu") or slot.value is not None else repr({"device": kind})


# --- numbers ----------------------------------------------------------------------------------------------


def version(stated: object, slot: Slot) -> str | None:
    """A version of the model itself, not of a text or a recording that is spoken of."""
    said, of = stated if isinstance(stated, tuple) else (stated, "")
    doc = slot.entry.doc
    own = {"api", "checkpoint", "model", "network", "weights", *re.findall(r"\w+", doc.name.lower())}
    own |= {*re.findall(r"\w+", f"{doc.functionality} {doc.id}".lower())}
    if of and of not in own and not any(word in of or of in word for word in own if len(word) > 4):
        return None
    if slot.type in (ArgumentType.INT, ArgumentType.FLOAT):
        return (
            said if re.fullmatch(r"\d+" if slot.type is ArgumentType.INT else r"\d+(\.\d+)?", said) else None
        )
    return plain(said, slot)


_ZERO_SHOT = frozenset({Domain.ZERO_SHOT_CLASSIFICATION, Domain.ZERO_SHOT_IMAGE_CLASSIFICATION})
_HEADS = re.compile(
    r"\w+For(?:Audio|Image|Sequence|Token|Video)\w*Classification\.from_pretrained|CrossEncoder"
)


def classes(stated: object, slot: Slot) -> str | None:
    """Where the model has a head to give classes to, and no text to tell the classes by (zero-shot)."""
    if slot.entry.doc.domain in _ZERO_SHOT:
        return None
    if slot.name == "num_labels" and not slot.documented and not _HEADS.fullmatch(slot.entry.call.callee):
        return None
    if slot.name == "classes" and slot.type is not ArgumentType.INT:
        return None
    if slot.name == "num_classes" and slot.entry.loader.library == "torch" and stated == 1000:
        return None  # what torchvision's builders have anyway, and the docs don't say
    return plain(stated, slot)


def classes_anew(stated: object, slot: Slot) -> str | None:
    """Where what is sorted into classes says nothing against the classes that the weights know."""
    trained = slot.entry.bound.values.get("weights", "None") != "None"
    return classes(stated, slot) if slot.documented and slot.name != "num_labels" and not trained else None


_CHOOSING = frozenset(
    {
        Domain.AUDIO_CLASSIFICATION,
        Domain.FILL_MASK,
        Domain.IMAGE_CLASSIFICATION,
        Domain.QUESTION_ANSWERING,
        Domain.TEXT_CLASSIFICATION,
        Domain.VIDEO_CLASSIFICATION,
        Domain.VISUAL_QUESTION_ANSWERING,
    }
)
_WRITING = frozenset(
    {
        Domain.IMAGE_TO_TEXT,
        Domain.IMAGE_TEXT_TO_TEXT,
        Domain.SUMMARIZATION,
        Domain.TEXT2TEXT_GENERATION,
        Domain.TEXT_GENERATION,
        Domain.TRANSLATION,
    }
)


def top_k(stated: object, slot: Slot) -> str | None:
    """How many answers a pipeline gives; where it writes text, `top_k` is about sampling."""
    return plain(stated, slot) if slot.documented or slot.entry.doc.domain in _CHOOSING else None


def tokens(stated: object, slot: Slot) -> str | None:
    """How much is written; a pipeline that writes nothing takes no such argument."""
    if slot.library == "transformers" and not slot.documented and slot.entry.doc.domain not in _WRITING:
        return None
    return plain(stated, slot)


def entities(stated: object, slot: Slot) -> str | None:
    """How a pipeline joins word pieces."""
    del stated
    return repr("simple") if slot.entry.doc.domain is Domain.TOKEN_CLASSIFICATION else None


def timestamps(stated: object, slot: Slot) -> str | None:
    """Whisper can time whole phrases; CTC models words only."""
    if slot.entry.doc.domain is not Domain.AUTOMATIC_SPEECH_RECOGNITION:
        return None
    return repr(stated if "whisper" in slot.entry.doc.id.lower() else "word")


def chunks(stated: object, slot: Slot) -> str | None:
    """Seconds of sound at a time."""
    return plain(stated, slot) if slot.entry.doc.domain is Domain.AUTOMATIC_SPEECH_RECOGNITION else None


# --- bits -------------------------------------------------------------------------------------------------

_SHORT = {"float16": "fp16", "bfloat16": "bf16", "float32": "fp32"}


def dtype(stated: object, slot: Slot) -> str | None:
    """A number type of torch; TensorFlow's layers mean another; diffusers says `torch_dtype`."""
    kind = str(stated)
    if slot.library == "tensorflow-hub" or (slot.library == "diffusers" and slot.name == "dtype"):
        return None
    if slot.type is ArgumentType.STR:
        return repr(kind)
    return None if kind == "float32" and slot.library == "diffusers" else f"torch.{kind}"


def short_dtype(stated: object, slot: Slot) -> str | None:
    """`fp16` and its like: NVIDIA's `model_math`, open_clip's `precision`."""
    return plain(_SHORT[str(stated)], slot)


def quantization(stated: object, slot: Slot) -> str | None:
    """bitsandbytes by way of transformers, whose `from_pretrained` takes the plain flags no more."""
    if slot.name == "quantization_config":
        return repr({f"load_in_{stated}bit": True}) if slot.library == "transformers" else None
    return plain(True, slot) if slot.name == f"load_in_{stated}bit" else None
