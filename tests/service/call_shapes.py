"""Calls of every loader shape, right and wrong, made without a look at the grammar.

A shape is one doc: for every row of the table of loaders one that documents an argument of every type, and
the doc of the snapshot that has most to choose from. Variations keep to what `service.generators.constraint`
promises: values of the documented type within its bounds, at most four further arguments, those that the doc
documents before those of its loader. Which of a loader's own parameters are free is written down here once
more. Calls are wrong in ways that verification refuses, or that lie beyond those bounds.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from api_docs.catalogue import Entry, entry_of
from api_docs.loaders import GENERIC, LOADERS, Loader
from api_docs.models import ApiDoc, ArgumentType
from tests.support import snapshot_catalogue

CALLS = (
    "torch.hub.load('acme/nets', 'net18')",
    "hub.load('https://tfhub.dev/acme/net/1')",
    "hub.KerasLayer('https://tfhub.dev/acme/net/1')",
    "pipeline('text-classification', model='acme/net')",
    "SentenceTransformer('acme/net')",
    "SparseEncoder('acme/net')",
    "CrossEncoder('acme/net')",
    "timm.create_model('hf-hub:acme/net', pretrained=True)",
    "open_clip.create_model_and_transforms('hf-hub:acme/net')",
    "EncoderClassifier.from_hparams('acme/net')",
    "SequenceTagger.load('acme/net')",
    "spacy.load('acme_net')",
    "stanza.Pipeline('de')",
    "load_from_hub(repo_id='acme/net', filename='net.zip')",
    "joblib.load(hf_hub_download('acme/net', 'net.joblib'))",
    "fasttext.load_model(hf_hub_download('acme/net', 'net.bin'))",
    "keras.models.load_model('hf://acme/net')",
    "from_pretrained_keras('acme/net')",
    "from_pretrained_fastai('acme/net')",
    "YOLO('acme/net')",
    "yolov5.load('acme/net')",
    "load_model_ensemble_and_task_from_hf_hub('acme/net')",
    "Pipeline.from_pretrained('acme/net')",
    "nemo_asr.models.ASRModel.from_pretrained('acme/net')",
    "GLiNER.from_pretrained('acme/net')",
    "requests.request('GET', 'https://api.acme.com/nets')",
    "StableDiffusionPipeline.from_pretrained('acme/net')",
    "AutoModel.from_pretrained('acme/net')",
    "acme.load('net', size=3)",
)
"""One call of every row of the table, and one that it doesn't know."""

FREE: Mapping[str, str] = {
    "torch.hub.load": "force_reload verbose",
    "hub.load": "tags",
    "hub.KerasLayer": "trainable tags signature output_key",
    "pipeline": "device batch_size num_workers top_k chunk_length_s max_length max_new_tokens threshold",
    "SentenceTransformer": "device local_files_only",
    "CrossEncoder": "device local_files_only num_labels max_length",
    "timm.create_model": "num_classes in_chans drop_rate drop_path_rate output_stride",
    "open_clip.create_model_and_transforms": "precision device",
    "from_hparams": "freeze_params",
    "stanza.Pipeline": "verbose use_gpu device",
    "from_pretrained_keras": "force_download local_files_only",
    "ultralytics": "verbose",
    "pyannote.from_pretrained": "map_location",
    "nemo.from_pretrained": "refresh_cache map_location",
    "gliner.from_pretrained": "force_download local_files_only map_location dtype max_length max_width",
    "requests.request": "timeout",
    "diffusers.from_pretrained": "force_download local_files_only torch_dtype dtype use_safetensors",
    "from_pretrained": "force_download local_files_only dtype torch_dtype num_labels output_attentions",
}
"""Of a loader's own parameters some that a model may set, in the table's order."""

HOSTILE = (
    "__import__('os').system('x')",
    "(lambda: 1)()",
    "[x for x in y]",
    "f'{x}'",
    "open('/etc/passwd')",
    "AutoModel.from_pretrained('evil/x')",
    "os.environ",
    "undefined",
    "...",
)
_LETTERS = string.ascii_letters + string.digits + "_./:,@+ -"
Source = Callable[[random.Random], str]


def _text(rng: random.Random) -> str:
    return "".join(rng.choices(_LETTERS, k=rng.randint(0, 24)))


