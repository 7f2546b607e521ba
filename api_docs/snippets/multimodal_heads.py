"""How transformers' classes for pictures with text are used."""

from __future__ import annotations

import re

from api_docs.domains import Domain
from api_docs.snippets import vision_heads
from api_docs.snippets.inputs import DOCUMENT, IMAGE, clip, tone
from api_docs.snippets.parts import Recipe, Subject, Use, always, code
from api_docs.snippets.text_heads import run

_PROCESSOR = ("import torch", "from transformers import AutoProcessor")
_MOVE = ".to(model.device, model.dtype)"
_ASK = "'What colour is this?'"


def describe(subject: Subject) -> Use:
    """A sentence about a picture, or the answer to a question about it."""
    document = subject.domain is Domain.DOCUMENT_QUESTION_ANSWERING
    asked = "'What is the total?'" if document else _ASK
    question = f"text={asked}, " if subject.domain in _ASKED else ""
    return Use(
        code(
            DOCUMENT if document else IMAGE,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(images=image, {question}return_tensors='pt'){_MOVE}",
            "words = model.generate(**inputs, max_new_tokens=40)",
            "print(processor.batch_decode(words, skip_special_tokens=True)[0])",
            imports=_PROCESSOR,
        )
    )


_ASKED = (
    Domain.VISUAL_QUESTION_ANSWERING,
    Domain.DOCUMENT_QUESTION_ANSWERING,
    Domain.IMAGE_TEXT_TO_TEXT,
)


def describe_in_two_steps(subject: Subject) -> Use:
    """Models joined of an image encoder and a text decoder."""
    if subject.domain is Domain.DOCUMENT_QUESTION_ANSWERING:
        return _read_document(subject)
    return Use(
        code(
            IMAGE,
            f"processor = AutoImageProcessor.from_pretrained({subject.companion})",
            f"tokenizer = AutoTokenizer.from_pretrained({subject.companion})",
            f"inputs = processor(image, return_tensors='pt'){_MOVE}",
            "words = model.generate(**inputs, max_new_tokens=40)",
            "print(tokenizer.decode(words[0], skip_special_tokens=True))",
            imports=("import torch", "from transformers import AutoImageProcessor, AutoTokenizer"),
        )
    )


def _read_document(subject: Subject) -> Use:
    return Use(
        code(
            DOCUMENT,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(image, return_tensors='pt'){_MOVE}",
            "prompt = '<s_docvqa><s_question>What is the total?</s_question><s_answer>'",
            "start = processor.tokenizer(prompt, add_special_tokens=False, return_tensors='pt').input_ids",
            "words = model.generate(**inputs, decoder_input_ids=start.to(model.device), max_new_tokens=40)",
            "print(processor.batch_decode(words)[0])",
            imports=_PROCESSOR,
        )
    )


def chat(subject: Subject) -> Use:
    """A model that talks about pictures, clips or recordings."""
    if re.match(r"(Blip|PaliGemma|Git|Kosmos|Florence|Pix2Struct|Fuyu)", subject.owner):
        return describe(subject)
    ready, kind, value = {
        Domain.AUDIO_TEXT_TO_TEXT: (tone(), "audio", "waveform"),
        Domain.VIDEO_TEXT_TO_TEXT: (clip(8, 224), "video", "list(clip)"),
    }.get(subject.domain, (IMAGE, "image", "image"))
    return Use(
        code(
            ready,
            "messages = [",
            "    {'role': 'user', 'content': [",
            f"        {{'type': '{kind}', '{kind}': {value}}},",
            "        {'type': 'text', 'text': 'What is this?'},",
            "    ]},",
            "]",
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "inputs = processor.apply_chat_template(",
            "    messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors='pt'",
            ").to(model.device)",
            "words = model.generate(**inputs, max_new_tokens=40)",
            "print(processor.batch_decode(words, skip_special_tokens=True)[0])",
            imports=_PROCESSOR,
        )
    )


def answer_about_image(subject: Subject) -> Use:
    """The likeliest of the answers that a model knows."""
    return Use(
        code(
            IMAGE,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(images=image, text={_ASK}, return_tensors='pt'){_MOVE}",
            run("scores", "model(**inputs).logits[0]"),
            "print(model.config.id2label[scores.argmax().item()])",
            imports=_PROCESSOR,
        )
    )


def answer_about_document(subject: Subject) -> Use:
    """The words of a document that answer a question."""
    return Use(
        code(
            DOCUMENT,
            "words = ['Total:', '42', 'EUR']  # what the document says …",
            "boxes = [[60, 80, 120, 110], [130, 80, 160, 110], [170, 80, 220, 110]]  # … and where",
            f"processor = AutoProcessor.from_pretrained({subject.companion}, apply_ocr=False)",
            "inputs = processor(",
            "    image, 'What is the total?', words, boxes=boxes, return_tensors='pt'",
            ").to(model.device)",
            run("outputs"),
            "first, last = outputs.start_logits.argmax().item(), outputs.end_logits.argmax().item()",
            "print(processor.tokenizer.decode(inputs['input_ids'][0][first : last + 1]))",
            imports=_PROCESSOR,
        )
    )


