"""How transformers' classes for speech and sound are used, and those for series and agents."""

from __future__ import annotations

import re

from api_docs.domains import Domain
from api_docs.snippets.inputs import sample, text, tone
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code
from api_docs.snippets.text_heads import run, tokenized

_MOVE = ".to(model.device, model.dtype)"


def heard(subject: Subject, processor: str = "AutoFeatureExtractor", rate: int = 16_000) -> Code:
    """A recording and the tensors that the model's own processor makes of it."""
    # processors of several kinds of input take sound by name only
    sound = "waveform" if processor == "AutoFeatureExtractor" else "audio=waveform"
    return code(
        tone(subject.number("sample_rate", rate)),
        f"processor = {processor}.from_pretrained({subject.companion})",
        f"inputs = processor({sound}, sampling_rate=rate, return_tensors='pt'){_MOVE}",
        imports=("import torch", f"from transformers import {processor}"),
    )


def classify(subject: Subject) -> Use:
    """What a recording holds."""
    return Use(
        code(
            heard(subject),
            run("scores", "model(**inputs).logits[0].softmax(dim=-1)"),
            "print(model.config.id2label[scores.argmax().item()], scores.max().item())",
        )
    )


def transcribe_letters(subject: Subject) -> Use:
    """A transcript from letters that are recognised one by one."""
    return Use(
        code(
            heard(subject, "AutoProcessor"),
            run("letters", "model(**inputs).logits.argmax(dim=-1)"),
            "print(processor.batch_decode(letters)[0])",
        )
    )


def transcribe(subject: Subject) -> Use:
    """A transcript that is written word by word."""
    return Use(
        code(
            heard(subject, "AutoProcessor"),
            "words = model.generate(**inputs)",
            "print(processor.batch_decode(words, skip_special_tokens=True)[0])",
        )
    )


def voice_print(subject: Subject) -> Use:
    """A vector that tells speakers apart."""
    return Use(code(heard(subject), run("vector", "model(**inputs).embeddings"), "print(vector.shape)"))


def who_speaks(subject: Subject) -> Use:
    """Who speaks in every frame."""
    return Use(
        code(
            heard(subject),
            run("speaking", "model(**inputs).logits.sigmoid() > 0.5"),
            "print(speaking.shape)  # (1, frames, speakers)",
        )
    )


def features(subject: Subject) -> Use:
    """Vectors that describe a recording."""
    return Use(
        code(
            heard(subject),
            run("states", "model(**inputs).last_hidden_state"),
            "print(states.shape)",
        )
    )


def speak(subject: Subject) -> Use:
    """Speech or music out of text."""
    if re.search(r"vits|mms-tts", f"{subject.owner} {subject.model_id}", re.IGNORECASE):
        return Use(
            code(
                tokenized(subject, text(subject)),
                run("audio", "model(**inputs).waveform[0]"),
                "print(audio.shape, 'samples at', model.config.sampling_rate, 'Hz')",
            )
        )
    music = (
        "musicgen" in f"{subject.owner} {subject.model_id}".lower() or subject.domain is Domain.TEXT_TO_AUDIO
    )
    words = "'a calm piano piece'" if music else text(subject)
    length = ", max_new_tokens=256" if music else ""
    return Use(
        code(
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(text=[{words}], padding=True, return_tensors='pt').to(model.device)",
            f"audio = model.generate(**inputs{length})",
            "print(audio.shape)",
            imports=("from transformers import AutoProcessor",),
        )
    )


def speak_as(subject: Subject) -> Use:
    """SpeechT5 speaks with a voice that a vector describes."""
    audio = "ToSpeech" in subject.owner and "SpeechToSpeech" in subject.owner
    ready = (
        heard(subject, "AutoProcessor")
        if audio
        else code(
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(text={text(subject)}, return_tensors='pt').to(model.device)",
            imports=("import torch", "from transformers import AutoProcessor"),
        )
    )
    given = "inputs['input_values']" if audio else "inputs['input_ids']"
    return Use(
        code(
            ready,
            "voice = torch.zeros(1, 512)  # an x-vector of the speaker; zeros give a flat voice",
            f"spectrogram = model.generate_speech({given}, voice)",
            "print(spectrogram.shape)  # SpeechT5HifiGan turns it into sound",
        )
    )


def seamless(subject: Subject) -> Use:
    """SeamlessM4T translates speech and text into each other."""
    if "SpeechTo" in subject.owner or subject.domain is Domain.AUTOMATIC_SPEECH_RECOGNITION:
        ready = heard(subject, "AutoProcessor")
    else:
        ready = code(
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            f"inputs = processor(text={sample(subject).sentence!r}, src_lang='eng', return_tensors='pt')",
            imports=("from transformers import AutoProcessor",),
        )
    if subject.domain is Domain.AUTOMATIC_SPEECH_RECOGNITION:
        # the model of all tasks speaks unless it is told not to, and gives more than the words
        whole = subject.owner.endswith("Model")
        call = "generate_speech=False).sequences" if whole else ")"
        return Use(
            code(
                ready,
                f"words = model.generate(**inputs, tgt_lang='eng'{', ' if whole else ''}{call}",
                "print(processor.batch_decode(words, skip_special_tokens=True)[0])",
            )
        )
    return Use(code(ready, "output = model.generate(**inputs, tgt_lang='fra')", "print(output[0].shape)"))


