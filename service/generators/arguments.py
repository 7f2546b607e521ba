"""Carry what an instruction states into the call of an API doc.

`FAMILIES` says, one row a kind of statement, which arguments can hold it and how it is written. A change is
made only where the doc documents the argument, its template sets it or its loader takes it; never to what
identifies the API; and not where the call amounts to the same already. How statements are recognised is
the work of `statements`. `api_docs.verification` has the last word on every change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from api_docs.call import Call, normalise, parse_value
from api_docs.catalogue import Entry
from api_docs.errors import UnparseableCall
from api_docs.models import ArgumentType
from api_docs.snippets.pinning import pinned
from api_docs.verification import check_call
from service.generators import statements, values
from service.generators.said import Recogniser, Said
from service.generators.slots import Slot, slots_of, with_value
from service.generators.values import Writer


@dataclass(frozen=True, slots=True)
class Change:
    """One argument that the call carries for a reason; `value` is source text."""

    argument: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Family:
    """What can be stated, and the arguments that can hold it: the first that is there and can say it."""

    recognise: Recogniser
    arguments: Mapping[str, Writer]


def _family(recognise: Recogniser, writer: Writer, names: str, *others: tuple[Writer, str]) -> Family:
    """A row of the table: arguments (separated by blanks) in order of preference, with their writers."""
    pairs = ((writer, names), *others)
    return Family(recognise, {name: write for write, some in pairs for name in some.split()})


_CLASSES = "num_classes n_classes nb_classes number_of_classes num_labels classes"

FAMILIES: tuple[Family, ...] = (
    _family(statements.weights, values.weights, "pretrained weights"),
    _family(statements.language, values.language, "language lang language_code lang_code"),
    _family(
        statements.device,
        values.device,
        "device map_location",
        (values.gpu_switch, "use_gpu useGPU gpu use_cuda cuda"),
        (values.run_options, "run_opts"),
        (values.device_map, "device_map"),
    ),
    _family(statements.version, values.version, "version model_version"),
    _family(statements.classes, values.classes, _CLASSES),
    _family(statements.sorted_into, values.classes_anew, _CLASSES),
    _family(statements.channels_in, values.plain, "in_chans in_channels input_channels channels"),
    _family(statements.channels_out, values.plain, "out_channels output_channels"),
    _family(statements.batch, values.plain, "batch_size"),
    _family(statements.top, values.top_k, "top_k topk"),
    _family(statements.new_tokens, values.tokens, "max_new_tokens max_length max_len"),
    _family(statements.length, values.tokens, "max_length max_seq_length max_len"),
    _family(statements.dimensions, values.plain, "truncate_dim"),
    _family(statements.chunk_seconds, values.chunks, "chunk_length_s"),
    _family(statements.opset, values.plain, "opset_version"),
    _family(
        statements.precision, values.dtype, "dtype torch_dtype", (values.short_dtype, "model_math precision")
    ),
    _family(statements.bits, values.quantization, "load_in_8bit load_in_4bit quantization_config"),
    _family(statements.trainable, values.plain, "trainable", (values.opposite, "freeze_params freeze")),
    _family(statements.local_only, values.plain, "local_files_only"),
    _family(statements.fresh_download, values.plain, "force_reload force_download refresh_cache"),
    _family(statements.remote_code, values.plain, "trust_remote_code"),
    _family(statements.trusted_repository, values.plain, "trust_repo"),
    _family(statements.no_progress, values.opposite, "progress"),
    _family(statements.quiet, values.opposite, "verbose _verbose"),
    _family(statements.onnx, values.plain, "onnx load_onnx_model use_onnx"),
    _family(statements.backend, values.plain, "backend"),
    _family(statements.safetensors, values.plain, "use_safetensors"),
    _family(statements.attention, values.plain, "attn_implementation"),
    _family(statements.hidden_states, values.plain, "output_hidden_states"),
    _family(statements.attentions, values.plain, "output_attentions"),
    _family(statements.whole_entities, values.entities, "aggregation_strategy"),
    _family(statements.timestamps, values.timestamps, "return_timestamps"),
    _family(statements.folder, values.plain, "cache_dir cache_folder savedir"),
)


def carry(instruction: str, entry: Entry) -> tuple[Call, tuple[Change, ...]]:
    """The call of an API with what the instruction states, and what was changed for which reason."""
    said = Said(instruction)
    slots = slots_of(entry)
    named = {change.argument: change for change in _by_name(said, slots)}
    unnamed = (family for family in FAMILIES if named.keys().isdisjoint(family.arguments))
    stated = (change for family in unnamed if (change := _of_family(family, said, slots)))
    changes = dict(named)
    for change in stated:
        changes.setdefault(change.argument, change)
    call, held = _applied(entry, _with_companions(changes, slots, said))
    fixed = _at_revision(said, call, entry)
    return (fixed[0], (*held, fixed[1])) if fixed else (call, held)


def _of_family(family: Family, said: Said, slots: Mapping[str, Slot]) -> Change | None:
    there = [slots[name] for name in family.arguments if name in slots]
    if not there or (statement := family.recognise(said)) is None:
        return None
    # What the template sets comes first, then what the doc documents, then what the loader takes.
    for slot in sorted(there, key=lambda slot: (slot.value is None, not slot.documented)):
        value = family.arguments[slot.name](statement.value, slot)
        if value is not None:
            return None if value == slot.present else Change(slot.name, value, _says(statement.words))
    return None


def _says(words: str) -> str:
    return f"the instruction says “{words}”"


def _applied(entry: Entry, changes: list[Change]) -> tuple[Call, tuple[Change, ...]]:
    """The template with every change that verification lets stand."""
    held = list(changes)
    while True:
        call = entry.call
        for change in held:
            call = with_value(call, entry, change.argument, change.value)
        if not held or (problem := check_call(call, entry)) is None:
            return call, tuple(held)
        refused = [change for change in held if change.argument == problem.argument] or held
        held = [change for change in held if change not in refused]


# --- arguments by their own names -------------------------------------------------------------------------

_VALUE = r"'[^'\n]*'|\"[^\"\n]*\"|\[[^\]\n]*\]|\([^)\n]*\)|\{[^}\n]*\}|-?\d+(?:\.\d+)?|[A-Za-z_][\w.:/-]*"
_ASSIGNED = re.compile(rf"\b([A-Za-z_]\w*)\s*=\s*({_VALUE})")
_SAID = r"(?:\s+(?:of|to|is|as|at)\s+|\s*:\s*|\s+)"
_NAMED = re.compile(rf"\b([A-Za-z]\w*_\w+){_SAID}(-?\d+(?:\.\d+)?|True|False|None|'[^'\n]*')(?![\w'])")
_WORDS = {"true": "True", "yes": "True", "false": "False", "no": "False", "none": "None"}


def _by_name(said: Said, slots: Mapping[str, Slot]) -> Iterator[Change]:
    """Arguments that the instruction calls by their names: `features_only=True`, drop_rate of 0.2."""
    found = [*_ASSIGNED.finditer(said.text), *_NAMED.finditer(said.text), *_spelt_out(said, slots)]
    for name, (value, words) in {
        match[1].replace(" ", "_").replace("-", "_"): (match[2], match.group()) for match in reversed(found)
    }.items():
        slot = slots.get(name) or slots.get(name.lower())
        if slot is not None and (text := _literal(value, slot)) is not None and text != slot.present:
            yield Change(slot.name, text, _says(words))


def _spelt_out(said: Said, slots: Mapping[str, Slot]) -> Iterator[re.Match[str]]:
    """`drop rate of 0.2`: numbers only, for the words alone may mean anything."""
    for slot in slots.values():
        if slot.type not in (ArgumentType.INT, ArgumentType.FLOAT) or "_" not in slot.name.strip("_"):
            continue
        words = slot.name.strip("_").replace("_", " ")
        if words in said.lower or words.replace(" ", "-") in said.lower:
            spelt = words.replace(" ", "[ -]")
            yield from re.finditer(rf"\b({spelt}){_SAID}(-?\d+(?:\.\d+)?)\b", said.lower)


def _literal(text: str, slot: Slot) -> str | None:
    """Source text of a value that may stand without its quotes."""
    text = _WORDS.get(text.lower(), text).rstrip(".")
    if slot.asked and slot.type is ArgumentType.STR and text[:1] not in "'\"":
        text = repr({"True": "true", "False": "false"}.get(text, text))
    word = re.fullmatch(r"[A-Za-z_][\w.:/-]*", text)
    if word and text not in ("True", "False", "None"):
        if slot.type is ArgumentType.DTYPE:
            return f"torch.{text.removeprefix('torch.')}"
        text = repr(text)
    try:
        return normalise(parse_value(text))
    except UnparseableCall:
        return None


# --- what a change brings along ---------------------------------------------------------------------------


def _with_companions(changed: Mapping[str, Change], slots: Mapping[str, Slot], said: Said) -> list[Change]:
    """Arguments without which a change would fail when the call is run.

    torchvision's builders refuse another number of classes than that of the weights. transformers refuses
    weights that don't fit the head, unless it may make the head anew.
    """
    changes = list(changed.values())
    if "num_classes" in changed and _held(slots.get("weights")) and "weights" not in changed:
        learned = statements.weights(said)
        if learned is not None and learned.value is True:
            return [change for change in changes if change.argument != "num_classes"]
        why = "the weights have another number of classes, and the builder refuses them"
        return [*changes, Change("weights", "None", why)]
    resize = slots.get("ignore_mismatched_sizes")
    if "num_labels" in changed and resize is not None and resize.name not in changed:
        return [*changes, Change(resize.name, "True", "a head of another size has to be made anew")]
    return changes


def _held(slot: Slot | None) -> bool:
    return slot is not None and slot.value not in (None, "None")


def _at_revision(said: Said, call: Call, entry: Entry) -> tuple[Call, Change] | None:
    """The call at the revision that the doc recorded, where the instruction names that very one."""
    recorded = entry.doc.source_revision
    if not recorded or (statement := statements.revision(said)) is None:
        return None
    name = str(statement.value)
    if name != recorded and not (len(name) >= 7 and recorded.startswith(name)):
        return None
    fixed = pinned(call, entry)
    if fixed is None or fixed == call:
        return None
    argument = "repo_or_dir" if entry.loader.name == "torch.hub.load" else "revision"
    return fixed, Change(argument, repr(recorded), _says(statement.words))
