"""What the entrypoints of torch.hub repositories for speech, music and series return, and how that is used.

Keyed by the repository's name in lower case, present and former names alike. A recipe gives None where
the use by domain is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from api_docs.snippets.inputs import sample, sample_in, tone
from api_docs.snippets.parts import Subject, Use, always, code
from api_docs.snippets.torchhub_tensors import IMPORT_TORCH, picture_tensor, repository_of


def _umix(subject: Subject) -> Use:
    name = subject.text("model")
    speech = name.startswith("umxse")
    channels, rate = (1, 16_000) if speech else (2, 44_100)
    if name.endswith("_spec"):
        bins = 513 if speech else 2049
        return Use(
            code(
                f"spectrogram = torch.rand(1, {channels}, {bins}, 100)  # batch, channels, bins, frames",
                "with torch.no_grad():",
                "    parts = {part: net(spectrogram).shape for part, net in models.items()}",
                "print(parts)",
                imports=IMPORT_TORCH,
            ),
            target="models",
        )
    return Use(
        code(
            tone(rate),
            f"audio = torch.from_numpy(waveform).repeat(1, {channels}, 1)  # batch, channels, samples",
            "model.eval()",
            "with torch.no_grad():",
            "    parts = model(audio)  # batch, parts, channels, samples",
            "print(parts.shape)",
            imports=IMPORT_TORCH,
        )
    )


def _silero_models(subject: Subject) -> Use:
    return _SILERO.get(subject.text("model"), _silero_denoise)(subject)


_silero_stt = always(
    Use(
        code(
            tone(),
            "batch = torch.from_numpy(waveform).unsqueeze(0)  # (1, samples)",
            "with torch.no_grad():",
            "    output = model(batch)",
            "print(decoder(output[0].cpu()))",
            imports=IMPORT_TORCH,
        ),
        target="model, decoder, utils",
    )
)


def _silero_tts(subject: Subject) -> Use:
    speaker = subject.text("speaker")
    if re.fullmatch(r"(v[3-9]|multi).*", speaker):
        return Use(
            code(
                f"text = {sample(subject).sentence!r}",
                "speaker = model.speakers[0]",
                "audio = model.apply_tts(text=text, speaker=speaker, sample_rate=24000)",
                "print(audio.shape)",
            ),
            target="model, example_text",
        )
    return Use(
        code(
            "audio = apply_tts(",
            "    texts=[example_text],",
            "    model=model,",
            "    sample_rate=sample_rate,",
            "    symbols=symbols,",
            "    device=torch.device('cpu'),",
            ")",
            "print(audio[0].shape, sample_rate)",
            imports=IMPORT_TORCH,
        ),
        target="model, symbols, sample_rate, example_text, apply_tts",
    )


_silero_te = always(
    Use(
        code(
            "text = 'we met anna in lisbon last week she works as a nurse'",
            "print(apply_te(text, lan='en'))",
        ),
        target="model, example_texts, languages, punctuation, apply_te",
    )
)


_silero_denoise = always(
    Use(
        code(
            tone(24_000),
            "with torch.no_grad():",
            "    clean = model(torch.from_numpy(waveform).unsqueeze(0))",
            "print(clean.shape)",
            imports=IMPORT_TORCH,
        ),
        target="model, samples, utils",
    )
)


_SILERO: Mapping[str, Callable[[Subject], Use]] = {
    "silero_stt": _silero_stt,
    "silero_tts": _silero_tts,
    "silero_te": _silero_te,
    "silero_denoise": _silero_denoise,
}


_silero_vad = always(
    Use(
        code(
            tone(),
            "get_speech_timestamps = utils[0]",
            "speech = get_speech_timestamps(torch.from_numpy(waveform), model, sampling_rate=rate)",
            "print('speech from and to sample:', speech)",
            imports=IMPORT_TORCH,
        ),
        target="model, utils",
    )
)


_nvidia_ssd = always(
    Use(
        code(
            picture_tensor(300, 300),
            "model.eval()",
            "with torch.no_grad():",
            "    boxes, classes = model((picture * 2 - 1).unsqueeze(0))",
            "print(boxes.shape, classes.shape)",
        )
    )
)


_MEL = code(
    "spectrogram = torch.rand(1, 80, 100)  # log-mel: batch, 80 bands, frames; a TTS model makes it",
    imports=IMPORT_TORCH,
)


def _nvidia(subject: Subject) -> Use | None:
    found = _NVIDIA.get(subject.text("model"))
    return found(subject) if found else None


def _tacotron2(subject: Subject) -> Use:
    return Use(
        code(
            f"utils = torch.hub.load({repository_of(subject)}, 'nvidia_tts_utils')",
            f"tokens, lengths = utils.prepare_input_sequence([{sample_in('en').sentence!r}], cpu_run=True)",
            "model.eval()",
            "with torch.no_grad():",
            "    spectrogram, _, _ = model.infer(tokens, lengths)",
            "print(spectrogram.shape)  # a vocoder such as nvidia_waveglow turns it into sound",
            imports=IMPORT_TORCH,
        )
    )


_waveglow = always(
    Use(
        code(
            _MEL,
            "model.eval()",
            "with torch.no_grad():",
            "    audio = model.infer(spectrogram)",
            "print(audio.shape)",
        )
    )
)


_hifigan = always(
    Use(
        code(
            _MEL,
            "model.eval()",
            "with torch.no_grad():",
            "    audio = model(spectrogram)",
            "print(audio.shape)",
        ),
        target="model, train_setup, denoiser",
    )
)


_fastpitch = always(
    Use(
        code(
            "# ids of text symbols; nvidia_textprocessing_utils of the same repository makes them from text",
            "tokens = torch.arange(40, 60).unsqueeze(0)",
            "model.eval()",
            "with torch.no_grad():",
            "    spectrogram, lengths, *_ = model(tokens)",
            "print(spectrogram.shape)  # a vocoder such as nvidia_hifigan turns it into sound",
            imports=IMPORT_TORCH,
        ),
        target="model, train_setup",
    )
)


_tft = always(
    Use(
        code(
            "# one series of 192 hours: which household, three known features, the consumption so far",
            "inputs = {",
            "    's_cat': torch.zeros(1, 192, 1, dtype=torch.long),",
            "    'k_cont': torch.zeros(1, 192, 3),",
            "    'target': torch.zeros(1, 192, 1),",
            "}",
            "model.eval()",
            "with torch.no_grad():",
            "    quantiles = model(inputs)",
            "print(quantiles.shape)",
            imports=IMPORT_TORCH,
        )
    )
)


_NVIDIA: Mapping[str, Callable[[Subject], Use]] = {
    "nvidia_fastpitch": _fastpitch,
    "nvidia_hifigan": _hifigan,
    "nvidia_ssd": _nvidia_ssd,
    "nvidia_tacotron2": _tacotron2,
    "nvidia_tft": _tft,
    "nvidia_waveglow": _waveglow,
}


REPOSITORIES: Mapping[str, Callable[[Subject], Use | None]] = {
    "nvidia/deeplearningexamples": _nvidia,
    "sigsep/open-unmix-pytorch": _umix,
    "snakers4/silero-models": _silero_models,
    "snakers4/silero-vad": _silero_vad,
}
