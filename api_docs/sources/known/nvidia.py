"""What is known of NVIDIA's DeepLearningExamples on torch.hub."""

from __future__ import annotations

from api_docs.sources.known.images import OBJECTS, classifier
from api_docs.sources.known.model import Choice, Family, Repository

NVIDIA = Repository(
    publisher="NVIDIA",
    ref="torchhub",
    signature="pretrained:bool=True",
    choices=(
        Choice(
            "nvidia_gpunet",
            ("model_type",),
            tuple((f"GPUNet-{name}",) for name in ("0", "1", "2", "P0", "P1", "D1", "D2")),
        ),
        Choice("nvidia_tft", ("dataset",), (("electricity",), ("traffic",))),
    ),
    same={"nvidia_resnext101_32x4d": "nvidia_resneXt"},
    left_out={"nvidia_efficientnet": "builds the models that have entrypoints of their own"},
    families=(
        Family(
            "nvidia_ssd",
            "object detection",
            "SSD300 with a ResNet-50 backbone",
            ("COCO 2017",),
            ("finding and locating everyday objects in photos with boxes",),
            input_size=300,
            num_classes=80,
        ),
        classifier("nvidia_resnet50", "ResNet-50 v1.5"),
        classifier("nvidia_resneXt", "ResNeXt-101 32x4d"),
        classifier("nvidia_se_resnext101_32x4d", "SE-ResNeXt-101 32x4d"),
        classifier(r"nvidia_efficientnet_b(\d)", "EfficientNet-B{0}", input_size=None),
        classifier(r"nvidia_efficientnet_widese_b(\d)", "EfficientNet-WideSE-B{0}", input_size=None),
        classifier(
            r"(GPUNet-\w+)",
            "{0}",
            year=2022,
            uses=(*OBJECTS, "low latency on NVIDIA GPUs", "TensorRT deployment"),
            input_size=None,
        ),
        Family(
            "nvidia_tacotron2",
            "speech synthesis: mel spectrogram from text",
            "Tacotron 2",
            ("LJ Speech",),
            ("reading text aloud in a female English voice", "first half of a speech synthesis pipeline"),
            ("en",),
        ),
        Family(
            "nvidia_fastpitch",
            "speech synthesis: mel spectrogram from text",
            "FastPitch",
            ("LJ Speech",),
            ("reading text aloud with control over pitch and pace", "fast parallel speech synthesis"),
            ("en",),
        ),
        Family(
            "nvidia_waveglow",
            "vocoder: speech waveform from a mel spectrogram",
            "WaveGlow",
            ("LJ Speech",),
            ("second half of a speech synthesis pipeline", "turning Tacotron 2 output into audio"),
            ("en",),
        ),
        Family(
            "nvidia_hifigan",
            "vocoder: speech waveform from a mel spectrogram",
            "HiFi-GAN",
            ("LJ Speech",),
            ("second half of a speech synthesis pipeline", "turning FastPitch output into audio"),
            ("en",),
        ),
        Family(
            "(electricity|traffic)",
            "time series forecasting",
            "Temporal Fusion Transformer",
            ("UCI {0}",),
            ("predicting {0} over the next hours", "forecasting several steps ahead with known inputs"),
            year=2019,
        ),
    ),
)
