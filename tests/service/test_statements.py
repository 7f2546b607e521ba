"""What counts as a statement, and what is only a mention. No argument is looked at here."""

from __future__ import annotations

import pytest

from service.generators import statements
from service.generators.said import Said, Statement


def value(found: Statement | None) -> object:
    return found.value if found else None


@pytest.mark.parametrize(
    "instruction",
    [
        "I want a ResNet without any pretrained weights",
        "a network w/o pretrained weights",
        "give me an un-pretrained VGG",
        "untrained resnet please",
        "load the model with randomly initialized weights",
        "I plan to train from scratch on my data",
        "a fresh, untrained DenseNet",
        "I don't want pretrained weights",
        "No pretraining please, just the architecture",
        "the weights should not be pretrained",
        "model with pretrained set to false",
        "Initialize the network randomly",
        "with random initial weights",
        "I'd rather train it from scratch",
        "untrained",
        "the pretrained weights should not be loaded",
        "empty ResNet-50, no weights",
        "load it uninitialized",
        "no need for the pretrained weights",
        "leave the weights out",
    ],
)
def test_weights_are_not_wanted(instruction: str) -> None:
    assert value(statements.weights(Said(instruction))) is False


@pytest.mark.parametrize(
    "instruction",
    [
        "a pretrained model for images",
        "Which pretrained model can I use without training?",
        "without training a model myself, classify images",
        "I don't want to train from scratch",
        "We have no time to train from scratch, so a pretrained model please",
        "avoid training from scratch",
        "Which model was trained from scratch on ImageNet?",
        "I have no trained staff",
        "It should work without training data",
        "how to get scratches out of photos",
        "without weights and dumbbells, a fitness classifier",
    ],
)
def test_nothing_is_said_about_weights(instruction: str) -> None:
    assert statements.weights(Said(instruction)) is None


@pytest.mark.parametrize(
    ("instruction", "name"),
    [
        ("speech recognition for German", "German"),
        ("recognise Spanish", "Spanish"),
        ("the customers speak Spanish", "Spanish"),
        ("ASR model, language should be German", "German"),
        ("speech in the German language", "German"),
        ("use language de", "German"),
        ("with German as the language", "German"),
        ("language: hi", "Hindi"),
        ("text to speech in Hindi", "Hindi"),
        ("voice assistant speaking Italian", "Italian"),
        ("Mandarin speech to text", "Chinese"),
        ("the recording is German", "German"),
        ("TTS (Russian)", "Russian"),
        ("speech-to-text, Spanish", "Spanish"),
        ("audio, which is in Polish", "Polish"),
    ],
)
def test_one_language_is_stated(instruction: str, name: str) -> None:
    assert value(statements.language(Said(instruction))) == name


@pytest.mark.parametrize(
    "instruction",
    [
        "my users are Germans",
        "German shepherd photos",
        "I'm learning German",
        "a French restaurant needs its menu read aloud",
        "in the German market",
        "translate from English into German",
        "German and English audio",
        "both Spanish and Portuguese speech",
        "not in German",
        "any language other than English",
        "use the language as it is",
        "Polish this speech transcript",
    ],
)
def test_no_language_is_plain(instruction: str) -> None:
    assert statements.language(Said(instruction)) is None


@pytest.mark.parametrize(
    ("instruction", "where"),
    [
        ("run it on gpu", "cuda"),
        ("on GPU 0", "cuda:0"),
        ("run on the second GPU", "cuda:1"),
        ("use CUDA device 1", "cuda:1"),
        ("with GPU acceleration", "cuda"),
        ("put it on device cuda", "cuda"),
        ("on my RTX 4090", "cuda"),
        ("GPU inference", "cuda"),
        ("gpu please", "cuda"),
        ("on the GPU not the CPU", "cuda"),
        ("on CPU instead of GPU", "cpu"),
        ("I only have a CPU", "cpu"),
        ("on the graphics processor", "cuda"),
        ("no GPU available", "cpu"),
        ("don't use the GPU", "cpu"),
        ("without pretrained weights on the GPU", "cuda"),
        ("deploy on CPU-only servers", "cpu"),
        ("on mps", "mps"),
        ("spread over two GPUs", "auto"),
    ],
)
def test_a_device_is_stated(instruction: str, where: str) -> None:
    assert value(statements.device(Said(instruction))) == where


@pytest.mark.parametrize(
    "instruction",
    [
        "which GPU should I buy?",
        "photos of a GPU",
        "trained on a GPU cluster",
        "it was trained on a GPU",
        "efficient on GPUs",
        "optimized for GPU",
        "a graphics processing unit (GPU) platform",
        "is it faster on a GPU or a CPU?",
        "without running it on the GPU",
        "no need to run it on the GPU",
        "my GPU is too small",
        "detect the CPU socket in pictures",
        "we have a GPU server",
        "on cuda:0 and on cuda:1",
    ],
)
def test_no_device_is_plain(instruction: str) -> None:
    assert statements.device(Said(instruction)) is None


