"""TFHub models that are not used as their domain would say: known by their handles."""

from __future__ import annotations

from api_docs.snippets.inputs import FLAT_IMAGE, clip, sample, tone
from api_docs.snippets.parts import Recipe, Subject, Use, always, code
from api_docs.snippets.tfhub_tensors import IMPORT_TF, image_tensor, signatures_of, waveform_batch

_SERVING = "run = {signatures}['serving_default']"


_yamnet = always(
    Use(
        code(
            tone(),
            "scores, embeddings, spectrogram = model(waveform)",
            "print('class', int(tf.argmax(tf.reduce_mean(scores, axis=0))))",
            imports=IMPORT_TF,
        )
    )
)


_vggish = always(
    Use(code(tone(), "embeddings = model(waveform)  # one vector a second", "print(embeddings.shape)"))
)


def _spice(subject: Subject) -> Use:
    return Use(
        code(
            tone(),
            _SERVING.format(signatures=signatures_of(subject)),
            "found = run(tf.constant(waveform))",
            "print(found['pitch'], found['uncertainty'])",
            imports=IMPORT_TF,
        )
    )


_trill = always(
    Use(
        code(
            waveform_batch(),
            "embedding = model(samples=waveforms, sample_rate=rate)['embedding']",
            "print(embedding.shape)",
        )
    )
)


def _whale(subject: Subject) -> Use:
    return Use(
        code(
            tone(10_000),
            f"score = {signatures_of(subject)}['score']",
            "found = score(",
            "    waveform=tf.constant(waveform[None, :, None]),",
            "    context_step_samples=tf.constant(rate, tf.int64),",
            ")",
            "print(found)",
            imports=IMPORT_TF,
        )
    )


def _movenet(subject: Subject) -> Use:
    size = 192 if "lightning" in subject.model_id else 256
    return Use(
        code(
            image_tensor(subject),
            f"images = tf.cast(tf.image.resize_with_pad(images * 255, {size}, {size}), tf.int32)",
            _SERVING.format(signatures=signatures_of(subject)),
            "keypoints = run(images)['output_0']  # y, x and confidence of 17 joints",
            "print(keypoints.shape)",
        )
    )


def _stylize(subject: Subject) -> Use:
    call = "model"
    if subject.entry.loader.name == "hub.load" and subject.model_id.endswith("/1"):
        call = "model.signatures['default']"
    return Use(
        code(
            image_tensor(subject),
            f"style = tf.constant(np.array({FLAT_IMAGE}.resize((256, 256)), np.float32)[None] / 255)",
            f"stylized = {call}(images, style)[0]  # your own picture in the style of the other",
            "print(stylized.shape)",
        )
    )


def _interpolate(subject: Subject) -> Use:
    return Use(
        code(
            image_tensor(subject),
            "# two frames, and the moment between them: 0.5 is half way",
            "frames = {'x0': images, 'x1': images[:, :, ::-1], 'time': tf.constant([[0.5]])}",
            "between = model(frames)['image']",
            "print(between.shape)",
        )
    )


def _enlarge(subject: Subject) -> Use:
    return Use(
        code(
            image_tensor(subject),
            "larger = model(images * 255)  # four times the sides, values up to 255",
            "print(larger.shape)",
        )
    )


def _depth(subject: Subject) -> Use:
    return Use(
        code(
            image_tensor(subject),
            "images = tf.image.resize(images, [384, 384])",
            _SERVING.format(signatures=signatures_of(subject)),
            "depth = run(tf.transpose(images, [0, 3, 1, 2]))['default']  # colours before rows and columns",
            "print(depth.shape)",
        )
    )


def _biggan(subject: Subject) -> Use:
    latent = {"biggan-128": 120, "biggan-deep": 128, "biggan-256": 140, "biggan-512": 128}
    size = next((value for name, value in latent.items() if name in subject.model_id), 120)
    return Use(
        code(
            f"noise = 0.5 * tf.random.truncated_normal([1, {size}])",
            "label = tf.one_hot([207], 1000)  # which of ImageNet's 1,000 classes to paint",
            f"paint = {signatures_of(subject)}['default']",
            "images = paint(z=noise, y=label, truncation=tf.constant(0.5))",
            "print(images)",
            imports=IMPORT_TF,
        )
    )


