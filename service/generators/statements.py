"""What an instruction may state about how a model is loaded: without weights, on which device, how many
classes, …

One recogniser a kind of statement; each works on the words only and gives what is stated with the words
that state it. Which argument of which API that is, `arguments` knows.

Where in doubt nothing is stated: a default does less harm than an argument that nobody asked for. English
only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api_docs.lexicon.languages import LANGUAGES
from service.generators.said import (
    END,
    Said,
    Statement,
    choice,
    flag,
    follows,
    matches,
    number,
    regex,
    stated,
    the_one,
)

# --- weights ----------------------------------------------------------------------------------------------

_NET = (
    r"(?:architecture|backbone|classifier|detector|model|network|one|segmenter|version|weights"
    r"|[\w-]*(?:net|former|bert|yolo|vgg|gan|vit)|[a-z]+-?\d+\w*)"
)
_USE_NO = (
    r"(?:without|w/o|no|not\s+using|skip(?:ping)?|(?:do\s+not|don't|never)\s+(?:use|load|want|need|download))"
)
_WEIGHTS = r"(?:weights?|checkpoints?|parameters)"
# These carry their own "not".
_UNTRAINED = regex(
    rf"\b{_USE_NO}\s+(?:(?:any|the|its|using|loading|of)\s+)*"
    rf"(?:pre-?train(?:ed|ing)(?:\s+(?:{_WEIGHTS}|model))?|(?:trained|learned|learnt)\s+{_WEIGHTS})\b"
    r"|\b(?:without|w/o|no|(?:do\s+not|don't|never)\s+load)\s+(?:(?:any|the|its|loading)\s+)*weights\b(?!\s+and\b)"
    rf"|\bno\s+need\s+for\s+(?:the\s+)?pre-?trained\s+{_WEIGHTS}\b|\bleav\w+\s+(?:out\s+the\s+weights|the\s+weights\s+out)\b"
    r"|\b(?:not\s+|non-?|un-?)pre-?trained\b|\bweights\s*:\s*none\b"
    r"|\bweights\b[^.;!?]{0,20}\bnot\b[^.;!?]{0,15}\b(?:pre-?trained|loaded|used)\b"
    r"|\bpretrained\s+(?:(?:set\s+)?to|is|(?:should|must)\s+be)\s+(?:false|off)\b"
)
_RANDOM = regex(
    rf"\bun-?trained\s+{_NET}\b|(?:\A|[,;:])\s*untrained(?=\s*(?:[.,;:]|\Z))"
    r"|\bun-?initiali[sz]ed\b|\brandom(?:ly)?[\s-](?:initiali[sz]ed|initiali[sz]ation|init|(?:initial\s+)?weights)\b"
    r"|\binitiali[sz]\w+\s+(?:(?:the|its)\s+)?(?:\w+\s+)?(?:at\s+random|randomly)\b"
    r"|\bweights\s+(?:(?:are|is|be|should|must|to|stay|all)\s+)*random\b"
    r"|(?<!was )(?<!were )(?<!been )(?<!is )\b(?:pre-?)?train(?:ed|ing|s)?\b[^.;!?]{0,60}?\sfrom\s+scratch\b"
    rf"|\b{_NET}\s+from\s+scratch\b"
)
_LEARNED = regex(
    r"\b(?:with|use|using|load|loading|want|need)\s+(?:(?:the|its|imagenet)\s+)*pre-?trained\s+weights\b"
)


def weights(said: Said) -> Statement | None:
    """Whether the trained weights are wanted: False for a network that is to be trained from scratch."""
    if not said.has_any(("weight", "train", "random", "scratch", "initiali")):
        return None
    if match := _UNTRAINED.search(said.text):
        return stated(False, match)
    found = [(False, match) for match in matches([_RANDOM], said)]
    found += [(True, match) for match in matches([_LEARNED], said)]
    return the_one(stated(value, match) for value, match in found)


# --- language ---------------------------------------------------------------------------------------------

# Shorter names are English words too, or parts of them.
_NAMES: Mapping[str, str] = {
    **{name.lower(): name for name in LANGUAGES.values() if len(name) > 3},
    **{"mandarin": "Chinese", "farsi": "Persian", "castilian": "Spanish"},
}
_FIRST_WORDS = frozenset(name.split()[0] for name in _NAMES) | {"language", "lang"}
_ANY_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_L = rf"(?P<l>{_ANY_NAME})"
_UTTERANCE = (
    r"(?:asr|audio\w*|books?|broadcasts?|calls?|captions?|commands?|conversations?|dialogues?|dictations?"
    r"|films?|interviews?|lectures?|meetings?|messages?|movies?|narration|news\w*|notes?|novels?|podcasts?"
    r"|poems?|radio|recordings?|sentences?|songs?|speech\w*|stor(?:y|ies)|stt|subtitles?|talks?|text-to-speech"
    r"|texts?|transcri\w+|tts|utterances?|videos?|voice-?(?:mails?|overs?)|voices?|words?)"
)
# What a code would be in plain text unless it is quoted or set off.
_ENGLISH = frozenset(
    {
        "am",
        "as",
        "be",
        "el",
        "ha",
        "he",
        "hi",
        "id",
        "is",
        "it",
        "la",
        "lo",
        "mi",
        "my",
        "no",
        "or",
        "se",
        "si",
    }
    | {"so", "te", "to"}
)
_LANGUAGE = tuple(
    regex(pattern)
    for pattern in (
        rf"\b(?:in|into|to|for|from)\s+(?:spoken\s+)?{_L}(?:\s+language)?\b{END}",
        rf"\b(?:in|into|to|for|from|with|use|using)\s+the\s+{_L}\s+language\b",
        rf"\b(?:recogni[sz]|transcrib|understand|synthesi[sz])\w*\s+(?:spoken\s+)?{_L}\b{END}",
        rf"(?<!about )(?<!about the )\b{_L}(?:-language|\s+language)?[\s-]"
        rf"(?:(?!a\b|my|our|the|this|up)\w+\s+)?{_UTTERANCE}\b",
        rf"\b{_UTTERANCE}\s+(?:is|are)\s+(?:(?:all|mostly|only)\s+)?{_L}\b{END}",
        rf"\b(?:asr|tts|stt|speech[\s-]to[\s-]text|text[\s-]to[\s-]speech)\s*[,:(]\s*{_L}\b",
        rf"\b{_L}-speaking\b",
        rf"\b(?:spoken|speaking)\s+{_L}\b",
        rf"(?<!\bI )(?<!\bwe )\bspeaks?\s+{_L}\b",
        rf"\b{_L}\s+as\s+(?:(?:the|its|spoken)\s+)*language\b",
        rf"\blang(?:uage)?s?(?:\s+code)?(?:\s+(?:is|should\s+be|to))?\s*[:=]?\s*[\"']?{_L}\b[\"']?{END}",
    )
)
_CODE = regex(
    r"\blang(?:uage)?(?:\s+code)?(?P<s>(?:\s+(?:is|should\s+be|to))?\s*[:=]?\s*)(?P<q>[\"']?)(?P<l>[a-z]{2,3})\b"
    rf"[\"']?{END}"
)
_SEVERAL = regex(rf"\b{_L}(?:\s+language)?\s*(?:,|/|&|\band\b|\bor\b)\s*(?:\w+\s+)?(?P<m>{_ANY_NAME})\b")


def language(said: Said) -> Statement | None:
    """The one language, by its English name, in which something is spoken or is to be read."""
    if _FIRST_WORDS.isdisjoint(said.words):
        return None
    if any(match["l"].lower() != match["m"].lower() for match in _SEVERAL.finditer(said.text)):
        return None
    found = [
        stated(_NAMES[match["l"].lower()], match)
        for match in matches(_LANGUAGE, said)
        if match["l"] != "polish"  # the verb
    ]
    found += [
        stated(LANGUAGES[code], match)
        for match in matches([_CODE], said)
        if (code := match["l"].lower()) in LANGUAGES
        and (code not in _ENGLISH or match["q"] or match["s"].strip() in (":", "="))
    ]
    return the_one(found)


# --- device -----------------------------------------------------------------------------------------------

_ON = r"\b(?:on|onto|to|uses?|using|with|via)\s+"
_DET = r"(?:(?:the|a|an|my|our|your|its|one|this|that|single|local|fast|only|nvidia|dedicated)\s+)"
_GPU = r"(?:gpu|graphics\s+(?:card|processor)|video\s+card)"
_ORDINALS = ("first", "second", "third", "fourth")
_CARD = (
    r"(?:(?:nvidia|geforce|tesla|quadro)\s+)*(?:[rg]tx|tesla|a100|h[12]00|v100|t4|l4|l40s?)(?:\s*\d{3,4}\w*)?"
)
_NO_GPU = regex(
    rf"\bwithout\s+(?:{_DET}|any\s+)?(?:{_GPU}|cuda)\b{END}"
    rf"|\b(?:do\s+not|don't|never)\s+(?:use|need|run\s+on)\s+(?:{_DET}|any\s+)?(?:{_GPU}|cuda)\b{END}"
    rf"|\b(?:has|have|there\s+is)\s+no\s+{_GPU}\b{END}|\bno\s+{_GPU}\s+(?:available|here|at\s+hand)\b"
    r"|\bonly\s+(?:(?:have|has|got)\s+)?(?:an?\s+|the\s+)?cpus?\b"
)
_ALONE = r"(?:\A|[,;:])\s*{0}(?:\s+(?:only|please))*(?=\s*(?:[.,;)]|\Z))|\b{0}[\s-]inference\b"
_DEVICES = tuple(
    (regex(pattern), value)
    for pattern, value in (
        (
            rf"{_ON}(?:\S+\s+){{0,4}}?(?:apple\s+silicon|mps|m[1-5]\s+(?:chip|gpu|mac\w*|max|pro|ultra))\b",
            "mps",
        ),
        (r"\bcuda:(?P<i>\d{1,2})\b|\bcuda\s+device\s+(?P<j>\d{1,2})\b", "cuda:"),
        (rf"{_ON}{_DET}?gpu\s+(?:number\s+|no\.?\s*|#\s*)?(?P<i>\d{{1,2}})\b", "cuda:"),
        (rf"{_ON}{_DET}?(?P<i>{'|'.join(_ORDINALS)})\s+{_GPU}\b", "cuda:"),
        (
            r"\b(?:on|across|over|using|use)\s+(?:\w+\s+)?(?:all|both|several|multiple|NUM)\s+"
            rf"(?:\w+\s+){{0,2}}?{_GPU}s\b",
            "auto",
        ),
        (rf"{_ON}{_DET}{{0,2}}(?:\w+'s\s+)?(?:\w+\s+)?{_GPU}(?:\s+(?:acceleration|support))?\b{END}", "cuda"),
        (rf"{_ON}{_DET}{_CARD}\b{END}", "cuda"),
        (rf"{_ON}{_DET}?(?:device\s+)?cuda\b(?!:){END}", "cuda"),
        (rf"\bgpu[\s-]accelerat(?:ed|ion)\b|{_ALONE.format('gpu')}", "cuda"),
        (rf"{_ON}{_DET}{{0,2}}cpus?\b{END}|\bcpu[\s-]only\b|{_ALONE.format('cpu')}", "cpu"),
    )
)
_EITHER = regex(r"\b(?:gpu|cpu)s?\s+(?:and|or|vs\.?|versus)\s+(?:an?\s+|the\s+)?(?:gpu|cpu)s?\b")
# How fast or on what something ran once is a tale, not a wish.
_TALE = regex(
    r"\b(?:slow\w*|crash\w*|fail\w*|(?<!-)trained|tested|benchmark\w*|measured|broke\w*|died)\b[^.;!?]{0,30}\Z"
)


def device(said: Said) -> Statement | None:
    """Where the model is to run: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto` for several devices."""
    if not said.has_any(
        ("gpu", "cuda", "cpu", "mps", "card", "graphics", "silicon", " m", "tx", "tesla", "00", "t4", "l4")
    ):
        return None
    if _EITHER.search(said.text):
        return None
    found = [stated("cpu", match) for match in _NO_GPU.finditer(said.text)]
    found += [
        stated(kind + _ordinal(match) if kind == "cuda:" else kind, match)
        for pattern, kind in _DEVICES
        for match in matches([pattern], said)
        if not follows(_TALE, match)
    ]
    exact = [statement for statement in found if statement.value != "cuda"]
    return the_one(exact or found)


def _ordinal(match: re.Match[str]) -> str:
    groups = match.groupdict()
    text = groups.get("i") or groups.get("j") or ""
    return text if text.isdigit() else str(_ORDINALS.index(text.lower()))


# --- versions ---------------------------------------------------------------------------------------------

_REF = r"[\"'`]?(?P<r>v?\d[\w.]*\w|[0-9a-f]{7,40}|v?\d)\b"
_REVISION = (
    regex(
        r"\b(?:revision|commit|tag|ref|version|release)(?:\s+(?:hash|id|number))?(?:\s+(?:is|to)|\s*[:=])?"
        rf"\s*{_REF}"
    ),
    regex(rf"\b(?:pin|fix|lock)\w*\b[^.;,!?]{{0,20}}\s(?:to|at)\s+{_REF}"),
)
_VERSION = regex(
    r"\bversion(?:\s+number)?(?:\s+(?:is|to)|\s*[:=])?\s*[\"'`]?(?P<r>v?\d[\w.]*\w|v?\d)\b[\"'`]?"
    r"(?:\s+of\s+(?:the|this|that|your|its)\s+(?P<o>\w+)|(?!\s+of\b))"
)