def match(subject: Subject) -> Use:
    """Which of some texts fits a picture."""
    sigmoid = "siglip" in f"{subject.owner} {subject.model_id}".lower()
    score, padding = ("sigmoid()", "'max_length'") if sigmoid else ("softmax(dim=-1)", "True")
    return Use(
        code(
            IMAGE,
            "labels = ['a blue wall', 'a dog', 'a city']",
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "inputs = processor(",
            f"    text=labels, images=image, padding={padding}, return_tensors='pt'",
            f"){_MOVE}",
            run("scores", f"model(**inputs).logits_per_image[0].{score}"),
            "print(dict(zip(labels, scores.tolist())))",
            imports=_PROCESSOR,
        )
    )


def detect_by_text(subject: Subject) -> Use:
    """Boxes around what words describe."""
    return Use(
        code(
            IMAGE,
            "labels = [['a wall', 'a dog']]",
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(text=labels, images=image, return_tensors='pt'){_MOVE}",
            run("outputs"),
            "found = processor.post_process_grounded_object_detection(",
            "    outputs, threshold=0.1, target_sizes=[image.size[::-1]]",
            ")[0]",
            "print(found['boxes'].tolist(), found['scores'].tolist())",
            imports=_PROCESSOR,
        )
    )


def retrieve(subject: Subject) -> Use:
    """How well pages fit a question."""
    return Use(
        code(
            DOCUMENT,
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"pages = processor.process_images(images=[image]){_MOVE}",
            "questions = processor.process_queries(text=['What is the total?']).to(model.device)",
            run(
                "scores",
                "processor.score_retrieval(model(**questions).embeddings, model(**pages).embeddings)",
            ),
            "print(scores)",
            imports=_PROCESSOR,
        )
    )


processor_only = always(
    Use(
        code(
            IMAGE,
            "inputs = processor(images=image, text='a blue wall', return_tensors='pt')",
            "print(sorted(inputs))",
        ),
        target="processor",
    )
)
"""A processor by itself."""


embed_both = always(
    Use(
        code(
            IMAGE,
            "picture = model.encode_image([image])",
            "words = model.encode_text(['a blue wall', 'a dog'])",
            "print(picture @ words.T)",
        )
    )
)
"""Models whose own code encodes pictures and texts into one space."""


cut_out = always(
    Use(
        code(
            IMAGE,
            "prepare = transforms.Compose([",
            "    transforms.Resize((1024, 1024)),",
            "    transforms.ToTensor(),",
            "    transforms.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225]),",
            "])",
            "batch = prepare(image).unsqueeze(0).to(model.device, model.dtype)",
            "model.eval()",
            run("mask", "model(batch)[-1].sigmoid()[0, 0]"),
            "print(mask.shape, (mask > 0.5).sum().item())",
            imports=("import torch", "from torchvision import transforms"),
        )
    )
)
"""The mask of what stands in front."""


BY_ID: tuple[tuple[str, Recipe], ...] = (
    (r"xclip-", vision_heads.match_video),
    (r"jina-clip-", embed_both),
    (r"BiRefNet|ben2", cut_out),
)
"""Pattern of a model id → its use, where the class says too little."""

HEADS: tuple[tuple[str, Recipe], ...] = (
    (r"(?!\w*ImageProcessor)\w*Processor", processor_only),
    (r"VisionEncoderDecoderModel|MgpstrForSceneTextRecognition", describe_in_two_steps),
    (r"AutoModelForImageTextToText|AutoModelForMultimodalLM|AutoModelForVision2Seq", chat),
    (r"(Qwen2Audio|Voxtral|GraniteSpeech|AudioFlamingo3)ForConditionalGeneration", chat),
    (
        r"(Llava|Qwen\d?\w*VL|Idefics|SmolVLM|Gemma3|Mllama|InternVL|Aya|Ovis|VipLlava|VideoLlava|Glm4v)\w*",
        chat,
    ),
    (
        r"(Blip2?|InstructBlip|Git|Pix2Struct|PaliGemma|Kosmos2|Florence2|Udop|Nougat|Fuyu)\w*For(ConditionalGeneration|CausalLM)",
        describe,
    ),
    (r"BlipForQuestionAnswering", describe),
    (r"(Vilt|Lxmert|VisualBert)ForQuestionAnswering|AutoModelForVisualQuestionAnswering", answer_about_image),
    (r"LayoutL?X?LM\w*ForQuestionAnswering|AutoModelForDocumentQuestionAnswering", answer_about_document),
    (
        r"(CLIP|ChineseCLIP|AltCLIP|Align|Siglip2?|MetaClip2|Flava|CLIPSeg)Model|AutoModelForZeroShotImageClassification",
        match,
    ),
    (
        r"(OwlViT|Owlv2|GroundingDino|OmDetTurbo|MMGroundingDino)ForObjectDetection|AutoModelForZeroShotObjectDetection",
        detect_by_text,
    ),
    (r"\w*ForRetrieval", retrieve),
)
"""Pattern of a class name → its use with pictures and text."""
