"""How a stated value is written for the argument of an API, library by library."""

from __future__ import annotations

import pytest

from api_docs.catalogue import Entry, entry_of
from api_docs.models import ApiDoc
from service.generators.arguments import carry


def entry(call: str, domain: str = "text-generation", *arguments: str, **more: object) -> Entry:
    """An API whose documented arguments are given as `name:type=default`."""
    documented = []
    for argument in arguments:
        head, _, default = argument.partition("=")
        name, _, kind = head.partition(":")
        documented.append({"name": name, "type": kind, "default": default or None})
    record = {
        "id": "acme:x",
        "hub": "acme",
        "domain": domain,
        "name": "x",
        "call": call,
        "arguments": documented,
    }
    return entry_of(ApiDoc.model_validate(record | more))


ACME = "acme.load('x')"
TRANSFORMERS = "AutoModelForCausalLM.from_pretrained('x')"
DIFFUSERS = "StableDiffusionPipeline.from_pretrained('x')"
PIPELINE = "pipeline('x', model='x')"


@pytest.mark.parametrize(
    ("api", "instruction", "expected"),
    [
        # language: as the default has it
        (entry(ACME, "text-to-speech", "language:str='English'"), "in German", "language='German'"),
        (entry(ACME, "text-to-speech", "lang:str='en'"), "in Norwegian", "lang='no'"),
        (entry(ACME, "text-to-speech", "lang:str"), "in German", "lang='de'"),
        (entry(ACME, "text-to-speech", "lang:str", facts={"language": ["en", "fr"]}), "in German", None),
        (
            entry(ACME, "text-to-speech", "lang:str", facts={"language": "German, French"}),
            "in German",
            "lang='de'",
        ),
        (entry(ACME, "text-to-speech", "language:int=0"), "in German", None),
        # device
        (entry(ACME, "text-generation", "device:int=-1"), "on the GPU", "device=0"),
        (entry(ACME, "text-generation", "device:int=-1"), "on cuda:2", "device=2"),
        (entry(ACME, "text-generation", "device:int=0"), "on the CPU", "device=-1"),
        (entry(ACME, "text-generation", "device:int=0"), "on mps", None),
        (entry(ACME, "text-generation", "device:device=torch.device('cpu')"), "on the CPU", None),
        (entry(ACME, "text-generation", "use_gpu:bool=True"), "on cuda:1", None),
        (entry(TRANSFORMERS), "on the CPU", None),
        (entry(TRANSFORMERS), "on two GPUs", "device_map='auto'"),
        (entry(DIFFUSERS), "on two GPUs", "device_map='balanced'"),
        (entry(DIFFUSERS), "on cuda:1", None),
        (entry(PIPELINE), "on all the GPUs", "device_map='auto'"),
        (entry("EncoderClassifier.from_hparams('x')"), "on the CPU", None),
        # numbers
        (entry(ACME, "text-generation", "version:float=1.0"), "version 2.5", "version=2.5"),
        (entry(ACME, "text-generation", "version:int=1"), "version 2.5", None),
        (entry(ACME, "text-generation", "version:str='v1'"), "version v2 of the model", "version='v2'"),
        (entry(ACME, "text-generation", "classes:list"), "with 3 classes", None),
        (
            entry(ACME, "image-classification", "num_classes:int=80"),
            "sort them into 3 classes",
            "num_classes=3",
        ),
        (entry(ACME, "zero-shot-classification", "num_classes:int"), "with 3 classes", None),
        (entry("AutoModel.from_pretrained('x')"), "with 3 classes", None),
        (
            entry(
                "torch.hub.load('a/b', 'x', weights='A')",
                "image-classification",
                "weights:str",
                "num_classes:int",
            ),
            "with 1000 classes",
            None,
        ),
        (entry(PIPELINE, "text-generation"), "the top 5 words", None),
        (entry(PIPELINE, "feature-extraction"), "at most 50 tokens", None),
        (entry(PIPELINE, "text-generation"), "max new tokens of 50", "max_new_tokens=50"),
        (entry(PIPELINE, "summarization"), "maximum length 80", "max_length=80"),
        (entry(PIPELINE, "text-generation"), "with timestamps", None),
        (entry(PIPELINE, "text-generation"), "group the tokens", None),
        (entry(PIPELINE, "automatic-speech-recognition"), "with timestamps", "return_timestamps='word'"),
        (entry(PIPELINE, "automatic-speech-recognition"), "in 30-second chunks", "chunk_length_s=30"),
        (entry(PIPELINE, "text-classification"), "in 30-second chunks", None),
        # bits
        (entry(DIFFUSERS), "in full precision", None),
        (entry(TRANSFORMERS), "in full precision", "dtype=torch.float32"),
        (entry("hub.KerasLayer('x')"), "in half precision", None),
        (entry(ACME, "text-generation", "dtype:str='float32'"), "in half precision", "dtype='float16'"),
        (entry(ACME, "text-generation", "load_in_8bit:bool=False"), "in 8-bit", "load_in_8bit=True"),
        (entry(DIFFUSERS), "in 8-bit", None),
        # by name
        (entry(TRANSFORMERS), "dtype=float16", "dtype=torch.float16"),
        (entry(ACME, "text-generation", "drop_rate:float=0.1"), "a drop rate of 0.3", "drop_rate=0.3"),
        (entry(ACME, "text-generation", "shape:list"), "shape=(1, 2)", "shape=(1, 2)"),
        (entry(ACME, "text-generation", "shape:list"), "shape=(1, os.system('x'))", None),
        (entry(ACME, "text-generation", "shape:list"), "shape=[1,,]", None),
        (entry(ACME, "text-generation", "big:bool"), "big=yes", "big=True"),
        (entry(ACME, "text-generation", "name:str"), "name='a b'", "name='a b'"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_stated_value_is_written_as_the_argument_wants_it(
    api: Entry, instruction: str, expected: str | None
) -> None:
    call, _ = carry(instruction, api)
    rendered = api.call.render()
    assert call.render() == (f"{rendered[:-1]}, {expected})" if expected else rendered)