def revision(said: Said) -> Statement | None:
    """A tag, commit or version, as it is written."""
    if not said.has_any(("revision", "commit", "tag", "ref", "version", "release", "pin", "lock", "fix")):
        return None
    return the_one(stated(match["r"], match) for match in matches(_REVISION, said))


def version(said: Said) -> Statement | None:
    """A version: what it is called, and the word for what it is a version of, if there is one."""
    if "version" not in said.words:
        return None
    return the_one(
        stated((match["r"], (match["o"] or "").lower()), match) for match in matches([_VERSION], said)
    )


# --- numbers ----------------------------------------------------------------------------------------------

_CLASSES = r"(?:class(?:es)?|categor(?:y|ies)|labels)"
_OURS = r"(?:(?:my|our|its|exactly|just|only|all|these|the|own|custom|usual|of)\s+){0,4}"
_LESSONS = (
    r"\b(?:students?|pupils?|schools?|teachers?|teach|yoga|gym|lessons?|kindergarten|kids|universit\w+)\b"
)
classes = number(
    "class|categor|label|way",
    rf"\b(?:with|for|predicts?|outputs?)\s+{_OURS}NUM\s+(?:\w+\s+)?{_CLASSES}\b",
    r"\b(?:backbone|classifier|data|data\s?set|detector|head|layer|model|network|problem|task)\b[^.;!?]{0,25}?"
    rf"\b(?:has|have|having|of)\s+{_OURS}NUM\s+(?:\w+\s+)?{_CLASSES}\b",
    r"\bNUM[\s-](?:class|way|label)\s+(?:\w+\s+)?(?:classif\w+|data\s?set|detector|head|model|problem"
    r"|segment\w+|setup|softmax|task)",
    rf"\bnum(?:ber)?\s+(?:of\s+)?(?:(?:output|target)\s+)?{_CLASSES}(?:\s+(?:is|to|of)|\s*[:=])?\s*NUM\b",
    rf"\bNUM\s+(?:output|target)\s+{_CLASSES}\b",
    rf"\b(?:there\s+are|one\s+of)\s+{_OURS}NUM\s+(?:\w+\s+)?{_CLASSES}\b",
    rf"\b(?:have|has)\s+{_OURS}NUM\s+(?:\w+\s+)?{_CLASSES}\s+to\s+(?:predict|classify|detect|distinguish|tell)\b",
    rf"\b(?:adapt|chang|resiz|set)\w*\s+[^.;!?]{{0,30}}?\bto\s+{_OURS}NUM\s+(?:\w+\s+)?{_CLASSES}\b",
    rf"(?:\A|[;:(]|,\s)\s*NUM\s+{_CLASSES}(?=\s*(?:[.,;)]|\Z))",
    veto=_LESSONS,
)
sorted_into = number(
    "class",
    rf"\b(?:into|to|between|among|distinguish\w*)\s+{_OURS}NUM\s+(?:\w+\s+)?class(?:es)?\b",
    veto=_LESSONS,
)
channels_in = number(
    "channel",
    r"\bNUM[\s-](?:input[\s-]channels?|channel)\b(?!s)",
    r"\b(?:inputs?|images?|scans?|with)\b[\s,;:]{1,2}(?:of\s+|with\s+|have\s+)?NUM\s+channels?\b",
)
channels_out = number("channel", r"\bNUM[\s-]output[\s-]channels?\b")
_INPUTS = (
    r"(?:audio|clips?|documents?|e?mails?|examples?|files?|images?|inputs?|items|lines|paragraphs?|photos?|pictures?"
    r"|recordings?|reviews?|rows|samples?|sentences?|texts?|tweets?|utterances?|videos?)"
)
batch = number(
    "batch|at a time",
    r"\bbatch[\s-]size(?:\s+(?:of|is|to)|\s*[:=])?\s*NUM\b",
    rf"\bbatches\s+of\s+NUM(?:{END}|\s+{_INPUTS}\b)",
    rf"\bNUM\s+{_INPUTS}\s+at\s+a\s+time\b",
)
_GUESSES = (
    r"(?:answers?|candidates?|categories|classes|completions?|guesses|labels?|matches|predictions?|results?"
    r"|species|suggestions?|tags|tokens|words)"
)
top = number(
    "top|likely|probable|likeliest|best|scoring",
    rf"\btop[\s-]?NUM\s+(?:(?:most\s+likely|best|predicted|possible)\s+)?{_GUESSES}\b",
    rf"\bNUM\s+(?:most\s+(?:likely|probable)|best|likeliest|highest[\s-]scoring)\s+{_GUESSES}\b",
    r"\b(?:return|give|show|list|get|want|keep|output|see|predict|tell)\b[^.;!?]{0,20}?\btop[\s-]?NUM\b"
    r"(?=\s*(?:[.,;!?)]|\Z))",
)
new_tokens = number(
    "token",
    r"\bNUM\s+new\s+tokens\b",
    r"\b(?:at\s+most|up\s+to|no\s+more\s+than|max(?:imum|\.)?(?:\s+of)?|within|(?:limit|cap)\w*\s+[^.;!?]{0,25}?"
    r"(?:to|at))\s+NUM\s+(?:new\s+)?tokens\b",
)
length = number(
    "length|truncat",
    r"\bmax(?:imum|imal|\.)?\s+(?:(?:sequence|input|output|text)\s+)?length(?:\s+(?:of|is|to)|\s*[:=])?\s*NUM\b",
    r"\btruncat\w+\s+(?:\w+\s+){0,3}?(?:at|to|after)\s+NUM\s+tokens\b",
)
dimensions = number("truncat", r"\btruncat\w+\s+(?:\w+\s+){0,4}?to\s+NUM[\s-]dim\w*")
chunk_seconds = number("chunk", r"\bNUM[\s-]seconds?\s+chunks\b", r"\bchunks\s+of\s+NUM\s*s(?:ec\w*)?\b")
opset = number("opset", r"\bopset(?:\s+version)?(?:\s+of|\s*[:=])?\s*NUM\b")