def _whole(rng: random.Random) -> str:
    return str(rng.choice([0, 1, -1, rng.randint(-9_999_999, 9_999_999)]))


def _number(rng: random.Random) -> str:
    whole = _whole(rng)
    return rng.choice([whole, f"{whole}.{rng.randint(0, 9999)}", f"{whole}e-{rng.randint(1, 9)}"])


def _list(rng: random.Random) -> str:
    texts = [repr(_text(rng)) for _ in range(rng.randint(0, 2))]
    numbers = [rng.choice(["0.5", "-3", "224"]) for _ in range(rng.randint(1, 4))]
    return f"[{', '.join(rng.choice([texts, numbers]))}]"


VALUES: Mapping[ArgumentType, Source] = {
    ArgumentType.BOOL: lambda rng: rng.choice(["True", "False"]),
    ArgumentType.INT: _whole,
    ArgumentType.FLOAT: _number,
    ArgumentType.STR: lambda rng: repr(_text(rng)),
    ArgumentType.LIST: _list,
    ArgumentType.DTYPE: lambda rng: rng.choice(["torch.float16", "torch.bfloat16", "torch.float32"]),
    ArgumentType.DEVICE: lambda rng: rng.choice(
        ["'cpu'", "'mps'", "'cuda'", f"'cuda:{rng.randint(0, 9)}'", "0"]
    ),
    ArgumentType.ANY: lambda rng: rng.choice(["True", "None", _number(rng), repr(_text(rng))]),
}
WRONG: Mapping[ArgumentType, tuple[str, ...]] = {
    ArgumentType.BOOL: ("1", "'True'", "0.5", "[True]", "'yes'"),
    ArgumentType.INT: ("'ten'", "1.5", "True", "[1]", "torch.float16"),
    ArgumentType.FLOAT: ("'0.5'", "True", "[0.5]", "{'a': 1}", "torch.float16"),
    ArgumentType.STR: ("1", "['a']", "b'a'", "True", "torch.float16"),
    ArgumentType.LIST: ("1", "'a'", "{'a': 1}", "True", "0.5"),
}


