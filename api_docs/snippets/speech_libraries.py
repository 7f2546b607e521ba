"""How models of libraries for speech and sound are used: SpeechBrain, pyannote, NeMo, fairseq."""

from __future__ import annotations

import re
from collections.abc import Mapping

from api_docs.domains import Domain
from api_docs.snippets.inputs import sample, text, tone
from api_docs.snippets.parts import Code, Recipe, Subject, Use, code

_TORCH = ("import torch",)

BATCH = code(
    tone(),
    "recordings = torch.from_numpy(waveform)[None]  # (1, samples)",
    "lengths = torch.tensor([1.0])  # share of the longest recording",
    imports=_TORCH,
)

FILE = code(
    tone(),
    "soundfile.write('recording.wav', waveform, rate)  # your recording",
    imports=("import soundfile",),
)


def speechbrain(subject: Subject) -> Use:
    """The use of a SpeechBrain interface: by class, and by domain where a class serves several."""
    if subject.owner == "EncoderClassifier" and subject.domain in _EMBEDDING_DOMAINS:
        return Use(code(BATCH, "vectors = model.encode_batch(recordings, lengths)", "print(vectors.shape)"))
    lines = next((lines for pattern, lines in _SPEECHBRAIN if re.fullmatch(pattern, subject.owner)), None)
    if lines is not None:
        return Use(lines)
    if re.fullmatch(r"(MS)?Tacotron2|FastSpeech2\w*", subject.owner):
        return _synthesis(subject)
    return Use(Code(("print(model)",)))


_EMBEDDING_DOMAINS = (Domain.AUDIO_FEATURE_EXTRACTION, Domain.FEATURE_EXTRACTION)

_SPEECHBRAIN: tuple[tuple[str, Code], ...] = (
    (
        r"(Encoder|Audio)Classifier",
        code(BATCH, "_, score, _, label = model.classify_batch(recordings, lengths)", "print(label, score)"),
    ),
    (
        r"(SpectralMask|Waveform|SGMSE)Enhancement",
        code(BATCH, "clean = model.enhance_batch(recordings, lengths=lengths)", "print(clean.shape)"),
    ),
    (
        r"SepformerSeparation|separator",
        code(BATCH, "parts = model.separate_batch(recordings)", "print(parts.shape)  # (1, samples, parts)"),
    ),
    (
        r"(EncoderDecoder|Encoder|Whisper)ASR",
        code(BATCH, "words, _ = model.transcribe_batch(recordings, lengths)", "print(words)"),
    ),
    (r"StreamingASR|SpeechLLMASR", code(FILE, "print(model.transcribe_file('recording.wav'))")),
    (
        r"SpeakerRecognition",
        code(BATCH, "score, same = model.verify_batch(recordings, recordings.flip(1))", "print(score, same)"),
    ),
    (r"VAD", code(FILE, "print(model.get_speech_segments('recording.wav'))")),
    (r"EndToEndSLU", code(BATCH, "meaning, _ = model.decode_batch(recordings, lengths)", "print(meaning)")),
    (r"EncoderDecoderS2UT", code(FILE, "print(model.translate_file('recording.wav'))")),
    (r"GraphemeToPhoneme", code("print(model.g2p('To be or not to be'))")),
    (
        r"WaveformEncoder",
        code(BATCH, "vectors = model.encode_batch(recordings, lengths)", "print(vectors.shape)"),
    ),
    (
        r"MelSpectrogramEncoder",
        code(BATCH, "vector = model.encode_waveform(recordings)", "print(vector.shape)"),
    ),
    (
        r"Speech_Emotion_Diarization",
        code(FILE, "print(model.diarize_file('recording.wav'))"),
    ),
    (
        r"HIFIGAN|DiffWaveVocoder",
        code(
            "spectrogram = torch.randn(1, 80, 100)  # log-mel: batch, 80 bands, frames",
            "audio = model.decode_batch(spectrogram)",
            "print(audio.shape)",
            imports=_TORCH,
        ),
    ),
    (
        r"UnitHIFIGAN",
        code(
            "units = torch.randint(0, 100, (1, 50))  # ids of speech units",
            "audio = model.decode_batch(units)",
            "print(audio.shape)",
            imports=_TORCH,
        ),
    ),
)