# --- yes or no --------------------------------------------------------------------------------------------

_TRAINABLE = regex(
    r"(?<!non-)\btrainable\b|\bun-?fr(?:ozen|eez\w+)\b"
    r"|\b(?:to|can|will|and|also|must|want|plan)\s+fine-?tun(?:e|ing)\s+(?:it|them|(?:the|its)\s+(?:\w+\s+)?"
    r"(?:backbone|embeddings?|encoder|features|layers?|model|module|network|weights))\b"
)
_NOT_FROZEN = regex(r"\bnot\s+frozen\b|\b(?:do\s+not|don't|never)\s+freeze\b")


def trainable(said: Said) -> Statement | None:
    """Whether the weights are to change in training."""
    if not said.has_any(("trainable", "froz", "freez", "tun")):
        return None
    found = [*_NOT_FROZEN.finditer(said.text), *matches([_TRAINABLE], said)]
    return stated(True, found[0]) if found else None


_LOCAL = regex(
    r"\blocal[\s-]files?[\s-]only\b|\bonly\s+(?:the\s+)?(?:local|cached|downloaded)\s+files\b"
    r"|\bfrom\s+(?:(?:the|my|our)\s+)?local\s+cache\b"
    r"|\bonly\s+(?:the\s+)?files\s+(?:that\s+are\s+)?already\s+(?:downloaded|cached|there|on\s+disk)\b"
    r"|\b(?:without\s+downloading|(?:do\s+not|don't|never)\s+download)\s+any\w*\b"
    r"|\bmust(?:\s+not|n't)\s+go\s+online\b"
)


