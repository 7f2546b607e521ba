"""What is known of Hugging Face's models that upstreams' files don't state.

Present names of renamed models, tasks that records have wrong, calls that follow from no rule, and models
that are left out with the reason. Rules that hold for whole libraries are in `hf_calls`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api_docs.domains import Domain

_MOVED = """
google-bert: bert-base-uncased bert-base-cased bert-large-uncased bert-large-cased bert-base-chinese
google-bert: bert-base-multilingual-cased bert-base-multilingual-uncased bert-base-german-cased
google-bert: bert-large-uncased-whole-word-masking bert-large-cased-whole-word-masking
google-bert: bert-large-uncased-whole-word-masking-finetuned-squad
google-bert: bert-large-cased-whole-word-masking-finetuned-squad bert-base-cased-finetuned-mrpc
FacebookAI: roberta-base roberta-large roberta-large-mnli xlm-roberta-base xlm-roberta-large
FacebookAI: xlm-roberta-large-finetuned-conll03-english xlm-roberta-large-finetuned-conll03-german
openai-community: gpt2 gpt2-medium gpt2-large gpt2-xl openai-gpt roberta-base-openai-detector
openai-community: roberta-large-openai-detector
distilbert: distilbert-base-uncased distilbert-base-cased distilbert-base-multilingual-cased distilgpt2
distilbert: distilroberta-base distilbert-base-german-cased distilbert-base-uncased-distilled-squad
distilbert: distilbert-base-cased-distilled-squad distilbert-base-uncased-finetuned-sst-2-english
google-t5: t5-small t5-base t5-large t5-3b t5-11b
albert: albert-base-v1 albert-base-v2 albert-large-v2 albert-xlarge-v2 albert-xxlarge-v2
xlnet: xlnet-base-cased xlnet-large-cased
almanach: camembert-base
transfo-xl: transfo-xl-wt103
"""
RENAMED: Mapping[str, str] = {
    name: f"{owner}/{name}"
    for line in filter(None, _MOVED.splitlines())
    for owner, _, names in [line.partition(": ")]
    for name in names.split()
} | {
    "runwayml/stable-diffusion-v1-5": "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "runwayml/stable-diffusion-inpainting": "stable-diffusion-v1-5/stable-diffusion-inpainting",
    "damo-vilab/text-to-video-ms-1.7b": "ali-vilab/text-to-video-ms-1.7b",
    "damo-vilab/text-to-video-ms-1.7b-legacy": "ali-vilab/text-to-video-ms-1.7b-legacy",
    "salesforce/blip2-opt-6.7b": "Salesforce/blip2-opt-6.7b",
    "sberbank-ai/mGPT": "ai-forever/mGPT",
    "sberbank-ai/sbert_large_mt_nlu_ru": "ai-forever/sbert_large_mt_nlu_ru",
    "tinkoff-ai/ruDialoGPT-medium": "t-bank-ai/ruDialoGPT-medium",
    "cross-encoder/ms-marco-MiniLM-L-6-v2": "cross-encoder/ms-marco-MiniLM-L6-v2",
    "cross-encoder/ms-marco-MiniLM-L-12-v2": "cross-encoder/ms-marco-MiniLM-L12-v2",
    "cross-encoder/ms-marco-TinyBERT-L-2-v2": "cross-encoder/ms-marco-TinyBERT-L2-v2",
    "cl-tohoku/bert-base-japanese": "tohoku-nlp/bert-base-japanese",
    "cl-tohoku/bert-base-japanese-char": "tohoku-nlp/bert-base-japanese-char",
    "cl-tohoku/bert-base-japanese-whole-word-masking": "tohoku-nlp/bert-base-japanese-whole-word-masking",
    "guillaumekln/faster-whisper-large-v2": "Systran/faster-whisper-large-v2",
}
"""Retired name → present name; the hub redirects the former."""

DOMAINS: tuple[tuple[re.Pattern[str], Domain], ...] = tuple(
    (re.compile(pattern), domain)
    for pattern, domain in (
        (r"google/owlvit-.*|.*grounding_dino.*", Domain.ZERO_SHOT_OBJECT_DETECTION),
        (r"pyannote/.*|philschmid/pyannote-.*|popcornell/pyannote-.*", Domain.VOICE_ACTIVITY_DETECTION),
        (r"keras-io/monocular-depth-estimation", Domain.DEPTH_ESTIMATION),
        (r"(google|navteca)/tapas-.*|microsoft/tapex-.*", Domain.TABLE_QUESTION_ANSWERING),
        (r"cross-encoder/ms-marco-.*", Domain.TEXT_RANKING),
        (r"google/pix2struct-(ai2d|chartqa)-.*", Domain.VISUAL_QUESTION_ANSWERING),
        (r"google/pix2struct-docvqa-.*", Domain.DOCUMENT_QUESTION_ANSWERING),
        (r"laion/CLIP-.*|kakaobrain/align-base", Domain.ZERO_SHOT_IMAGE_CLASSIFICATION),
        (r"facebook/bart-(base|large)", Domain.FEATURE_EXTRACTION),
        (r"CIDAS/clipseg-.*", Domain.IMAGE_SEGMENTATION),
        (r"microsoft/xclip-.*", Domain.VIDEO_CLASSIFICATION),
        (
            r"facebook/(w2v-bert-.*|wav2vec2-large-xlsr-53|hubert-large-ll60k)",
            Domain.AUDIO_FEATURE_EXTRACTION,
        ),
        (r"microsoft/wavlm-(base|large).*", Domain.AUDIO_FEATURE_EXTRACTION),
        (r"google/vit-base-patch16-224-in21k|facebook/dino-.*", Domain.IMAGE_FEATURE_EXTRACTION),
        (r"MCG-NJU/videomae-(base|large)(-short.*)?(?<!kinetics)", Domain.VIDEO_FEATURE_EXTRACTION),
        (r"microsoft/(MiniLM|Multilingual-MiniLM|xtremedistil)-.*", Domain.FEATURE_EXTRACTION),
        (r"facebook/m2m100_.*|facebook/mbart-large-50.*", Domain.TRANSLATION),
        (r"shahrukhx01/question-vs-statement-classifier", Domain.TEXT_CLASSIFICATION),
        (r"prithivida/parrot_(adequacy|fluency)_model", Domain.TEXT_CLASSIFICATION),
        (
            r"malteos/scincl|ai-forever/sbert_.*|rasa/LaBSE|setu4993/LaBSE|GanjinZero/UMLSBert_ENG",
            Domain.SENTENCE_SIMILARITY,
        ),
    )
)
"""Tasks that records have wrong or say too broadly, by the whole id."""

_LEFT_OUT: Mapping[str, str] = {
    "a test fixture, no trained model": r"""
    .*(tiny-random|-random(-|$)|hf-internal-testing|hf-tiny-model-private).* lysandre/.* sshleifer/tiny-.*
    .*/(temp-|test$|testwebhook|dummy-).* templates/.* Bingsu/temp_.* lewtun/tiny-.* ybelkada/tiny-.*
    fxmarty/resnet-tiny-beans bigscience/test-.* anton-l/wav2vec2-random-tiny-classifier provin/test
    .*/autotr
    """,
    "its class or library is gone from present releases": r"""
    clefourrier/graphormer-.* tensorspeech/.* Tune-A-Video-library/.* speechbrain/m-ctc-t-large
    """,
    "removed from the hub, or never there": r"""
    decapoda-research/.* facebook/mmt-.* damo-vilab/modelscope-.*
    """,
    "weights for an older toolbox, no library loads them": r"""
    CompVis/stable-diffusion(-v-1-4-original)? stabilityai/sd-vae-ft-mse-original WarriorMama777/OrangeMixs
    hakurei/waifu-diffusion-v1-[34] BlinkDL/.* sparanoid/.* .*-original hassanblend/.*
    """,
    "needs the authors' own code, which no package holds": r"""
    Riser/YOLOP Sohaib36/MonoScene chavinlo/TempoFunk camenduru/.* sheldonxxxx/.* Rongjiehuang/.*
    balacoon/.* Snowad/.* mechanicalsea/.* SamMorgan/.* Pie31415/.* akiyamasho/.* ceyda/.* huggan/.*
    hugginglearners/.* julien-c/pokemon-predict-hp keras-io/TF_Decision_Trees victor/.* halflings/.*
    osanseviero/titanic_mlconsole huggingnft/.* gwang-kim/.* kunheekim/.* rullaf/.* SBB/sbb_binarization
    ChristianOrr/.* popcornell/FasNetTAC.* dhansmair/flamingo-mini mindspore-ai/.* mindee/.* PaddlePaddle/.*
    funasr/.* GreeneryScenery/.* camusean/.* julien-c/voice-activity-detection uclanlp/visualbert-vqa
    nikcheerla/.* d4data/Indian-voice-cloning vqascore/.* hivemind/gpt-j-6B-8bit weitf/.* sivar/.*
    Eklavya/.* jingheya/lotus-.* tencent/.* openbmb/.* fixie-ai/.* OmniGen2/.* ByteDance-Seed/.*
    ResembleAI/.* nvidia/audio-flamingo-3 depth-anything/Depth-Anything-V2-Large vidore/.* Tevatron/.*
    facebook/sapiens-.* fal/AuraSR-v2 yisol/.* kontext-community/.* .*-lora Wan-AI/Wan2\.1-VACE-14B
    Wan-AI/Wan2\.1-I2V-14B-720P lllyasviel/FramePack.* Skywork/.* qualcomm/.* StephanST/.* ByteDance/.*
    KittenML/.* fishaudio/.* Vision-CAIR/.* GoodiesHere/.* LeoLau/.* nvidia/Cosmos-Transfer.* numz/.*
    knowledgator/.* intfloat/mmE5-.* fushh7/.* ashawkey/.* TencentARC/.* hwjiang/.*
    stabilityai/stable-point-aware-3d NeuML/.* jbetker/.* janpase97/.* THUDM/chatglm-6b-int4-qe
    """,
    "a model of a game or competition that says nothing of what it does": r"""
    tejas23/.* kem000123/.* omarques/autotrain-in-class.* pachi107/.* al02783013/.* Robertooo/.* Xinhhd/.*
    kochetkovIT/.* frizwankhan/.* lopushanskyy/.* duncan93/video ImRma/.* Antheia/.* bibekbehera/.*
    farouk97/.* DataIntelligenceTeam/.* jwan2021/autotrain-jwan.*
    """,
}
LEFT_OUT: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (reason, re.compile(pattern)) for reason, patterns in _LEFT_OUT.items() for pattern in patterns.split()
)
"""Why a model is left out, and the pattern of such models' ids."""

