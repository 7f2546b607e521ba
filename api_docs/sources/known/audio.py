"""What is known of torch.hub repositories for speech and music."""

from __future__ import annotations

from collections.abc import Mapping

from api_docs.sources.known.model import Choice, Family, Repository

_TTS_VOICES = (
    ("en", "v3_en"),
    ("en", "v3_en_indic"),
    ("en", "lj_16khz"),
    ("de", "v3_de"),
    ("de", "thorsten_16khz"),
    ("es", "v3_es"),
    ("fr", "v3_fr"),
    ("ru", "v4_ru"),
    ("ru", "v3_1_ru"),
    ("ua", "v4_ua"),
    ("uz", "v4_uz"),
    ("tt", "v3_tt"),
    ("xal", "v3_xal"),
    ("ba", "aigul_v2"),
    ("indic", "v4_indic"),
    ("cyrillic", "v4_cyrillic"),
)
_TTS_LANGUAGES = {
    "ba": ("Bashkir", ("ba",)),
    "cyrillic": ("minority languages written in Cyrillic", ("av", "ba", "cv", "kk", "tt", "udm")),
    "de": ("German", ("de",)),
    "en": ("English", ("en",)),
    "es": ("Spanish", ("es",)),
    "fr": ("French", ("fr",)),
    "indic": ("languages of India", ("hi", "ml", "bn", "ta", "te", "gu", "kn")),
    "ru": ("Russian", ("ru",)),
    "tt": ("Tatar", ("tt",)),
    "ua": ("Ukrainian", ("uk",)),
    "uz": ("Uzbek", ("uz",)),
    "xal": ("Kalmyk", ("xal",)),
}
_STT_LANGUAGES = {
    "en": ("English", "en"),
    "de": ("German", "de"),
    "es": ("Spanish", "es"),
    "ua": ("Ukrainian", "uk"),
}

_SILERO = Repository(
    publisher="Silero AI",
    license="cc-by-nc-sa-4.0",
    requirements=("torchaudio", "omegaconf", "soundfile"),
    choices=(
        Choice("silero_stt", ("language",), tuple((name,) for name in _STT_LANGUAGES)),
        Choice("silero_tts", ("language", "speaker"), _TTS_VOICES),
        Choice("silero_denoise", ("name",), (("small_slow",), ("large_fast",), ("small_fast",))),
    ),
    families=(
        *(
            Family(
                code,
                f"speech recognition in {language}",
                "Silero STT",
                (),
                (f"transcribing spoken {language}", "speech to text on a CPU", "subtitles, call transcripts"),
                (iso,),
            )
            for code, (language, iso) in _STT_LANGUAGES.items()
        ),
        Family(
            "en:v3_en_indic",
            "speech synthesis in English with Indian accents",
            "Silero TTS",
            (),
            ("reading English text aloud in Indian voices", "text to speech on a CPU"),
            ("en",),
        ),
        *(
            Family(
                rf"{code}:\w+",
                f"speech synthesis in {language}",
                "Silero TTS",
                (),
                (f"reading {language} text aloud", "text to speech on a CPU"),
                isos,
            )
            for code, (language, isos) in _TTS_LANGUAGES.items()
        ),
        Family(
            "silero_te",
            "punctuation and capitalisation of text",
            "Silero TE",
            (),
            ("restoring commas, full stops and capital letters", "cleaning up speech transcripts"),
            ("en", "de", "ru", "es"),
        ),
        Family(
            "(small|large)_(slow|fast)",
            "speech denoising",
            "Silero denoise, {0}",
            (),
            ("removing background noise from recordings", "making voices clearer", "{1} variant"),
        ),
    ),
)

_UMIX_USES = ("splitting a song into vocals, drums, bass and other instruments", "karaoke and remixes")

_OPEN_UNMIX = Repository(
    publisher="Inria",
    license="mit",
    signature="targets:list=None residual:bool=False niter:int=1 device:device='cpu' pretrained:bool=True "
    "filterbank:str='torch'",
    requirements=("torchaudio", "openunmix"),
    families=(
        *(
            Family(
                rf"{name}(?:_spec)?",
                "music source separation",
                "Open-Unmix, bidirectional LSTM",
                (dataset,),
                _UMIX_USES,
                year=2019,
            )
            for name, dataset in (("umxhq", "MUSDB18-HQ"), ("umx", "MUSDB18"))
        ),
        Family(
            r"umxl(_spec)?",
            "music source separation",
            "Open-Unmix L, bidirectional LSTM",
            ("400 hours of multi-track music",),
            (*_UMIX_USES, "best separation of the family"),
            year=2019,
            license="cc-by-nc-sa-4.0",
        ),
        Family(
            r"umxse(_spec)?",
            "speech enhancement",
            "Open-Unmix, bidirectional LSTM",
            ("VoiceBank+DEMAND",),
            ("separating a voice from background noise", "cleaning up speech recordings"),
            year=2020,
        ),
    ),
)

_SILERO_VAD = Repository(
    publisher="Silero AI",
    license="mit",
    families=(
        Family(
            "silero_vad",
            "voice activity detection",
            "Silero VAD",
            (),
            (
                "finding when somebody speaks in a recording",
                "cutting silence out of audio",
                "real time on one CPU thread",
            ),
            ("multilingual",),
        ),
    ),
)

AUDIO: Mapping[str, Repository] = {
    "sigsep/open-unmix-pytorch": _OPEN_UNMIX,
    "snakers4/silero-models": _SILERO,
    "snakers4/silero-vad": _SILERO_VAD,
}
