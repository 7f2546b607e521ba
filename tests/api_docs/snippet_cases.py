"""Calls of every loader shape with the kind of input that their models must be used with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from api_docs.catalogue import Entry, entry_of
from api_docs.models import ApiDoc, Argument


@dataclass(frozen=True)
class Case:
    """A call, its doc's domain, and the kinds of input that the loaded thing must see.

    `options` tell the stubs what they can't see from the call: the class that a repository names, the format
    of a TFHub model.
    """

    call: str
    domain: str
    kinds: str
    hub: str = "huggingface"
    facts: Mapping[str, Any] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def entry(self) -> Entry:
        """The entry of a doc with this call."""
        return entry_of(
            ApiDoc(
                id=f"{self.hub}:case",
                hub=self.hub,
                domain=self.domain,
                name="case",
                call=self.call,
                facts=dict(self.facts),
                arguments=tuple(Argument(name=name, required=True) for name in self.arguments),
            )
        )

    def __str__(self) -> str:
        return f"{self.call[:90]} {self.domain}"


def _torch(name: str, domain: str, kinds: str, more: str = "", **facts: Any) -> Case:
    repository, _, entrypoint = name.rpartition(":")
    call = f"torch.hub.load({repository!r}, {entrypoint!r}{more})"
    arguments = ("language", "speaker", "name", "pretrained_model_name_or_path", "autoshape", "pretrained")
    return Case(call, domain, kinds, "torchhub", facts, tuple(a for a in arguments if f"{a}=" in more))


TORCHHUB = (
    _torch("pytorch/vision:resnet50", "image-classification", "image", ", pretrained=True"),
    _torch("pytorch/vision:inception_v3", "image-classification", "image"),
    _torch("pytorch/vision:vit_h_14", "image-classification", "image", input_size=518),
    _torch("pytorch/vision:resnet18", "image-feature-extraction", "image"),
    _torch("pytorch/vision:deeplabv3_resnet50", "image-segmentation", "image"),
    _torch("pytorch/vision:fasterrcnn_resnet50_fpn", "object-detection", "image"),
    _torch("pytorch/vision:keypointrcnn_resnet50_fpn", "keypoint-detection", "image"),
    _torch("pytorch/vision:raft_small", "video-to-video", "image"),
    _torch("pytorch/vision:r3d_18", "video-classification", "video"),
    _torch("pytorch/vision:mvit_v2_s", "video-feature-extraction", "video"),
    _torch("somebody/depth:depth_net", "depth-estimation", "image"),
    _torch("somebody/sound:tagger", "audio-classification", "audio", sample_rate=32_000),
    _torch("somebody/sound:embedder", "audio-feature-extraction", "audio"),
    _torch("somebody/sound:separator", "audio-to-audio", "audio"),
    _torch("somebody/sound:listener", "automatic-speech-recognition", "audio"),
    _torch("somebody/sound:detector", "voice-activity-detection", "audio"),
    _torch("somebody/gan:painter", "unconditional-image-generation", "tensor"),
    _torch("somebody/text:embedder", "feature-extraction", "text"),
    _torch("somebody/text:classifier", "text-classification", "text", language="de"),
    _torch("somebody/text:writer", "text-generation", "text"),
    _torch("somebody/text:speaker", "text-to-speech", "text"),
    _torch("somebody/text:translator", "translation", "text"),
    *(_torch(f"isl-org/MiDaS:{name}", "depth-estimation", "image") for name in ("MiDaS", "MiDaS_small")),
    _torch("intel-isl/MiDaS:DPT_BEiT_L_512", "depth-estimation", "image"),
    _torch("ultralytics/yolov5:yolov5s", "object-detection", "image"),
    _torch("ultralytics/yolov5:yolov5s", "object-detection", "image", ", autoshape=False"),
    _torch("datvuthanh/HybridNets:hybridnets", "object-detection", "image"),
    _torch("hustvl/YOLOP:yolop", "object-detection", "image"),
    _torch("mateuszbuda/brain-segmentation-pytorch:unet", "image-segmentation", "image"),
    _torch("nicolalandro/ntsnet-cub200:ntsnet", "image-classification", "image"),
    _torch("mit-han-lab/once-for-all:ofa_supernet_resnet50", "image-classification", "image"),
    _torch("mit-han-lab/once-for-all:resnet50D_MAC_4_1B", "image-classification", "image"),
    *(
        _torch(f"facebookresearch/pytorchvideo:{name}", "video-classification", "video")
        for name in ("slow_r50", "slowfast_r50", "x3d_xs")
    ),
    _torch("facebookresearch/pytorchvideo:slow_r50_detection", "video-classification", "video tensor"),
    _torch("facebookresearch/pytorchvideo:slowfast_r50_detection", "video-classification", "video tensor"),
    _torch("facebookresearch/pytorchvideo:mvit_base_16", "image-classification", "image"),
    _torch("facebookresearch/pytorch_GAN_zoo:hub:PGAN", "unconditional-image-generation", "tensor"),
    _torch("sigsep/open-unmix-pytorch:umxhq", "audio-to-audio", "audio"),
    _torch("sigsep/open-unmix-pytorch:umxse", "audio-to-audio", "audio"),
    _torch("sigsep/open-unmix-pytorch:umxhq_spec", "audio-to-audio", "tensor"),
    _torch("sigsep/open-unmix-pytorch:umxse_spec", "audio-to-audio", "tensor"),
    _torch("snakers4/silero-models:silero_stt", "automatic-speech-recognition", "audio", ", language='de'"),
    _torch("snakers4/silero-models:silero_tts", "text-to-speech", "text", ", language='en', speaker='v3_en'"),
    _torch(
        "snakers4/silero-models:silero_tts", "text-to-speech", "text", ", language='en', speaker='lj_16khz'"
    ),
    _torch("snakers4/silero-models:silero_te", "token-classification", "text"),
    _torch("snakers4/silero-models:silero_denoise", "audio-to-audio", "audio", ", name='small_slow'"),
    _torch("snakers4/silero-vad:silero_vad", "voice-activity-detection", "audio"),
    *(
        _torch(f"facebookresearch/fairseq:{name}", domain, kinds)
        for name, domain, kinds in (
            ("roberta.large", "fill-mask", "text"),
            ("camembert", "fill-mask", "text"),
            ("bart.base", "fill-mask", "text"),
            ("roberta.large.mnli", "text-classification", "text tensor"),
            ("roberta.large.wsc", "text-classification", "text"),
            ("bart.large.cnn", "summarization", "text"),
            ("xlmr.base", "feature-extraction", "text tensor"),
            ("xmod.base", "feature-extraction", "text ids"),
            ("transformer_lm.wmt19.de", "text-generation", "text"),
            ("conv.stories", "text-generation", "text"),
        )
    ),
    _torch("pytorch/fairseq:transformer.wmt19.ru-en.single_model", "translation", "text"),
    *(
        _torch(
            f"huggingface/pytorch-transformers:{name}",
            "feature-extraction",
            "text" if name == "tokenizer" else "text ids",
            ", pretrained_model_name_or_path='bert-base-cased'",
        )
        for name in (
            "model",
            "tokenizer",
            "modelForMaskedLM",
            "modelForCausalLM",
            "modelForQuestionAnswering",
            "modelForSequenceClassification",
        )
    ),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_resnet50", "image-classification", "image"),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_ssd", "object-detection", "image"),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_tacotron2", "text-to-speech", "text ids tensor"),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_waveglow", "text-to-audio", "tensor"),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_hifigan", "text-to-audio", "tensor"),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_fastpitch", "text-to-speech", "ids"),
    _torch("NVIDIA/DeepLearningExamples:torchhub:nvidia_tft", "time-series-forecasting", "tensor"),
)


def _tf(handle: str, domain: str, kinds: str, style: str = "saved_model_2", loader: str = "hub.load") -> Case:
    facts = {"format": style} if style else {}
    url = f"https://tfhub.dev/{handle}"
    return Case(f"{loader}({url!r})", domain, kinds, "tfhub", facts, options={"format": style})


TFHUB = (
    _tf("google/imagenet/mobilenet_v2_100_224/classification/5", "image-classification", "image"),
    _tf(
        "google/imagenet/mobilenet_v2_100_224/classification/5",
        "image-classification",
        "image",
        "",
        "hub.KerasLayer",
    ),
    _tf("google/imagenet/resnet_v1_50/classification/1", "image-classification", "image", "hub"),
    _tf("somebody/classifier/1", "image-classification", "image", ""),
    _tf(
        "google/imagenet/inception_v3/feature_vector/5",
        "image-feature-extraction",
        "image",
        loader="hub.KerasLayer",
    ),
    _tf("google/seefood/segmenter/1", "image-segmentation", "image", "hub"),
    _tf("google/boundless/half/1", "image-to-image", "image", "hub"),
    _tf("somebody/depth/1", "depth-estimation", "image"),
    _tf("somebody/pose/1", "keypoint-detection", "image"),
    _tf("somebody/captions/1", "image-to-text", "image"),
    _tf("tensorflow/efficientdet/lite2/detection/1", "object-detection", "image"),
    _tf("google/object_detection/mobile_object_localizer_v1/1", "object-detection", "image", "hub"),
    _tf("google/universal-sentence-encoder/4", "feature-extraction", "text"),
    _tf("google/nnlm-ja-dim128/2", "feature-extraction", "text", loader="hub.KerasLayer"),
    _tf("google/elmo/3", "feature-extraction", "text", "hub"),
    _tf("tensorflow/bert_en_uncased_L-12_H-768_A-12/4", "feature-extraction", "ids", loader="hub.KerasLayer"),
    _tf("google/bert_uncased_L-12_H-768_A-12/1", "feature-extraction", "ids", "hub"),
    _tf("google/electra_small/2", "fill-mask", "ids"),
    _tf("google/universal-sentence-encoder-large/5", "sentence-similarity", "text"),
    _tf("google/universal-sentence-encoder-classifier/1", "text-classification", "text"),
    _tf("google/universal-sentence-encoder-tags/1", "token-classification", "text"),
    _tf("tensorflow/bert_en_uncased_preprocess/3", "text-preprocessing", "text"),
    _tf("google/universal-sentence-encoder-qa/3", "question-answering", "text"),
    _tf("google/LAReQA/mBERT_En_En/1", "text-ranking", "text", "hub"),
    _tf("see--/bert-uncased-tf2-qa/1", "question-answering", "ids"),
    *(
        _tf("google/bertseq2seq/roberta24_wikisplit/1", domain, "text")
        for domain in ("text-generation", "text2text-generation", "text-to-speech", "translation")
    ),
    _tf("google/wiki40b-lm-en/1", "text-generation", "text", "hub"),
    _tf("edrone/ulmfit/pl/sp50k_cased/1", "feature-extraction", "text"),
    _tf("google/yamnet/1", "audio-classification", "audio"),
    _tf("google/vggish/1", "audio-feature-extraction", "audio"),
    _tf("google/trillsson5/1", "audio-feature-extraction", "audio"),
    _tf("google/trillsson4/1", "audio-classification", "audio"),
    _tf("google/speech_embedding/1", "audio-feature-extraction", "audio", "hub"),
    _tf("google/nonsemantic-speech-benchmark/trill/3", "audio-feature-extraction", "audio"),
    _tf("google/spice/2", "audio-feature-extraction", "audio"),
    _tf("google/humpback_whale/1", "audio-classification", "audio tensor"),
    _tf("silero/silero-stt/de/1", "automatic-speech-recognition", "audio"),
    _tf("vasudevgupta7/wav2vec2/1", "automatic-speech-recognition", "audio", loader="hub.KerasLayer"),
    _tf("vasudevgupta7/wav2vec2-enhance/1", "audio-to-audio", "audio"),
    _tf("monatis/german-mbmelgan/1", "text-to-audio", "tensor"),
    _tf("google/soundstream/mel/decoder/music/1", "text-to-audio", "tensor", loader="hub.KerasLayer"),
    _tf("google/movenet/singlepose/lightning/4", "keypoint-detection", "image"),
    _tf("google/magenta/arbitrary-image-stylization-v1-256/2", "image-to-image", "image"),
    _tf("google/film/1", "image-to-video", "image tensor"),
    _tf("captain-pool/esrgan-tf2/1", "image-to-image", "image"),
    _tf("intel/midas/v2/2", "depth-estimation", "image", "hub"),
    _tf("google/musiq/ava/1", "image-classification", "image"),
    _tf("google/delf/1", "image-feature-extraction", "image tensor", "hub"),
    _tf("deepmind/local-linearity/imagenet/1", "image-classification", "image tensor", "hub"),
    _tf("deepmind/biggan-128/2", "unconditional-image-generation", "tensor", "hub"),
    _tf("deepmind/bigbigan-resnet50/1", "unconditional-image-generation", "tensor", "hub"),
    _tf("google/progan-128/1", "unconditional-image-generation", "tensor", "hub"),
    _tf("cosmo-group-ethz/models/kids-cgan/1", "unconditional-image-generation", "tensor"),
    _tf("deepmind/mil-nce/s3d/1", "video-text-to-text", "video", "hub"),
    _tf("tensorflow/movinet/a1/base/kinetics-600/classification/3", "video-classification", "video"),
    _tf(
        "tensorflow/movinet/a1/stream/kinetics-600/classification/3",
        "video-classification",
        "video tensor",
        loader="hub.KerasLayer",
    ),
    _tf("deepmind/i3d-kinetics-600/1", "video-classification", "video", "hub"),
    _tf("deepmind/i3d-kinetics-400/1", "video-feature-extraction", "video", "hub"),
    _tf("deepmind/i3d-frames/1", "video-generation", "video", "hub"),
    _tf("deepmind/i3d-words/1", "video-text-to-text", "video", "hub"),
    _tf("shoaib6174/swin_tiny_patch244_window877_kinetics400_1k/1", "video-feature-extraction", "video"),
    _tf("google/tiny_video_net/tvn1/1", "video-classification", "video", "hub"),
    _tf("prvi/tf2nq/1", "question-answering", "ids"),
    _tf("google/bertseq2seq/roberta24_cnndm/1", "summarization", "text"),
    _tf("deepmind/enformer/1", "feature-extraction", "tensor"),
    _tf("google/dedal/3", "feature-extraction", "tensor"),
    _tf("deepmind/mmt/data_combined/1", "robotics", "image text", "hub"),
)


def _pipeline(task: str, domain: str, kinds: str, model: str = "somebody/model", **options: Any) -> Case:
    return Case(f"pipeline({task!r}, model={model!r})", domain, kinds, options=options)


PIPELINES = (
    _pipeline("any-to-any", "any-to-any", "image text"),
    _pipeline("audio-classification", "audio-classification", "audio"),
    _pipeline("automatic-speech-recognition", "automatic-speech-recognition", "audio"),
    _pipeline("conversational", "conversational", "text"),
    _pipeline("depth-estimation", "depth-estimation", "image"),
    _pipeline("document-question-answering", "document-question-answering", "image text"),
    _pipeline("feature-extraction", "feature-extraction", "text"),
    _pipeline("fill-mask", "fill-mask", "text"),
    _pipeline("image-classification", "image-classification", "image"),
    _pipeline("image-feature-extraction", "image-feature-extraction", "image"),
    _pipeline("image-segmentation", "image-segmentation", "image"),
    _pipeline("image-text-to-text", "image-text-to-text", "image text"),
    _pipeline("image-text-to-text", "image-to-text", "image text", "Salesforce/blip-image-captioning-base"),
    _pipeline("image-to-image", "image-to-image", "image"),
    _pipeline("image-to-text", "image-to-text", "image"),
    _pipeline("keypoint-matching", "keypoint-detection", "image"),
    _pipeline("mask-generation", "mask-generation", "image"),
    _pipeline("object-detection", "object-detection", "image"),
    _pipeline("question-answering", "question-answering", "text"),
    _pipeline("summarization", "summarization", "text"),
    _pipeline("table-question-answering", "table-question-answering", "table text"),
    _pipeline("text-classification", "text-classification", "text"),
    _pipeline("text-generation", "text-generation", "text"),
    _pipeline("text-to-speech", "text-to-speech", "text"),
    _pipeline("text-to-audio", "text-to-audio", "text"),
    _pipeline("text2text-generation", "text2text-generation", "text"),
    _pipeline("ner", "token-classification", "text"),
    _pipeline("translation_de_to_en", "translation", "text"),
    _pipeline("translation", "translation", "text", "facebook/nllb-200-distilled-600M"),
    _pipeline("translation", "translation", "text", "google-t5/t5-small"),
    _pipeline("video-classification", "video-classification", "video"),
    _pipeline("visual-question-answering", "visual-question-answering", "image text"),
    _pipeline("zero-shot-audio-classification", "audio-classification", "audio text"),
    _pipeline("zero-shot-classification", "zero-shot-classification", "text"),
    _pipeline("zero-shot-image-classification", "zero-shot-image-classification", "image text"),
    _pipeline("zero-shot-object-detection", "zero-shot-object-detection", "image text"),
    Case(
        "pipeline(model='somebody/sentiment')",
        "text-classification",
        "text",
        options={"task": "text-classification"},
    ),
)


def _classes(*rows: str, **options: Any) -> Iterator[Case]:
    for row in rows:
        name, domain, kinds, *rest = row.split(" ", 3)
        model = rest[0] if rest else "somebody/model"
        yield Case(f"{name}.from_pretrained({model!r})", domain, kinds.replace("+", " "), options=options)


CLASSES = (
    *_classes(
        # text
        "AutoModelForSequenceClassification text-classification text",
        "AutoModelForSequenceClassification zero-shot-classification text",
        "AutoModelForSequenceClassification text-ranking text",
        "AutoModelForTokenClassification token-classification text",
        "AutoModelForQuestionAnswering question-answering text",
        "AutoModelForMaskedLM fill-mask text",
        "AutoModelForCausalLM text-generation text",
        "AutoModelForCausalLM conversational text",
        "GPT2LMHeadModel text-generation text",
        "AutoModelForCausalLM question-answering text",
        "AutoModelForCausalLM translation text",
        "AutoModelForSeq2SeqLM summarization text",
        "AutoModelForSeq2SeqLM translation text Helsinki-NLP/opus-mt-de-en",
        "AutoModelForSeq2SeqLM translation text facebook/m2m100_418M",
        "AutoModelForSeq2SeqLM translation text facebook/nllb-200-distilled-600M",
        "AutoModelForSeq2SeqLM translation text facebook/mbart-large-50-many-to-many-mmt",
        "AutoModelForSeq2SeqLM text2text-generation text",
        "AutoModelForSeq2SeqLM conversational text",
        "AutoModelForSeq2SeqLM question-answering text",
        "AutoModelForSeq2SeqLM table-question-answering table+text microsoft/tapex-base",
        "T5ForConditionalGeneration summarization text google-t5/t5-small",
        "MarianMTModel translation text Helsinki-NLP/opus-mt-en-de",
        "EncoderDecoderModel summarization text",
        "AutoModelWithLMHead text2text-generation text",
        "TapasForQuestionAnswering table-question-answering table+text",
        "AutoModelForTableQuestionAnswering table-question-answering table+text",
        "AutoModel feature-extraction text",
        "AutoModel sentence-similarity text",
        "AutoModel translation text",
        "AutoModelForTextEncoding feature-extraction text",
        "DPRQuestionEncoder question-answering text",
        "AutoModelForMultipleChoice question-answering text",
        "AutoModelForNextSentencePrediction text-classification text",
        "AutoModelForPreTraining fill-mask text",
        "AutoTokenizer text-classification text",
        "TFAutoModelForSequenceClassification text-classification text",
        # images
        "AutoModelForImageClassification image-classification image",
        "DetrForObjectDetection object-detection image",
        "SegformerForSemanticSegmentation image-segmentation image",
        "DetrForSegmentation image-segmentation image",
        "OneFormerForUniversalSegmentation image-segmentation image+text",
        "CLIPSegForImageSegmentation image-segmentation image+text",
        "AutoModelForImageSegmentation image-segmentation image ZhengPeng7/BiRefNet",
        "DPTForDepthEstimation depth-estimation image",
        "Swin2SRForImageSuperResolution image-to-image image",
        "SamModel mask-generation image",
        "AutoModelForMaskGeneration mask-generation image",
        "AutoModelForKeypointDetection keypoint-detection image",
        "AutoModelForKeypointMatching keypoint-detection image",
        "VitPoseForPoseEstimation keypoint-detection image",
        "ViTModel image-feature-extraction image",
        "AutoBackbone image-feature-extraction image",
        "ViTMAEForPreTraining image-feature-extraction image",
        "AutoImageProcessor image-classification image",
        "TFViTForImageClassification image-classification image",
        "AutoModel image-feature-extraction image",
        # video
        "VideoMAEForVideoClassification video-classification video",
        "AutoModelForSequenceClassification video-classification video",
        "VideoMAEForPreTraining video-classification video",
        "VideoMAEModel video-feature-extraction video",
        # audio
        "Wav2Vec2ForCTC automatic-speech-recognition audio",
        "WhisperForConditionalGeneration automatic-speech-recognition audio",
        "AutoModelForSpeechSeq2Seq automatic-speech-recognition audio",
        "AutoModelForAudioClassification audio-classification audio",
        "Wav2Vec2ForSequenceClassification audio-classification audio",
        "AutoModelForSequenceClassification audio-classification audio",
        "AutoModelForAudioXVector audio-classification audio",
        "AutoModelForAudioFrameClassification voice-activity-detection audio",
        "Wav2Vec2Model audio-feature-extraction audio",
        "AutoModel audio-feature-extraction audio",
        "VitsModel text-to-speech text",
        "BarkModel text-to-speech text",
        "MusicgenForConditionalGeneration text-to-audio text",
        "SpeechT5ForTextToSpeech text-to-speech text+ids+tensor",
        "SpeechT5ForSpeechToSpeech audio-to-audio audio+tensor",
        "SeamlessM4Tv2Model translation text",
        "SeamlessM4Tv2Model automatic-speech-recognition audio",
        "SeamlessM4Tv2ForSpeechToText automatic-speech-recognition audio",
        "ClapModel audio-classification audio+text",
        "EncodecModel audio-to-audio audio",
        "TFWav2Vec2ForCTC automatic-speech-recognition audio",
        # pictures with text
        "VisionEncoderDecoderModel image-to-text image",
        "VisionEncoderDecoderModel document-question-answering image+text",
        "BlipForConditionalGeneration image-to-text image",
        "Pix2StructForConditionalGeneration document-question-answering image+text",
        "Blip2ForConditionalGeneration visual-question-answering image+text",
        "AutoModelForImageTextToText image-text-to-text image+text",
        "AutoModelForImageTextToText video-text-to-text video+text",
        "Qwen2AudioForConditionalGeneration audio-text-to-text audio+text",
        "LlavaForConditionalGeneration image-text-to-text image+text",
        "GitForCausalLM image-to-text image",
        "AutoModelForCausalLM image-text-to-text image+text",
        "BlipForQuestionAnswering visual-question-answering image+text",
        "ViltForQuestionAnswering visual-question-answering image+text",
        "LayoutLMv3ForQuestionAnswering document-question-answering image+text",
        "AutoModelForDocumentQuestionAnswering document-question-answering image+text",
        "CLIPModel zero-shot-image-classification image+text",
        "AutoModelForZeroShotImageClassification zero-shot-image-classification image+text a/siglip-b",
        "OwlViTForObjectDetection zero-shot-object-detection image+text",
        "AutoModelForZeroShotObjectDetection zero-shot-object-detection image+text",
        "AutoModel zero-shot-image-classification image+text jinaai/jina-clip-v2",
        "AutoProcessor zero-shot-image-classification image+text",
        # series and agents
        "PatchTSTForPrediction time-series-forecasting tensor",
        "TimesFmModelForPrediction time-series-forecasting tensor",
        "TimeSeriesTransformerForPrediction time-series-forecasting tensor",
        "DecisionTransformerModel reinforcement-learning tensor",
        # libraries that load as transformers does
        "SetFitModel text-classification text",
        "SpanMarkerModel token-classification text",
        "GLiNER token-classification text",
        "StaticModel feature-extraction text",
        "BaseModel audio-to-audio audio+text JorisCos/ConvTasNet_Libri2Mix_sepnoisy_8k",
        "Text2Speech text-to-speech text",
        "Speech2Text automatic-speech-recognition audio",
        "SeparateSpeech audio-to-audio audio",
        "Pipeline voice-activity-detection audio",
        "Model voice-activity-detection audio",
    ),
    *_classes("AutoModel zero-shot-image-classification image+text somebody/siglip-2", outputs="siglip"),
    *_classes("AutoModel video-classification video+text microsoft/xclip-base-patch32", outputs="xclip"),
    *_classes("AutoModel reinforcement-learning tensor", outputs="decision"),
    Case("ColPaliForRetrieval.from_pretrained('vidore/colpali')", "visual-document-retrieval", "image text"),
)


def _diffusion(name: str, domain: str, kinds: str, named: str = "", more: str = "") -> Case:
    options = {"class": named} if named else {}
    return Case(f"{name}.from_pretrained('somebody/model'{more})", domain, kinds, options=options)


DIFFUSION = (
    _diffusion("DiffusionPipeline", "text-to-image", "text", "StableDiffusionPipeline"),
    _diffusion("DiffusionPipeline", "text-to-image", "text", "FluxPipeline", ", torch_dtype=torch.float16"),
    _diffusion("DiffusionPipeline", "text-to-image", "text", "StableDiffusionXLPipeline"),
    _diffusion("StableDiffusionPipeline", "text-to-image", "text"),
    _diffusion("DiffusionPipeline", "image-to-image", "image text", "StableDiffusionImg2ImgPipeline"),
    _diffusion("DiffusionPipeline", "image-to-image", "image text", "StableDiffusionInstructPix2PixPipeline"),
    _diffusion(
        "DiffusionPipeline", "image-text-to-image", "image text", "StableDiffusionInstructPix2PixPipeline"
    ),
    _diffusion("StableDiffusionInpaintPipeline", "image-to-image", "image text"),
    _diffusion("StableDiffusionInstructPix2PixPipeline", "image-to-image", "image text"),
    _diffusion("StableDiffusionUpscalePipeline", "image-to-image", "image text"),
    _diffusion("StableDiffusionLatentUpscalePipeline", "image-to-image", "image text"),
    _diffusion("StableDiffusionDepth2ImgPipeline", "image-to-image", "image text"),
    _diffusion("StableDiffusionImageVariationPipeline", "image-to-image", "image"),
    _diffusion("LDMSuperResolutionPipeline", "image-to-image", "image"),
    _diffusion("DDPMPipeline", "unconditional-image-generation", ""),
    _diffusion("DiffusionPipeline", "unconditional-image-generation", "", "DDPMPipeline"),
    _diffusion("DiTPipeline", "unconditional-image-generation", ""),
    _diffusion("DiffusionPipeline", "text-to-video", "text", "TextToVideoSDPipeline"),
    _diffusion("DiffusionPipeline", "text-to-video", "text", "WanPipeline"),
    _diffusion("DiffusionPipeline", "video-generation", "text", "LTXPipeline"),
    _diffusion("CogVideoXPipeline", "text-to-video", "text"),
    _diffusion("StableVideoDiffusionPipeline", "image-to-video", "image"),
    _diffusion("DiffusionPipeline", "image-to-video", "image text", "WanImageToVideoPipeline"),
    _diffusion("DiffusionPipeline", "image-text-to-video", "image text", "WanImageToVideoPipeline"),
    _diffusion("WanVideoToVideoPipeline", "video-to-video", "video text"),
    _diffusion("DiffusionPipeline", "video-to-video", "video text", "LucyEditPipeline"),
    _diffusion("AudioLDM2Pipeline", "text-to-audio", "text"),
    _diffusion("DiffusionPipeline", "text-to-audio", "text", "AudioLDM2Pipeline"),
    _diffusion("DiffusionPipeline", "text-to-speech", "text", "AudioLDM2Pipeline"),
    _diffusion("DanceDiffusionPipeline", "text-to-audio", ""),
    _diffusion("MotionAdapter", "text-to-video", ""),
    _diffusion("ShapEPipeline", "text-to-3d", "text"),
    _diffusion("ShapEImg2ImgPipeline", "image-to-3d", "image"),
    _diffusion("DiffusionPipeline", "text-to-3d", "text", "ShapEPipeline"),
    _diffusion("DiffusionPipeline", "image-to-3d", "image", "ShapEImg2ImgPipeline"),
    _diffusion("MarigoldDepthPipeline", "depth-estimation", "image"),
    _diffusion("DiffusionPipeline", "depth-estimation", "image", "MarigoldDepthPipeline"),
    _diffusion("ControlNetModel", "image-to-image", "image tensor"),
    _diffusion("AutoencoderKL", "image-to-image", "image tensor"),
    _diffusion("UNet2DConditionModel", "text-to-image", "tensor"),
)

LIBRARIES = (
    Case("SentenceTransformer('sentence-transformers/all-MiniLM-L6-v2')", "sentence-similarity", "text"),
    Case("SentenceTransformer('sentence-transformers/clip-ViT-B-32')", "feature-extraction", "image text"),
    Case("SparseEncoder('naver/splade-v3')", "feature-extraction", "text"),
    Case("CrossEncoder('cross-encoder/ms-marco-MiniLM-L6-v2')", "text-ranking", "text"),
    Case("CrossEncoder('cross-encoder/nli-deberta-v3-base')", "zero-shot-classification", "text"),
    Case(
        "timm.create_model('hf_hub:timm/resnet50.a1_in1k', pretrained=True)", "image-classification", "image"
    ),
    Case(
        "timm.create_model('vit_tiny', pretrained=True, num_classes=0)", "image-feature-extraction", "image"
    ),
    Case("timm.create_model('resnet18', features_only=True)", "image-feature-extraction", "image"),
    *(
        Case(f"open_clip.{name}('hf-hub:laion/CLIP')", "zero-shot-image-classification", "image ids")
        for name in ("create_model", "create_model_and_transforms", "create_model_from_pretrained")
    ),
    *(
        Case(f"{name}.from_hparams(source='speechbrain/model')", domain, kinds)
        for name, domain, kinds in (
            ("EncoderClassifier", "audio-classification", "audio tensor"),
            ("EncoderClassifier", "audio-feature-extraction", "audio tensor"),
            ("SpectralMaskEnhancement", "audio-to-audio", "audio tensor"),
            ("WaveformEnhancement", "audio-to-audio", "audio tensor"),
            ("SepformerSeparation", "audio-to-audio", "audio"),
            ("separator", "audio-to-audio", "audio"),
            ("EncoderDecoderASR", "automatic-speech-recognition", "audio tensor"),
            ("Tacotron2", "text-to-speech", "text"),
            ("FastSpeech2", "text-to-speech", "text"),
            ("HIFIGAN", "text-to-speech", "tensor"),
            ("SpeakerRecognition", "audio-classification", "audio"),
            ("VAD", "voice-activity-detection", "audio"),
        )
    ),
    Case("SequenceTagger.load('flair/ner-english')", "token-classification", "text"),
    Case("TextClassifier.load('en-sentiment')", "text-classification", "text"),
    Case("spacy.load('en_core_web_sm')", "token-classification", "text"),
    Case("stanza.Pipeline('de')", "token-classification", "text", facts={"language": "de"}),
    Case(
        "load_from_hub(repo_id='sb3/ppo-CartPole-v1', filename='ppo-CartPole-v1.zip')",
        "reinforcement-learning",
        "tensor",
    ),
    Case(
        "load_from_hub(repo_id='sb3/tqc-Panda', filename='tqc-Panda.zip')", "reinforcement-learning", "tensor"
    ),
    Case("joblib.load(hf_hub_download('a/wine', 'sklearn_model.joblib'))", "tabular-classification", "table"),
    Case(
        "joblib.load(hf_hub_download('a/fish', 'm.pkl'))",
        "tabular-regression",
        "table",
        options={"named": True},
    ),
    Case(
        "fasttext.load_model(hf_hub_download('facebook/fasttext-id', 'model.bin'))",
        "text-classification",
        "text",
    ),
    Case("fasttext.load_model('cc.en.300.bin')", "feature-extraction", "text"),
    Case("keras.models.load_model('model.keras')", "tabular-classification", "tensor"),
    Case(
        "load_model(hf_hub_download('a/b', 'm.h5'))",
        "image-classification",
        "image",
        options={"input_shape": (None, 64, 64, 3)},
    ),
    Case(
        "from_pretrained_keras('keras-io/low-light')",
        "image-to-image",
        "image",
        options={"input_shape": (None, None, None, 3)},
    ),
    Case(
        "keras.layers.TFSMLayer(snapshot_download('keras-io/x'), call_endpoint='serving_default')",
        "image-to-image",
        "image",
    ),
    Case(
        "keras.layers.TFSMLayer(snapshot_download('keras-io/y'), call_endpoint='serving_default')",
        "tabular-classification",
        "tensor",
    ),
    Case("from_pretrained_fastai('espejelomar/cats')", "image-classification", "image"),
    Case("from_pretrained_fastai('somebody/reviews')", "text-classification", "text"),
    Case("YOLO(hf_hub_download('keremberke/yolov8m-hard-hat', 'best.pt'))", "object-detection", "image"),
    Case("YOLO('keremberke/yolov8m-building-segmentation')", "image-segmentation", "image"),
    Case("YOLO('yolov8n-cls.pt')", "image-classification", "image"),
    Case("yolov5.load('keremberke/yolov5m-license-plate')", "object-detection", "image"),
    Case(
        "load_model_ensemble_and_task_from_hf_hub('facebook/fastspeech2-en-ljspeech')",
        "text-to-speech",
        "text",
    ),
    Case(
        "load_model_ensemble_and_task_from_hf_hub('facebook/xm_transformer_sm')",
        "audio-to-audio",
        "audio",
        options={"speaks": False},
    ),
    Case(
        "nemo_asr.models.EncDecCTCModelBPE.from_pretrained('nvidia/stt')",
        "automatic-speech-recognition",
        "audio",
    ),
    Case(
        "nemo_asr.models.EncDecSpeakerLabelModel.from_pretrained('nvidia/x')",
        "audio-feature-extraction",
        "audio",
    ),
    Case(
        "nemo_asr.models.EncDecClassificationModel.from_pretrained('nvidia/x')",
        "audio-classification",
        "audio",
    ),
    Case("nemo_tts.models.FastPitchModel.from_pretrained('nvidia/tts')", "text-to-speech", "text ids"),
    Case("nemo_tts.models.HifiGanModel.from_pretrained('nvidia/voc')", "text-to-speech", "tensor"),
    Case(
        "nemo_nlp.models.PunctuationCapitalizationModel.from_pretrained('p')", "token-classification", "text"
    ),
    Case(
        "foreign_class(source='speechbrain/emotion', pymodule_file='custom_interface.py', classname='C')",
        "audio-classification",
        "audio",
    ),
)

GENERIC = (
    Case("INSTRUCTOR('hkunlp/instructor-base')", "sentence-similarity", "text"),
    Case("SentenceModel('shibing624/text2vec-base-chinese')", "sentence-similarity", "text"),
    Case("Parrot(model_tag='prithivida/parrot')", "text2text-generation", "text"),
    Case("HappyTextToText('T5', 'vennify/t5-base-grammar-correction')", "text2text-generation", "text"),
    Case("PunctuationModel()", "token-classification", "text"),
    Case("SpeechRecognitionModel('jonatasgrosman/x')", "automatic-speech-recognition", "audio"),
    Case("WhisperModel('large-v2')", "automatic-speech-recognition", "audio"),
    Case("PromptCap('vqascore/promptcap-coco-vqa')", "image-to-text", "image text"),
    Case("TextToSpeech('NeuML/ljspeech-jets-onnx')", "text-to-speech", "text"),
    Case("Inference('julien-c/voice-activity-detection')", "voice-activity-detection", "audio"),
    Case("VoiceActivityDetection(segmentation='anilbs/segmentation')", "voice-activity-detection", "audio"),
    Case("RandomForestRegressor()", "tabular-regression", "tensor"),
    Case("clip.load('ViT-B/32')", "zero-shot-image-classification", "image ids"),
)

SERVICES = (
    Case("requests.request('GET', 'https://shop.example/orders')", "web-api", "", "shop"),
    Case(
        "requests.request('POST', 'https://shop.example/orders', json={'item': 'tea'})",
        "web-api",
        "",
        "shop",
        facts={"answers": "application/json", "security": ("a token in the header 'Authorization'",)},
    ),
)

CASES = (*TORCHHUB, *TFHUB, *PIPELINES, *CLASSES, *DIFFUSION, *LIBRARIES, *GENERIC, *SERVICES)