def match_sound(subject: Subject) -> Use:
    """Which of some texts fits a sound."""
    return Use(
        code(
            tone(48_000),
            "labels = ['a dog barking', 'a tone']",
            f"processor = AutoProcessor.from_pretrained({subject.companion})",
            "inputs = processor(",
            "    text=labels, audio=waveform, sampling_rate=rate, padding=True, return_tensors='pt'",
            ").to(model.device)",
            run("scores", "model(**inputs).logits_per_audio[0].softmax(dim=-1)"),
            "print(dict(zip(labels, scores.tolist())))",
            imports=("from transformers import AutoProcessor",),
        )
    )


def encode_sound(subject: Subject) -> Use:
    """A neural codec: sound to codes and back."""
    return Use(
        code(
            tone(24_000),
            f"processor = AutoFeatureExtractor.from_pretrained({subject.companion})",
            "inputs = processor(waveform, sampling_rate=rate, return_tensors='pt').to(model.device)",
            run("encoded", "model.encode(inputs['input_values'])"),
            "print(encoded.audio_codes.shape)",
            imports=("from transformers import AutoFeatureExtractor",),
        )
    )


def forecast(subject: Subject) -> Use:
    """The next values of a series."""
    if re.match(r"PatchTS", subject.owner):
        return Use(
            code(
                "# zeros in place of your series: (1, steps, channels)",
                "past = torch.zeros(1, model.config.context_length, model.config.num_input_channels)",
                run("future", "model(past_values=past).prediction_outputs"),
                "print(future.shape)",
            )
        )
    if re.match(r"TimesFm", subject.owner):
        return Use(
            code(
                "past = [torch.sin(torch.arange(128) / 8)]  # your series",
                run("future", "model(past_values=past).mean_predictions"),
                "print(future.shape)",
            )
        )
    return Use(
        code(
            "config = model.config",
            "steps = config.context_length + max(config.lags_sequence)",
            "future = model.generate(",
            "    past_values=torch.zeros(1, steps),  # your series",
            "    past_time_features=torch.zeros(1, steps, config.num_time_features),",
            "    past_observed_mask=torch.ones(1, steps),",
            "    future_time_features=torch.zeros(1, config.prediction_length, config.num_time_features),",
            ").sequences",
            "print(future.shape)  # (1, samples, steps to come)",
            imports=("import torch",),
        )
    )


decide = always(
    Use(
        code(
            "config = model.config",
            "batch = {",
            "    'states': torch.zeros(1, 1, config.state_dim),",
            "    'actions': torch.zeros(1, 1, config.act_dim),",
            "    'rewards': torch.zeros(1, 1, 1),",
            "    'returns_to_go': torch.ones(1, 1, 1),  # the return that is wanted",
            "    'timesteps': torch.zeros(1, 1, dtype=torch.long),",
            "    'attention_mask': torch.ones(1, 1),",
            "}",
            run("outputs", "model(**batch)"),
            "print('action:', outputs.action_preds[0, -1])",
        )
    )
)
"""The next action of a decision transformer."""


HEADS: tuple[tuple[str, Recipe], ...] = (
    (
        r"(Whisper|Speech2Text|Moonshine|Lasr\w*|Pop2Piano)ForConditionalGeneration",
        transcribe,
    ),
    (r"\w*(ForSpeechSeq2Seq|ForSpeechToText|ForTDT|ForRNNT)|SpeechEncoderDecoderModel", transcribe),
    (r"SeamlessM4T\w*", seamless),
    (r"SpeechT5For(TextToSpeech|SpeechToSpeech)", speak_as),
    (r"\w*ForCTC", transcribe_letters),
    (r"\w*(ForAudioClassification|ForSpeechClassification)", classify),
    (
        r"(Wav2Vec2|Hubert|WavLM|Data2VecAudio|UniSpeech|SEW|Whisper|AST)\w*ForSequenceClassification",
        classify,
    ),
    (r"\w*(ForAudioXVector|ForXVector)", voice_print),
    (r"\w*ForAudioFrameClassification", who_speaks),
    (
        r"VitsModel|Bark\w*|Musicgen\w*|Dia\w*|\w*ForTextTo(Waveform|Spectrogram)|FastSpeech2Conformer\w*",
        speak,
    ),
    (r"ClapModel", match_sound),
    (r"(Encodec|Dac|Mimi)Model|AutoModelForAudioTokenization", encode_sound),
    (
        r"(Wav2Vec2|Wav2Vec2Conformer|Hubert|WavLM|Data2VecAudio|UniSpeech|SEW|AST)\w*(Model|ForPreTraining)",
        features,
    ),
    (r"\w*ForPrediction|AutoModelForTimeSeriesPrediction", forecast),
    (r"DecisionTransformerModel", decide),
)
"""Pattern of a class name → its use with sound, series or states."""
