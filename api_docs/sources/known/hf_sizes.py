"""Numbers of parameters of well-known model families on the Hugging Face hub, by pattern of the id."""

from __future__ import annotations

import re

_SIZES = r"""
whisper-tiny:39 whisper-base:74 whisper-small:244 whisper-medium:769 whisper-large:1550
flan-t5-small:80 flan-t5-base:250 flan-t5-large:780 flan-t5-xl\b:3000 flan-t5-xxl:11000 flan-ul2:20000
mt5-small:300 mt5-base:580 mt5-large:1200 /t5-small:60 /t5-base:220 /t5-large:770 byt5-small:300
distilgpt2:82 gpt2-medium:355 gpt2-large:774 gpt2-xl:1560 /gpt2$:124
tinybert:14 minilm-l6:22 minilm-l12:33 minilm-l3:17 distilbart-cnn-12-6:306 distilbart-cnn-6-6:230
distilroberta-base:82 distil-?bert-base:66 albert-(base|small):12 mobilebert:25 squeezebert:51
deberta-v3-xsmall:71 deberta-v3-small:142 m?deberta-v3-base:184 deberta-v3-large:435 deberta-base:139
deberta-v2-xlarge:900 deberta-v2-xxlarge:1500 modernbert-large:395
xlm-r(oberta)?-large:560 xlm-r(oberta)?-base:279 labse:471 twitter-xlm-roberta-base:279
(^|[/-])roberta-large:355 (^|[/-])roberta-base:125 camembert-base:111
(^|[/-])bert-large:335 bert-base-multilingual:178 bert-multi:178 (^|[/-])bert-base:110 biobert:110 finbert:110
electra-large:335 electra_large:335 electra-base:110 electra-small:14
all-mpnet-base:110 paraphrase-mpnet:110 multi-qa-mpnet:110 nli-mpnet:110 multilingual-mpnet:278
bart-large:406 bart-base:139 mbart-large:610 pegasus-(large|xsum|cnn|newsroom|pubmed):570 opus-mt-:75
bigbird-pegasus:576 blip-.*-base:247 blip-.*-large:470 vilt-b32:118
wav2vec2-base:95 wav2vec2-large:317 hubert-base:95 hubert-large:316 s2t-small:30 s2t-medium:72
vit-base:86 vit-large:304 deit-base:87 beit-base:87 swin-tiny:28 swin-base:88 convnext-tiny:29
convnext-base:89 convnext-large:198 /resnet-18:11.7 /resnet-50:25.6
mobilevit-small:5.6 detr-resnet-50:41 detr-resnet-101:60
yolos-tiny:6.5 yolos-small:31 yolos-base:128 segformer.?b0:3.8 segformer.?b1:13.7 segformer.?b2:27.5
segformer.?b4:64.1 segformer.?b5:84.7 videomae-small:22 videomae-base:87 videomae-large:305
timesformer-(base|hr):121 yolov8n:3.2 yolov8s:11.2 yolov8m:25.9 yolov5n:1.9 yolov5s:7.2 yolov5m:21.2
clip-vit-base:151 clip-vit-large:428 clip-vit-b-32:151 clip-vit-b-16:150 clip-vit-l-14:428 clip-vit-g-14:1370
clip-vit-bigg:2540 dpt-large:343 dpt-hybrid:123 trocr-small:62 trocr-base:334 trocr-large:558
"""
_PATTERNS = tuple(
    (re.compile(pattern), round(float(millions) * 1e6))
    for entry in _SIZES.split()
    for pattern, _, millions in [entry.rpartition(":")]
)
_STATED = re.compile(r"(?<=[-_/])(\d+(?:\.\d+)?)(b|m)(?=$|[-_])")


def parameters_of(model_id: str) -> int:
    """The number of parameters: as the id states it (`opt-1.3b`), else as known of its family, else 0."""
    name = model_id.lower()
    stated = _STATED.search(name)
    if stated is not None:
        return round(float(stated[1]) * (1e9 if stated[2] == "b" else 1e6))
    return next((count for pattern, count in _PATTERNS if pattern.search(name)), 0)
