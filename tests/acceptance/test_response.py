"""The call in Gorilla's published responses, against an independent reading of them and against eyes.

The reading here shares no code with `api_docs.response`: it undoes escapes bluntly and lets tree-sitter,
which forgives broken syntax, say where a loader is called with which strings. The list of judgements was made
by reading the responses; it holds ids and the models that the calls name, not the texts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_python
from tree_sitter import Language, Node, Parser

from api_docs.call import parse_call
from api_docs.errors import UnparseableCall
from api_docs.response import Shape, parse_response
from evaluation.apibench_rows import read_responses

HUBS = ("torchhub", "tensorflowhub", "huggingface")
KINDS = ("FT_0_shot", "RT_0_shot", "RT_bm25", "RT_gpt_index", "RT_oracle")
FILES = [f"{hub}_gorilla_{kind}_dev.jsonl" for hub in HUBS for kind in KINDS]
RESPONSES = 3_540

LOADER = re.compile(
    r"torch\.hub\.load|(?:tensorflow_)?hub\.(?:load|KerasLayer)|(?:\w+\.)+from_pretrained|(?:\w+\.)+from_hparams"
    r"|pipeline|SentenceTransformer|CrossEncoder|YOLO\w*|joblib\.load|load_from_hub|timm\.create_model"
    r"|open_clip\.\w+|load_model_ensemble_and_task_from_hf_hub|from_pretrained_\w+|SequenceTagger\.load"
)
COMPANION = re.compile(r"Tokenizer|Processor|FeatureExtractor|Config\b|Scheduler")
PARSER = Parser(Language(tree_sitter_python.language()))

Seen = tuple[str, tuple[str, ...]]
"""What a call is compared by: the callee's last name, and the strings among its arguments, in order."""


def seen_call(text: str) -> Seen | None:
    """The loader that a person would name: in the field for it, else in the code, else anywhere."""
    plain = re.sub(r"\\+n", "\n", text)
    plain = re.sub(r"\\+(['\"])", r"\1", plain)
    field = re.search(r"api_call(.*?)(?:api_provider|\Z)", plain, re.DOTALL)
    code = re.split(r"<<<code>>>|'code':", plain, maxsplit=1)
    assigned = dict(re.findall(r"(\w+) ?= ?['\"]([^'\"\n]+)['\"]\s*(?:\n|$)", plain))
    for part in (field[1] if field else "", code[-1] if len(code) > 1 else "", plain):
        if (found := next(loader_calls(part.lstrip(">'\": "), assigned), None)) is not None:
            return found
    return None


def loader_calls(part: str, assigned: dict[str, str]) -> Iterator[Seen]:
    source = part.encode()
    for node in walk(PARSER.parse(source).root_node):
        if node.type != "call" or "#" in line_before(source, node):
            continue
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or not arguments.named_child_count:
            continue
        name = (function.text or b"").decode()
        if LOADER.fullmatch(name) and not COMPANION.search(name) and not node.has_error:
            yield name.rpartition(".")[2], tuple(strings_in(arguments, assigned))


def strings_in(arguments: Node, assigned: dict[str, str]) -> Iterator[str]:
    """Every string among the arguments, and those that the text gives to the names among them."""
    for node in walk(arguments):
        text = (node.text or b"").decode()
        parent = node.parent
        if node.type == "string":
            yield text[1:-1]
        elif node.type == "identifier" and text in assigned and parent is not None:
            named = parent.type == "keyword_argument" and parent.child_by_field_name("value") == node
            if named or parent == arguments:
                yield assigned[text]


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def line_before(source: bytes, node: Node) -> str:
    return source[: node.start_byte].rpartition(b"\n")[2].decode()


def of_call(call: str) -> Seen:
    """The same of what was found, by Python's own parser."""
    tree = ast.parse(call.strip(), mode="eval").body
    assert isinstance(tree, ast.Call)
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return ast.unparse(tree.func).rpartition(".")[2], tuple(strings)


@pytest.fixture(scope="module")
def responses(data: Path) -> dict[tuple[str, int], str]:
    return {
        (name.removesuffix("_dev.jsonl"), response.question_id): response.text
        for name in FILES
        for response in read_responses(data / "apibench" / "dev" / name)
    }