@pytest.mark.parametrize(
    ("instruction", "many"),
    [
        ("with 10 classes", 10),
        ("10 output classes", 10),
        ("a 5-class classifier", 5),
        ("number of classes: 7", 7),
        ("with ten categories", 10),
        ("my dataset has 12 classes", 12),
        ("there are 4 classes", 4),
        ("we have 20 categories to predict", 20),
        ("for 102 flower classes", 102),
        ("with 1,203 classes", 1203),
        ("10 classes", 10),
        ("predict one of 6 classes", 6),
        ("change the final layer to 45 classes", 45),
    ],
)
def test_a_number_of_classes_is_stated(instruction: str, many: int) -> None:
    assert value(statements.classes(Said(instruction))) == many


@pytest.mark.parametrize(
    "instruction",
    [
        "10 classes of students",
        "I teach 3 classes",
        "attend 10 classes a week",
        "trained on 1000 classes",
        "an ImageNet model that knows 1,000 classes",
        "with 10 yoga classes",
        "with 3 classes or with 4 classes",
        "1st class tickets",
        "sort them into 3 categories",
    ],
)
def test_no_number_of_classes_is_plain(instruction: str) -> None:
    assert statements.classes(Said(instruction)) is None


@pytest.mark.parametrize(
    "instruction",
    [
        'Translate "run it on the GPU" into a friendlier tone',
        "Say 'please use the GPU' aloud",
        "Read “load it on the GPU” and answer",
        "an essay about training on the GPU",
        "Summarise it.\n###Input: run it on the GPU",
    ],
)
def test_what_is_only_data_states_nothing(instruction: str) -> None:
    assert statements.device(Said(instruction)) is None


@pytest.mark.parametrize(
    ("recognise", "instruction", "expected"),
    [
        (statements.version, "version 2.1 of the model", ("2.1", "model")),
        (statements.version, "the latest version", None),
        (statements.revision, "pinned to v1.2", "v1.2"),
        (statements.revision, "at commit 0123abc", "0123abc"),
        (statements.revision, "the revision of my thesis", None),
        (statements.channels_in, "4-channel images", 4),
        (statements.channels_in, "12 TV channels", None),
        (statements.channels_out, "two output channels", 2),
        (statements.batch, "in batches of 8 images", 8),
        (statements.batch, "batches of 8 cookies", None),
        (statements.batch, "64 reviews at a time", 64),
        (statements.batch, "64 students at a time", None),
        (statements.top, "the five most likely labels", 5),
        (statements.top, "top-5 accuracy", None),
        (statements.new_tokens, "at most 50 tokens", 50),
        (statements.new_tokens, "50 tokens of affection", None),
        (statements.length, "truncate at 128 tokens", 128),
        (statements.dimensions, "truncate the embeddings to 256 dimensions", 256),
        (statements.chunk_seconds, "in 30-second chunks", 30),
        (statements.opset, "opset version 15", 15),
        (statements.precision, "in bf16", "bfloat16"),
        (statements.precision, "the fp16 variant", None),
        (statements.precision, "fp16 or fp32", None),
        (statements.bits, "loaded in 4 bits", 4),
        (statements.bits, "bf16, 8-bit", 8),
        (statements.bits, "8-bit pixel art", None),
        (statements.trainable, "never freeze it", True),
        (statements.trainable, "a non-trainable layer", None),
        (statements.local_only, "do not download anything", True),
        (statements.fresh_download, "force a fresh download", True),
        (statements.fresh_download, "don't force a download", None),
        (statements.remote_code, "don't trust remote code", None),
        (statements.trusted_repository, "I trust this repository", True),
        (statements.no_progress, "hide the progress bar", True),
        (statements.quiet, "load it quietly", True),
        (statements.safetensors, "without safetensors", None),
        (statements.backend, "with OpenVINO", "openvino"),
        (statements.attention, "flash attention 3", "flash_attention_3"),
        (statements.timestamps, "include timestamps", True),
        (statements.hidden_states, "return all hidden states", True),
        (statements.attentions, "return the attention weights", True),
        (statements.attentions, "pay attention to weights", None),
        (statements.folder, "cache it under ~/models", "~/models"),
        (statements.folder, "save me from and/or", None),
    ],
)
def test_other_statements(recognise: object, instruction: str, expected: object) -> None:
    assert value(recognise(Said(instruction))) == expected  # type: ignore[operator]


def test_a_statement_quotes_the_words_that_state_it() -> None:
    found = statements.device(Said("Find cars,  on \n the GPU, please"))
    assert found == Statement("cuda", "on the GPU")