def _synthesis(subject: Subject) -> Use:
    vocoder = "# spectrograms in; a vocoder such as HIFIGAN makes sound of them"
    sentence = text(subject)
    if subject.owner == "MSTacotron2":
        run = f"spectrograms, *_ = model.generate_random_voice([{sentence}])"
    elif subject.owner == "Tacotron2":
        run = f"spectrograms, lengths, alignments = model.encode_text({sentence})"
    else:
        run = f"spectrograms, *_ = model.encode_text([{sentence}])"
    return Use(code(vocoder.replace("in; a", "out; a"), run, "print(spectrograms.shape)"))


_PYANNOTE_INPUT = code(
    tone(seconds=10),
    "recording = {'waveform': torch.from_numpy(waveform)[None], 'sample_rate': rate}",
    imports=_TORCH,
)


def pyannote(subject: Subject) -> Use:
    """The use of a pyannote pipeline or model."""
    if subject.owner == "Pipeline":
        return Use(code(_PYANNOTE_INPUT, "print(model(recording))"))
    return Use(
        code(
            _PYANNOTE_INPUT,
            "infer = Inference(model)",
            "print(infer(recording))",
            imports=("from pyannote.audio import Inference",),
        )
    )


def nemo(subject: Subject) -> Use:
    """The use of a NeMo model, by class."""
    name = subject.owner.rpartition(".")[2]
    if re.search(r"PunctuationCapitalization", name):
        return Use(
            code("print(model.add_punctuation_capitalization(['anna lives in lisbon']))"),
            requirements=("nemo_toolkit[all]<2",),
        )
    if re.search(r"SpeakerLabel", name):
        return Use(code(FILE, "print(model.get_embedding('recording.wav').shape)"))
    if re.search(r"Classification|Label", name):
        return Use(code(FILE, "print(model.infer_file('recording.wav'))"))
    if subject.domain is Domain.TEXT_TO_SPEECH and not re.search(r"HifiGan|WaveGlow|UnivNet|GAN", name):
        return Use(
            code(
                f"tokens = model.parse({text(subject)})",
                "spectrogram = model.generate_spectrogram(tokens=tokens)",
                "print(spectrogram.shape)  # a vocoder such as HifiGanModel makes sound of it",
            )
        )
    if re.search(r"HifiGan|WaveGlow|UnivNet|GAN", name):
        return Use(
            code(
                "spectrogram = torch.randn(1, 80, 100)  # log-mel: batch, 80 bands, frames",
                "print(model.convert_spectrogram_to_audio(spec=spectrogram).shape)",
                imports=_TORCH,
            )
        )
    return Use(code(FILE, "print(model.transcribe(['recording.wav']))"))


def fairseq(subject: Subject) -> Use:
    """The use of a fairseq model from the hub: speech out of text, or text or speech out of speech."""
    if subject.domain in (Domain.TEXT_TO_SPEECH, Domain.TEXT_TO_AUDIO):
        interface, module = "TTSHubInterface", "text_to_speech"
        body = code(
            f"{interface}.update_cfg_with_data_cfg(config, task.data_cfg)",
            "generator = task.build_generator(models, config)",
            f"inputs = {interface}.get_model_input(task, {sample(subject).sentence!r})",
            f"audio, rate = {interface}.get_prediction(task, models[0], generator, inputs)",
            "print(audio.shape, rate)",
        )
    else:
        interface, module = "S2THubInterface", "speech_to_text"
        body = code(
            FILE,
            "generator = task.build_generator(models, config)",
            f"inputs = {interface}.get_model_input(task, 'recording.wav')",
            f"print({interface}.get_prediction(task, models[0], generator, inputs))",
        )
    return Use(
        code(body, imports=(f"from fairseq.models.{module}.hub_interface import {interface}",)),
        target="models, config, task",
    )


RECIPES: Mapping[str, Recipe] = {
    "from_hparams": speechbrain,
    "pyannote.from_pretrained": pyannote,
    "nemo.from_pretrained": nemo,
    "load_model_ensemble_and_task_from_hf_hub": fairseq,
}