def _bigbigan(subject: Subject) -> Use:
    return Use(
        code(
            f"generate = {signatures_of(subject)}['generate']",
            "images = generate(tf.random.normal([1, 120]))",
            "print(images)",
            imports=IMPORT_TF,
        )
    )


def _aesthetics(subject: Subject) -> Use:
    return Use(
        code(
            "file = io.BytesIO()",
            f"{FLAT_IMAGE}.save(file, 'JPEG')  # your picture's bytes",
            _SERVING.format(signatures=signatures_of(subject)),
            "print(run(image_bytes_tensor=tf.constant(file.getvalue())))",
            imports=("import io", "from PIL import Image", *IMPORT_TF),
        )
    )


def _delf(subject: Subject) -> Use:
    return Use(
        code(
            image_tensor(subject),
            f"describe = {signatures_of(subject)}['default']",
            "found = describe(",
            "    image=images[0],",
            "    image_scales=tf.constant([0.5, 1.0]),",
            "    score_threshold=tf.constant(100.0),",
            "    max_feature_num=tf.constant(1000),",
            ")",
            "print(sorted(found))",
        )
    )


def _local_linearity(subject: Subject) -> Use:
    return Use(
        code(
            image_tensor(subject),
            f"classify = {signatures_of(subject)}['default']",
            "print(classify(x=images * 2 - 1, decay_rate=tf.constant(0.1)))",
        )
    )


def _video_and_text(subject: Subject) -> Use:
    return Use(
        code(
            clip(32, 200),
            "frames = tf.constant(clip[None] / 255.0, tf.float32)  # (1, time, height, width, RGB)",
            f"watch = {signatures_of(subject)}['video']",
            "print(sorted(watch(frames)))",
            imports=IMPORT_TF,
        )
    )


def _movinet(subject: Subject) -> Use:
    if "/stream/" not in subject.model_id:
        return Use(
            code(
                clip(8, 172),
                "frames = tf.constant(clip[None] / 255.0, tf.float32)  # (1, time, height, width, RGB)",
                "scores = model({'image': frames})",
                "print('class', int(tf.argmax(scores[0])))",
                imports=IMPORT_TF,
            )
        )
    return Use(
        code(
            clip(8, 172),
            "frames = tf.constant(clip[None] / 255.0, tf.float32)  # (1, time, height, width, RGB)",
            f"start = {signatures_of(subject)}['init_states']",
            "states = start(tf.shape(frames))",
            "scores, states = model({**states, 'image': frames})  # the states go into the next call",
            "print('class', int(tf.argmax(scores[0])))",
            imports=IMPORT_TF,
        )
    )


_channels_first_video = always(
    Use(
        code(
            clip(32, 224),
            "frames = tf.constant(clip[None].transpose(0, 4, 1, 2, 3) / 255.0, tf.float32)",
            "output = model(frames)  # (batch, RGB, time, height, width) in",
            "print(output.shape)",
            imports=IMPORT_TF,
        )
    )
)


def _flat_video(subject: Subject) -> Use:
    return Use(
        code(
            clip(16, 224),
            "frames = tf.constant(clip / 255.0, tf.float32)  # (time, height, width, RGB), no batch",
            f"watch = {signatures_of(subject)}['default']",
            "print(watch(frames))",
            imports=IMPORT_TF,
        )
    )


_enformer = always(
    Use(
        code(
            "# 393,216 bases, one-hot in the order A, C, G, T",
            "bases = tf.one_hot(np.random.default_rng(0).integers(0, 4, (1, 393_216)), 4)",
            "tracks = model.model.predict_on_batch(bases)",
            "print({species: values.shape for species, values in tracks.items()})",
            imports=("import numpy as np", *IMPORT_TF),
        )
    )
)