def test_the_loader_that_is_to_be_seen_is_found(responses: dict[tuple[str, int], str]) -> None:
    seen = {key: found for key, text in responses.items() if (found := seen_call(text)) is not None}
    missed = {}
    for key, expected in seen.items():
        call = parse_response(responses[key]).call
        found = of_call(call) if call is not None else None
        if found is None or found[0] != expected[0] or sorted(found[1]) != sorted(expected[1]):
            missed[key] = (expected, call)
    for key, (expected, call) in missed.items():
        print(*key, "expected", expected, "found", call)
    assert len(responses) == RESPONSES
    assert (
        len(seen) > 0.85 * RESPONSES
    )  # the others, mostly without documentation or training, call no loader
    assert len(missed) <= 0.01 * len(seen), f"{len(missed)} of {len(seen)} differ"


USE = "https://tfhub.dev/google/universal-sentence-encoder/4"
MOBILE = "https://tfhub.dev/google/imagenet/mobilenet_v2_100_224"
INCEPTION = "https://tfhub.dev/google/imagenet/inception_v3/classification"
NVIDIA = "NVIDIA/DeepLearningExamples:torchhub"
VISION = "pytorch/vision"

# Per file: question → the callee's last name and the first strings of the call, None where no call is there.
JUDGED: dict[str, dict[int, tuple[str, ...] | None]] = {
    "torchhub_gorilla_FT_0_shot": {
        2: ("load", "snakers4/silero-models", "silero_stt"),
        8: ("load", VISION, "densenet121"),
        24: ("load", "szq0214/MEAL-V2", "meal_v2", "mealv2_resnest50"),
        34: ("load", NVIDIA, "nvidia_efficientnet_b0"),
        96: ("load", "ultralytics/yolov5", "yolov5s"),
        127: ("load", "facebookresearch/pytorchvideo", "slowfast_r50"),
        141: ("load", "szq0214/MEAL-V2", "meal_v2", "mealv2_resnest50"),
        161: ("load", VISION, "vgg11_bn"),
        166: ("load", VISION, "vgg16"),
    },
    "torchhub_gorilla_RT_0_shot": {
        2: None,
        13: ("load", "Dogs and Cats Recognition", "dogcat"),
        34: ("histogram", "Image Classification"),
        35: None,
        43: ("load", "PyTorch", "Image Classification"),
        57: None,
        78: ("load", "Faster R-CNN"),
        80: None,
        84: ("mean",),
        96: ("hstack", "yolov5", "yolov5s", "yolov5t", "yolov5fpn"),
        129: ("PyAudioStreams", "audiofile", "16000", "1"),
        178: ("histograms",),
    },
    "torchhub_gorilla_RT_bm25": {
        34: ("load", NVIDIA, "nvidia_ssd"),
        36: ("load", NVIDIA, "nvidia_ssd"),
        38: ("load", NVIDIA, "nvidia_tacotron2"),
        45: ("load", NVIDIA, "nvidia_ssd"),
        51: ("load", "huawei-noah/ghostnet", "ghostnet_1x"),
        72: ("load", VISION, "alexnet"),
        79: ("load", "intel-isl/MiDaS", "DPT_Large"),
        122: ("load", "huawei-noah/ghostnet", "ghostnet_1x"),
        143: ("load", VISION, "alexnet"),
    },
    "torchhub_gorilla_RT_gpt_index": {
        13: ("load", VISION, "vgg16"),
        17: ("load", VISION, "vgg13"),
        50: ("load", NVIDIA, "nvidia_gpunet", "GPUNet-0", "fp32"),
        57: ("load", "pytorch/fairseq", "transformer.wmt14.en-fr", "moses", "subword_nmt"),
        78: ("load", "hustvl/yolop", "yolop"),
        101: ("load", VISION, "mobilenet_v2"),
        130: ("load", VISION, "vgg13"),
        170: ("load", "intel-isl/MiDaS", "DPT_Hybrid"),
    },
    "torchhub_gorilla_RT_oracle": {
        15: ("load", VISION, "vgg16"),
        36: ("load", NVIDIA, "nvidia_ssd"),
        86: ("load", VISION, "squeezenet1_1"),
        93: ("load", "szq0214/MEAL-V2", "meal_v2", "mealv2_efficientnet_b0"),
        133: ("load", VISION, "fcn_resnet101"),
        160: ("load", "huawei-noah/Efficient-AI-Backbones", "snnmlp_t"),
        169: ("load", "szq0214/MEAL-V2", "meal_v2", "mealv2_resnest50_cutmix"),
    },
    "tensorflowhub_gorilla_FT_0_shot": {
        33: None,
        97: ("load", "https://tfhub.dev/google/imagenet/mobilenet_v2_130_224/classification/4"),
        104: ("load", USE),
        110: ("load", f"{MOBILE}/classification/4"),
        231: ("load", f"{INCEPTION}/5"),
        241: ("KerasLayer", f"{MOBILE}/feature_vector/4"),
        397: ("KerasLayer", "https://tfhub.dev/google/imagenet/feature_vector/1"),
        436: ("load", "https://tfhub.dev/tensorflow/centernet/hourglass_512x512/1"),
        551: ("KerasLayer", f"{MOBILE}/feature_vector/4"),
        559: None,
        573: ("load", f"{INCEPTION}/5"),
    },
    "tensorflowhub_gorilla_RT_0_shot": {
        2: ("Sequential",),
        18: None,
        44: ("Sequential", "image_preprocessing_model.h5"),
        52: ("load",),
        180: None,
        201: ("call", "classify_plant"),
        220: ("ImageFeatureExtractor",),
        222: ("load_model", "discover_elements"),
        280: None,
        292: ("ImageFeaturesExtractor",),
        328: ("load", "object_detection_model.py"),
        393: ("image_classifier",),
        595: ("load_model", "image_classifier.h5"),
        640: ("load", "https://tfhub.google.com/model/mobilenetv2/mobilenet_v2.tgz"),
    },
    "tensorflowhub_gorilla_RT_bm25": {
        29: ("load", "https://tfhub.dev/google/Video_classification_model_id/1"),
        60: ("KerasLayer", f"{MOBILE}/feature_vector/4"),
        183: ("load", "https://tfhub.dev/tensorflow/efficientdet/lite2/detection/1"),
        288: ("load", "https://tfhub.dev/tensorflow/ssd_mobilenet_v2/2"),
        293: ("KerasLayer", f"{MOBILE}/feature_vector/4"),
        431: ("load", "https://tfhub.dev/google/two-frame-vgg/1"),
        540: ("KerasLayer", "https://tfhub.dev/google/tf2-preview/mobilenet_v2/classification/4"),
        682: ("load", "https://tfhub.dev/google/imagenet/mobilenet_v2_130_224/classification/5"),
    },
    "tensorflowhub_gorilla_RT_gpt_index": {
        29: ("load", USE),
        60: ("load", USE),
        183: ("load", "https://tfhub.dev/google/faster_rcnn/openimages_v4/inception_resnet_v2/1"),
        239: None,
        443: ("load", "https://tfhub.dev/google/openimages_v4/ssd_mobilenet_v2/1"),
        641: ("load", f"{MOBILE}/classification/4"),
        682: ("KerasLayer", f"{MOBILE}/feature_vector/4"),
    },
    "tensorflowhub_gorilla_RT_oracle": {
        64: ("load", USE),
        107: None,
        110: ("load", f"{INCEPTION}/5"),
        176: ("load", "https://tfhub.dev/google/imagenet/mobilenet_v2_130_224/classification/5"),
        267: ("KerasLayer", "https://tfhub.dev/google/tf2-preview/mobilenet_v2/classification/4"),
        353: ("KerasLayer", f"{MOBILE}/classification/4"),
        642: ("load", "https://tfhub.dev/tensorflow/efficientdet/d0/1"),
    },
    "huggingface_gorilla_FT_0_shot": {
        58: None,
        149: ("pipeline", "fill-mask", "albert-base-v2"),
        172: None,
        246: ("from_pretrained", "ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition"),
        322: ("from_pretrained", "facebook/wav2vec2-large-960h-lv60-self"),
        341: ("SentenceTransformer", "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"),
        342: ("from_pretrained", "facebook/opt-66b"),
        388: ("pipeline", "table-question-answering", "dsba-lab/koreapas-finetuned-korwikitq"),
        428: ("pipeline", "audio-to-audio", "facebook/textless_sm_cs_en"),
        728: ("load_model", "model_utils.VC1_BASE_NAME"),
    },
    "huggingface_gorilla_RT_0_shot": {
        58: None,
        155: ("load_model_ensemble_and_task_from_hf_hub", "facebook/tts_transformer-fr-cv7_css10"),
        191: ("from_pretrained", "SenseTime/deformable-detr"),
        318: ("from_hparams", "speechbrain/tts-tacotron2-ljspeech"),
        596: ("pipeline", "zero-shot-classification", "Sahajtomar/German_Zeroshot"),
        639: ("from_pretrained", "dreamlike-art/dreamlike-photoreal-2.0"),
        819: ("load_from_hub", "sb3/dqn-MountainCar-v0", "{MODEL FILENAME}.zip"),
    },
    "huggingface_gorilla_RT_bm25": {
        5: ("from_pretrained", "google/ddpm-bedroom-256"),
        94: None,
        244: ("from_pretrained", "MCG-NJU/videomae-small-finetuned-ssv2"),
        282: ("from_pretrained", "microsoft/GODEL-v1_1-large-seq2seq"),
        374: ("PromptCap", "vqascore/promptcap-coco-vqa"),
        512: ("pipeline", "conversational", "hyunwoongko/blenderbot-9B"),
        870: ("from_pretrained", "Kirili4ik/mbart_ruDialogSum"),
    },
    "huggingface_gorilla_RT_gpt_index": {
        144: None,
        239: ("from_pretrained", "pyannote/speaker-diarization@2.1", "ACCESS_TOKEN_GOES_HERE"),
        351: ("pipeline", "summarization", "google/pegasus-xsum"),
        435: ("WhisperModel", "large-v2"),
        603: ("Parrot", "prithivida/parrot_paraphraser_on_T5"),
        605: ("pipeline", "translation_es_to_en", "Helsinki-NLP/opus-mt-es-en"),
        699: ("PunctuationModel",),
        748: ("YOLO", "keremberke/yolov8s-pcb-defect-segmentation"),
    },
    "huggingface_gorilla_RT_oracle": {
        70: ("SentenceTransformer", "sentence-transformers/paraphrase-MiniLM-L3-v2"),
        102: ("pipeline", "question-answering", "impira/layoutlm-document-qa"),
        278: ("YOLO", "keremberke/yolov8n-table-extraction"),
        404: None,
        640: ("from_pretrained", "darkstorm2150/Protogen_v5.8_Official_Release"),
        904: ("pipeline", "audio-classification", "superb/wav2vec2-base-superb-er"),
    },
}