def local_only(said: Said) -> Statement | None:
    """Whether nothing may be downloaded."""
    match = _LOCAL.search(said.text) if said.has_any(("local", "download", "online")) else None
    return stated(True, match) if match else None


fresh_download = flag(
    "download|reload|cache",
    r"\bforce\s+(?:a\s+)?(?:fresh\s+|new\s+)?(?:re-?)?(?:download|reload)\b|\bfresh\s+download\b"
    r"|\bdownload\s+(?:it\s+)?(?:again|afresh)\b|\b(?:ignore|bypass|refresh)\s+(?:the|my|your)\s+cache\b",
)
remote_code = flag(
    "code",
    r"\btrust[\s_-](?:its\s+|the\s+)?remote[\s_-]code\b"
    r"|\b(?:allow|permit|enable)\s+(?:(?:its|the|running|to|run)\s+)*(?:remote|custom)\s+code\b",
)
trusted_repository = flag("trust", r"\btrust\s+(?:the|this|that)\s+repo(?:sitory)?\b")
no_progress = flag(
    "progress",
    r"\b(?:without|no|hide|suppress|disable|(?:do\s+not|don't)\s+show)\s+(?:\w+\s+){0,2}?progress\s+bars?\b",
)
quiet = flag(
    "quiet|silent",
    r"\b(?:load|download)\w*\b[^.;!?]{0,30}?\b(?:quietly|silently)\b|\b(?:quietly|silently)\s+(?:load|download)\w*",
)
onnx = flag(
    "onnx",
    r"\b(?:as|in|use|using|with|via)\s+(?:an?\s+|the\s+)?onnx\b|\bonnx\s+(?:model|version|runtime|format)\b",
)
safetensors = flag("safetensors", r"\bsafetensors\b")
whole_entities = flag(
    "group|merg|aggregat|whole",
    r"\b(?:group|merg|aggregat)\w*\s+(?:\w+\s+){0,4}?(?:entit\w+|pieces|sub-?words|tokens)\b|\bwhole\s+entities\b",
)
_GIVE = r"\b(?:return|output|give|get|want|need|with|expos)\w*\s+(?:\w+\s+){0,3}?"
hidden_states = flag("hidden", rf"{_GIVE}hidden\s+states\b")
attentions = flag("attention", rf"{_GIVE}attention\s+(?:weights|maps)\b")