_align = always(
    Use(
        code(
            "# ids of two proteins' amino acids, padded to 512",
            "pair = np.zeros((2, 512), dtype=np.float32)",
            "pair[:, :50] = np.random.default_rng(0).integers(1, 21, (2, 50))",
            "found = model(tf.constant(pair))",
            "print(sorted(found))",
            imports=("import numpy as np", *IMPORT_TF),
        )
    )
)


_soundstream = always(
    Use(
        code(
            "spectrogram = tf.random.normal([1, 100, 128])  # log-mel: batch, frames, 128 bands",
            "audio = model(spectrogram)",
            "print(audio.shape)",
            imports=IMPORT_TF,
        )
    )
)


def _language_model(subject: Subject) -> Use:
    return Use(
        code(
            f"embed = {signatures_of(subject)}['word_embeddings']",
            f"print(embed(tf.constant([{sample(subject).sentence!r}])))",
            imports=(*IMPORT_TF, "import tensorflow_text"),
        )
    )


_survey = always(
    Use(
        code(
            "maps = model(tf.constant([[0.26, 0.84]]))  # matter density, amplitude of fluctuations",
            "print(maps.shape)",
            imports=IMPORT_TF,
        )
    )
)


def _ulmfit(subject: Subject) -> Use:
    return Use(
        code(
            f"encode = {signatures_of(subject)}['string_encoder']",
            f"print(encode(tf.constant([{sample(subject).sentence!r}])))",
            imports=(*IMPORT_TF, "import tensorflow_text"),
        )
    )


def _transcribe(subject: Subject) -> Use:
    return Use(
        code(
            waveform_batch(),
            _SERVING.format(signatures=signatures_of(subject)),
            "scores = run(waveforms)['output_0']  # scores of letters; a decoder makes words of them",
            "print(scores.shape)",
        )
    )


def fill_signature(subject: Subject) -> Use:
    """Zeros (empty texts) for whatever the model's signature asks for."""
    return Use(
        code(
            f"signatures = {signatures_of(subject)}",
            "run = signatures[next(iter(signatures))]",
            "# zeros and empty texts in the shapes that the model asks for; put your data here",
            "inputs = {",
            "    name: tf.zeros([side or 1 for side in spec.shape], spec.dtype)",
            "    for name, spec in run.structured_input_signature[1].items()",
            "}",
            "print(run(**inputs))",
            imports=IMPORT_TF,
        )
    )


HANDLES: tuple[tuple[str, Recipe], ...] = (
    (r"/yamnet/", _yamnet),
    (r"/vggish/", _vggish),
    (r"google/spice/", _spice),
    (r"nonsemantic-speech-benchmark/trill(-distilled)?/", _trill),
    (r"humpback_whale", _whale),
    (r"silero-stt", _transcribe),
    (r"soundstream/", _soundstream),
    (r"movenet/", _movenet),
    (r"arbitrary-image-stylization", _stylize),
    (r"google/film/", _interpolate),
    (r"esrgan", _enlarge),
    (r"intel/midas", _depth),
    (r"bigbigan", _bigbigan),
    (r"biggan", _biggan),
    (r"kids-cgan", _survey),
    (r"musiq/", _aesthetics),
    (r"delf/", _delf),
    (r"local-linearity/", _local_linearity),
    (r"deepmind/(mil-nce|mmv)/", _video_and_text),
    (r"movinet/", _movinet),
    (r"swin_\w+_patch244_", _channels_first_video),
    (r"tiny_video_net", _flat_video),
    (r"enformer", _enformer),
    (r"google/dedal/", _align),
    (r"deepmind/mmt/|nascarr/nq/|prvi/tf2nq/", fill_signature),
    (r"wiki40b-lm", _language_model),
    (r"ulmfit", _ulmfit),
)
"""Pattern of the handle → its use; the first that is found."""