@dataclass(frozen=True)
class Shape:
    """One doc whose calls are varied."""

    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.doc.id

    @cached_property
    def template(self) -> tuple[list[str], dict[str, str]]:
        """The template's arguments that identify the API or hold no plain type, and those that are free."""
        entry, kinds = self.entry, self._kinds
        free = {n: v for n, v in entry.bound.values.items() if n not in entry.identifying and n in kinds}
        return [name for name in entry.bound.values if name not in free], free

    @cached_property
    def _kinds(self) -> dict[str, ArgumentType]:
        kinds = {name: parameter.type for name, parameter in self.entry.loader.parameters.items()}
        for argument in self.entry.doc.arguments:
            if argument.type is not ArgumentType.ANY or argument.name not in kinds:
                kinds[argument.name] = argument.type
        return {name: kind for name, kind in kinds.items() if kind in VALUES}

    @cached_property
    def further(self) -> dict[str, ArgumentType]:
        """Arguments that may be added, in their order, with their types."""
        entry = self.entry
        documented = [argument.name for argument in entry.doc.arguments]
        names = dict.fromkeys([*documented, *FREE.get(entry.loader.name, "").split()])
        kept = [name for name in names if name not in entry.bound.values and not self._is_shut(name)]
        known = [*documented, *entry.loader.parameters]
        kept = [name for name in kept if name in known and name in self._kinds]
        return {name: self._kinds[name] for name in sorted(kept, key=known.index)}

    def _is_shut(self, name: str) -> bool:
        parameter = self.entry.loader.parameters.get(name)
        return name.startswith("*") or (parameter is not None and bool(parameter.closed))

    def _drawn(self, kind: ArgumentType, rng: random.Random) -> str:
        value = VALUES[kind](rng)
        tensorflow = kind is ArgumentType.DTYPE and self.entry.loader.library == "tensorflow-hub"
        return value.replace("torch.", "tf.") if tensorflow else value

    def call(self, further: Mapping[str, str] | list[tuple[str, str]], **changed: str) -> str:
        """The template's call with other values and further arguments."""
        pairs = list(further.items()) if isinstance(further, Mapping) else further
        names = list(self.entry.bound.values)
        positional = [
            changed.get(name, value) for name, value in zip(names, self.entry.call.positional, strict=False)
        ]
        keywords = [f"{name}={changed.get(name, value)}" for name, value in self.entry.call.keywords]
        arguments = [*positional, *keywords, *(f"{name}={value}" for name, value in pairs)]
        return f"{self.entry.call.callee}({', '.join(arguments)})"

    def valid(self, rng: random.Random) -> str:
        """A right call."""
        names = sorted(rng.sample(range(len(self.further)), min(len(self.further), rng.randint(0, 4))))
        chosen = [list(self.further)[place] for place in names]
        _, free = self.template
        changed = {
            name: self._drawn(self._kinds[name], rng)
            for name in free
            if not self._is_shut(name) and rng.random() < 0.5
        }
        return self.call({name: self._drawn(self.further[name], rng) for name in chosen}, **changed)

    def invalid(self, rng: random.Random) -> Iterator[tuple[str, bool]]:
        """Wrong calls, each with whether verification refuses it too: the others lie beyond the bounds."""
        entry, call = self.entry, self.call
        word = "".join(rng.choices(string.ascii_lowercase, k=8))
        yield call({f"no_{word}": "1"}), True
        yield call({}).replace("(", f"_{word}(", 1), True
        yield call({})[:-1], False
        yield call({})[:-1] + f", **{{'{word}': 1}})", True
        yield call({}) + rng.choice([".eval()", "; import os", " # " + word, "\n" + word]), False
        for name, value in entry.identifying.items():
            if value.startswith("'"):
                yield call({}, **{name: f"'{word}{value[1:]}"}), True
                yield call({}, **{name: f"{value[:-1]}{word}'"}), True
                yield call({}, **{name: f'"{value[1:-1]}"'}), False  # the same value, in other quotes
                yield call({}, **{name: value[:-1] + '"'}), True
        for name, parameter in entry.loader.parameters.items():
            if parameter.closed and name not in entry.bound.values:
                yield call({name: f"'{word}'"}), True
        yield call({"trust_remote_code": "True"}), False
        yield call({"cache_dir": f"'/{word}'"}), False
        for name, kind in self.further.items():
            yield call({name: rng.choice(HOSTILE)}), True
            yield call([(name, self._drawn(kind, rng)), (name, self._drawn(kind, rng))]), True
            yield from ((call({name: wrong}), True) for wrong in WRONG.get(kind, ()))
            if kind in (ArgumentType.STR, ArgumentType.ANY):
                yield call({name: f"'{word * 3}x'"}), False
                yield call({name: f"'{word}\\n'"}), False
                yield call({name: f"'{rng.choice('<>(){}=')}'"}), False
                yield call({name: f"'{word}\""}), True
            if kind in (ArgumentType.INT, ArgumentType.FLOAT):
                yield call({name: str(rng.randint(10**7, 10**9))}), False
                yield call({name: f"0{rng.randint(1, 99)}"}), True
            if kind is ArgumentType.LIST:
                yield call({name: "[1, 2, 3, 4, 5]"}), False
        in_order = [(name, self._drawn(kind, rng)) for name, kind in self.further.items()]
        if len(in_order) > 1:
            yield call(in_order[1::-1]), False
        if len(in_order) > 4:
            yield call(in_order[:5]), False


def shapes() -> list[Shape]:
    """Every shape there is, by its doc's id."""
    made = [Shape(entry_of(_documenting(number, call))) for number, call in enumerate(CALLS)]
    best: dict[int, Shape] = {}
    for entry in snapshot_catalogue().entries:
        shape, row = Shape(entry), row_of(entry.loader)
        if row not in best or len(shape.further) > len(best[row].further):
            best[row] = shape
    return [*made, *(best[row] for row in sorted(best))]


def row_of(loader: Loader) -> int:
    """A loader's place in the table; one behind it for a callee that no loader knows."""
    return len(LOADERS) if loader is GENERIC else LOADERS.index(loader)


def _documenting(number: int, call: str) -> ApiDoc:
    """A doc of that call with an argument of every type."""
    arguments = [{"name": f"an_{kind.value}", "type": kind.value} for kind in VALUES]
    return ApiDoc.model_validate(
        {
            "id": f"acme:shape{number}:{call.partition('(')[0]}",
            "hub": "acme",
            "domain": "text-generation",
            "name": "net",
            "call": call,
            "arguments": arguments,
        }
    )