CALLS: Mapping[str, str] = {
    "bigcode/santacoder": "AutoModelForCausalLM.from_pretrained({id}, trust_remote_code=True)",
    "Qwen/Qwen2-Audio-7B-Instruct": "Qwen2AudioForConditionalGeneration.from_pretrained({id})",
    "mistralai/Voxtral-Small-24B-2507": "VoxtralForConditionalGeneration.from_pretrained({id})",
    "facebook/w2v-bert-2.0": "AutoModel.from_pretrained({id})",
    "facebook/seamless-m4t-v2-large": "SeamlessM4Tv2Model.from_pretrained({id})",
    "nvidia/canary-1b": "nemo_asr.models.EncDecMultiTaskModel.from_pretrained({id})",
    "microsoft/udop-large": "UdopForConditionalGeneration.from_pretrained({id})",
    "Alibaba-NLP/gte-Qwen1.5-7B-instruct": "SentenceTransformer({id}, trust_remote_code=True)",
    "Alibaba-NLP/gte-multilingual-reranker-base": "CrossEncoder({id}, trust_remote_code=True)",
    "nvidia/MambaVision-T-1K": "AutoModel.from_pretrained({id}, trust_remote_code=True)",
    "apple/aimv2-large-patch14-336-distilled": "AutoModel.from_pretrained({id}, trust_remote_code=True)",
    "OpenGVLab/InternViT-6B-448px-V1-2": "AutoModel.from_pretrained({id}, trust_remote_code=True)",
    "briaai/RMBG-1.4": "AutoModelForImageSegmentation.from_pretrained({id}, trust_remote_code=True)",
    "ZhengPeng7/BiRefNet": "AutoModelForImageSegmentation.from_pretrained({id}, trust_remote_code=True)",
    "rednote-hilab/dots.ocr": "AutoModelForCausalLM.from_pretrained({id}, trust_remote_code=True)",
    "microsoft/Magma-8B": "AutoModelForCausalLM.from_pretrained({id}, trust_remote_code=True)",
    "fancyfeast/llama-joycaption-beta-one-hf-llava": "LlavaForConditionalGeneration.from_pretrained({id})",
    "magic-leap-community/superpoint": "AutoModelForKeypointDetection.from_pretrained({id})",
    "magic-leap-community/superglue_outdoor": "pipeline('keypoint-matching', model={id})",
    "ETH-CVG/lightglue_disk": "AutoModelForKeypointMatching.from_pretrained({id})",
    "nari-labs/Dia-1.6B-0626": "DiaForConditionalGeneration.from_pretrained({id})",
    "visheratin/mexma-siglip": "AutoModel.from_pretrained({id}, trust_remote_code=True)",
    "jinaai/jina-clip-v2": "AutoModel.from_pretrained({id}, trust_remote_code=True)",
    "microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224": (
        "open_clip.create_model_and_transforms('hf-hub:microsoft/BiomedCLIP-PubMedBERT_256-vit_base_patch16_224')"
    ),
    "speechbrain/emotion-recognition-wav2vec2-IEMOCAP": (
        "foreign_class(source={id}, pymodule_file='custom_interface.py', "
        "classname='CustomEncoderWav2vec2Classifier')"
    ),
    "Systran/faster-whisper-large-v2": "WhisperModel({id})",
    "prithivida/parrot_paraphraser_on_T5": "AutoModelForSeq2SeqLM.from_pretrained({id})",
    "facebook/textless_sm_ro_en": "load_model_ensemble_and_task_from_hf_hub({id})",
    "microsoft/xclip-base-patch32": "AutoModel.from_pretrained({id})",
    "microsoft/xclip-base-patch16-zero-shot": "AutoModel.from_pretrained({id})",
    "CIDAS/clipseg-rd64-refined": "CLIPSegForImageSegmentation.from_pretrained({id})",
    "microsoft/speecht5_vc": "SpeechT5ForSpeechToSpeech.from_pretrained({id})",
    "anton-l/wav2vec2-base-superb-sv": "AutoModelForAudioXVector.from_pretrained({id})",
    "alibaba-damo/mgp-str-base": "MgpstrForSceneTextRecognition.from_pretrained({id})",
    "spacy/en_core_web_sm": "spacy.load('en_core_web_sm')",
}
"""Calls that follow from no rule; `{id}` stands for the quoted model id."""

FILES: Mapping[str, str] = {
    "julien-c/wine-quality": "sklearn_model.joblib",
    "danupurnomo/dummy-titanic": "titanic_model.h5",
    "scikit-learn/Fish-Weight": "example.pkl",
}
"""The file that holds the model, where it isn't called as usual."""


def canonical_id(model_id: str) -> str:
    """The present name of a model."""
    return RENAMED.get(model_id, model_id)


def left_out(model_id: str) -> str | None:
    """Why a model is left out; None for all others."""
    return next((reason for reason, pattern in LEFT_OUT if pattern.fullmatch(model_id)), None)


def domain_of(model_id: str) -> Domain | None:
    """The domain that is known better than a model's record says it."""
    return next((domain for pattern, domain in DOMAINS if pattern.fullmatch(model_id)), None)