# --- one of several ---------------------------------------------------------------------------------------

precision = choice(
    "16|32|precision",
    {
        r"\b(?:half[\s-]precision|fp16|float16)\b(?!\s+(?:variant|branch|weights))": "float16",
        r"\b(?:bf16|bfloat16)\b": "bfloat16",
        r"\b(?:(?:full|single)[\s-]precision|fp32|float32)\b": "float32",
    },
)


def _in_bits(name: str, digit: int) -> str:
    return (
        rf"(?:\b(?:in|with|at|to|use|using|load(?:ed|ing)?)\s+|(?:\A|[,;:])\s*){name}[\s-]?bits?\b{END}"
        rf"|\b{name}[\s-]?bit\s+(?:quanti[sz]\w+|precision|weights|mode)\b|\bint{digit}\s+quanti[sz]\w+"
    )


bits = choice("bit|int8|int4", {_in_bits("(?:8|eight)", 8): 8, _in_bits("(?:4|four)", 4): 4})
backend = choice("onnx|openvino", {r"\bopenvino\b": "openvino", r"\bonnx\b": "onnx"})
attention = choice(
    "flash|sdpa|eager",
    {
        r"\bflash[\s_-]?attention(?:[\s_-]?2)?\b(?![\s_-]?3)": "flash_attention_2",
        r"\bflash[\s_-]?attention[\s_-]?3\b": "flash_attention_3",
        r"\bsdpa\b": "sdpa",
        r"\beager\s+attention\b": "eager",
    },
)
_EVERY_WORD = r"(?:for|of|on|per)\s+(?:(?:every|each|all|the|single)\s+)*words?"
timestamps = choice(
    "timestamp|time stamp",
    {
        rf"\bword[\s-]level\s+time\s?stamps\b|\btime\s?stamps?\s+{_EVERY_WORD}\b": "word",
        r"\b(?:with|and|include|including|add|return|want|need)\s+(?:the\s+)?time\s?stamps?\b"
        rf"(?!\s+{_EVERY_WORD})": True,
    },
)

# --- places -----------------------------------------------------------------------------------------------

_FOLDER = regex(
    r"\b(?:stor|cach|sav|keep|put|download)\w*\b[^;!?]{0,40}?\s(?:in|into|to|under|at)\s+"
    r"[\"'`]?(?P<p>(?:~|\.{1,2})?/[\w./~-]*\w)"
)


def folder(said: Said) -> Statement | None:
    """A folder for what is downloaded."""
    if "/" not in said.text:
        return None
    return the_one(stated(match["p"], match) for match in matches([_FOLDER], said))