@pytest.mark.parametrize("name", JUDGED)
def test_what_eyes_see_is_found(responses: dict[tuple[str, int], str], name: str) -> None:
    for question, expected in JUDGED[name].items():
        call = parse_response(responses[name, question]).call
        if expected is None:
            assert call is None, question
            continue
        assert call is not None, question
        callee, strings = of_call(call)
        assert (callee, *strings[: len(expected) - 1]) == expected, question


def test_hardly_a_response_with_a_call_goes_without(responses: dict[tuple[str, int], str]) -> None:
    """A call to be seen, bluntly: a name and an opening bracket, where a statement or a field begins."""
    visible = re.compile(r"(?:\n|api_call>>>:|['\"]:|=)[ \\'\"]*[A-Za-z_][\w.]*\([^)]")
    seen = {key for key, text in responses.items() if visible.search(re.sub(r"\\+n", "\n", text))}
    missed = {key for key in seen if parse_response(responses[key]).call is None}
    print(*sorted(missed), sep="\n")
    assert len(seen) > 0.95 * RESPONSES
    assert len(missed) <= 0.001 * len(seen)


def test_the_published_shapes_are_told_apart(responses: dict[tuple[str, int], str]) -> None:
    expected = {
        "torchhub": Shape.DICT_LIKE,
        "tensorflowhub": Shape.MARKED_COMMAS,
        "huggingface": Shape.MARKED_LINES,
    }
    shaped = {key: parse_response(text) for key, text in responses.items() if "api_call" in text}
    for hub, shape in expected.items():
        found = [parsed for (name, _), parsed in shaped.items() if name.startswith(hub)]
        assert sum(parsed.shape is shape for parsed in found) > 0.99 * len(found)
        assert sum(bool(parsed.domain and parsed.provider) for parsed in found) > 0.97 * len(found)


def test_nearly_every_call_that_is_found_parses(responses: dict[tuple[str, int], str]) -> None:
    """What does not is broken in the response itself: brackets without end, angle brackets as arguments."""
    calls = [call for text in responses.values() if (call := parse_response(text).call) is not None]
    assert sum(parses(call) for call in calls) > 0.99 * len(calls)


def parses(call: str) -> bool:
    try:
        parse_call(call)
    except UnparseableCall:
        return False
    return True
