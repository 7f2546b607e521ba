"""Inputs for snippets: made on the spot, so that a snippet needs no file and no download.

Every input says in a comment what to put in its place. Sentences and questions are our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from api_docs.domains import Domain
from api_docs.snippets.parts import Code, Subject, code


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence, a question that it answers, and the answer, one word of it."""

    sentence: str
    question: str
    answer: str

    @property
    def fragment(self) -> str:
        """The sentence up to the answer: something to continue."""
        return self.sentence.partition(self.answer)[0].strip() or self.sentence


_SAMPLES = {
    "ar": Sample("تعيش سارة في بغداد وتعمل طبيبة.", "أين تعيش سارة؟", "بغداد"),
    "bn": Sample("মীরা ঢাকায় থাকে এবং নার্স হিসেবে কাজ করে।", "মীরা কোথায় থাকে?", "ঢাকায়"),
    "ca": Sample("L'Anna viu a Girona i treballa d'infermera.", "On viu l'Anna?", "Girona"),
    "cs": Sample("Jana bydlí v Brně a pracuje jako lékařka.", "Kde bydlí Jana?", "Brně"),
    "da": Sample("Anna bor i Odense og arbejder som læge.", "Hvor bor Anna?", "Odense"),
    "de": Sample("Anna wohnt in Hamburg und arbeitet als Ärztin.", "Wo wohnt Anna?", "Hamburg"),
    "el": Sample("Η Άννα ζει στην Πάτρα και εργάζεται ως γιατρός.", "Πού ζει η Άννα;", "Πάτρα"),
    "en": Sample("Anna lives in Lisbon and works as a nurse.", "Where does Anna live?", "Lisbon"),
    "es": Sample("Ana vive en Sevilla y trabaja de enfermera.", "¿Dónde vive Ana?", "Sevilla"),
    "et": Sample("Anna elab Tartus ja töötab arstina.", "Kus Anna elab?", "Tartus"),
    "fa": Sample("سارا در شیراز زندگی می‌کند و پزشک است.", "سارا کجا زندگی می‌کند؟", "شیراز"),
    "fi": Sample("Anna asuu Turussa ja työskentelee lääkärinä.", "Missä Anna asuu?", "Turussa"),
    "fr": Sample("Anne habite à Lyon et travaille comme infirmière.", "Où habite Anne ?", "Lyon"),
    "he": Sample("אנה גרה בחיפה ועובדת כרופאה.", "איפה אנה גרה?", "בחיפה"),
    "hi": Sample("मीरा जयपुर में रहती है और नर्स का काम करती है।", "मीरा कहाँ रहती है?", "जयपुर"),
    "hu": Sample("Anna Szegeden él és orvosként dolgozik.", "Hol él Anna?", "Szegeden"),
    "id": Sample("Ani tinggal di Bandung dan bekerja sebagai perawat.", "Di mana Ani tinggal?", "Bandung"),
    "it": Sample("Anna vive a Torino e lavora come infermiera.", "Dove vive Anna?", "Torino"),
    "ja": Sample(
        "花子さんは京都に住んでいて、看護師として働いています。", "花子さんはどこに住んでいますか。", "京都"
    ),
    "ko": Sample("안나는 부산에 살고 간호사로 일합니다.", "안나는 어디에 삽니까?", "부산"),
    "nl": Sample("Anna woont in Utrecht en werkt als arts.", "Waar woont Anna?", "Utrecht"),
    "no": Sample("Anna bor i Bergen og jobber som lege.", "Hvor bor Anna?", "Bergen"),
    "pl": Sample("Anna mieszka w Gdańsku i pracuje jako lekarka.", "Gdzie mieszka Anna?", "Gdańsku"),
    "pt": Sample("A Ana mora em Coimbra e trabalha como enfermeira.", "Onde mora a Ana?", "Coimbra"),
    "ro": Sample("Ana locuiește în Cluj și lucrează ca medic.", "Unde locuiește Ana?", "Cluj"),
    "ru": Sample("Анна живёт в Казани и работает врачом.", "Где живёт Анна?", "Казани"),
    "sv": Sample("Anna bor i Lund och arbetar som läkare.", "Var bor Anna?", "Lund"),
    "ta": Sample("மீரா மதுரையில் வசிக்கிறாள்; அவள் ஒரு செவிலியர்.", "மீரா எங்கே வசிக்கிறாள்?", "மதுரையில்"),
    "th": Sample("แอนนาอยู่ที่เชียงใหม่และเป็นพยาบาล", "แอนนาอยู่ที่ไหน", "เชียงใหม่"),
    "tr": Sample("Ayşe İzmir'de yaşıyor ve hemşire olarak çalışıyor.", "Ayşe nerede yaşıyor?", "İzmir'de"),
    "uk": Sample("Анна живе у Львові й працює лікаркою.", "Де живе Анна?", "Львові"),
    "vi": Sample("Lan sống ở Huế và làm y tá.", "Lan sống ở đâu?", "Huế"),
    "zh": Sample("小明住在杭州，在一家医院当护士。", "小明住在哪里？", "杭州"),
}
_OTHER_NAMES = {
    "arabic": "ar",
    "chinese": "zh",
    "cn": "zh",
    "deu": "de",
    "dutch": "nl",
    "eng": "en",
    "english": "en",
    "fra": "fr",
    "french": "fr",
    "german": "de",
    "italian": "it",
    "ja-jp": "ja",
    "japanese": "ja",
    "jap": "ja",
    "korean": "ko",
    "portuguese": "pt",
    "rus": "ru",
    "russian": "ru",
    "spa": "es",
    "spanish": "es",
    "ua": "uk",
    "zho": "zh",
}


def language_code(name: str) -> str:
    """The two-letter code of a language that there is a sample of; English where there is none."""
    lowered = name.strip().lower()
    code_ = _OTHER_NAMES.get(lowered) or re.split(r"[-_]", lowered, maxsplit=1)[0]
    return code_ if code_ in _SAMPLES else "en"


def sample(subject: Subject) -> Sample:
    """The sample in a doc's language: English where it is one of several or unknown."""
    languages = subject.languages
    if not languages or "en" in languages or "english" in languages:
        return _SAMPLES["en"]
    return _SAMPLES[language_code(languages[0])]


def sample_in(language: str) -> Sample:
    """The sample in a language; English where there is none in it."""
    return _SAMPLES[language_code(language)]


def text(subject: Subject) -> str:
    """A sentence in the doc's language, as a string literal."""
    return repr(sample(subject).sentence)


IMAGE = code(
    "image = Image.new('RGB', (640, 480), 'steelblue')  # your picture: Image.open('photo.jpg')",
    imports=("from PIL import Image",),
)

ARTICLE = (
    "    'The town library reopened on Monday after two years of repairs. The roof was replaced, the '",
    "    'reading room got new windows, and a café was built beside the entrance. More than a thousand '",
    "    'people came on the first day, and the mayor promised longer opening hours in the winter.'",
)
"""Three sentences to summarise, as lines between parentheses."""

FLAT_IMAGE = "Image.new('RGB', (640, 480), 'steelblue')"


PICTURES = (
    Domain.IMAGE_CLASSIFICATION,
    Domain.IMAGE_SEGMENTATION,
    Domain.IMAGE_TO_IMAGE,
    Domain.IMAGE_FEATURE_EXTRACTION,
    Domain.OBJECT_DETECTION,
    Domain.DEPTH_ESTIMATION,
)
"""Domains whose models take one picture."""


def tone(rate: int = 16_000, seconds: int = 3) -> Code:
    """A 440 Hz sine wave, mono float32 in [-1, 1], and its sampling rate in Hz."""
    return code(
        f"rate = {rate}",
        f"seconds = np.arange({seconds} * rate) / rate",
        "# a plain tone; put your recording here: mono float32 at this rate",
        "waveform = (0.3 * np.sin(2 * np.pi * 440 * seconds)).astype('float32')",
        imports=("import numpy as np",),
    )


def clip(frames: int, size: int) -> Code:
    """A clip of random RGB frames: uint8 array (frames, height, width, 3)."""
    return code(
        "# noise in place of a clip: uint8 frames as (time, height, width, RGB)",
        "random = np.random.default_rng(0)",
        f"clip = random.integers(0, 256, ({frames}, {size}, {size}, 3), dtype='uint8')",
        imports=("import numpy as np",),
    )


TABLE = code(
    "table = pd.DataFrame(",
    "    {'city': ['Lisbon', 'Porto', 'Faro'], 'inhabitants': ['545000', '232000', '61000']}",
    ")",
    imports=("import pandas as pd",),
)
"""A table of strings, as table models want them."""

DOCUMENT = code(
    "image = Image.new('RGB', (640, 480), 'white')  # your document: Image.open('invoice.png')",
    "ImageDraw.Draw(image).text((40, 40), 'Total: 42 EUR', fill='black')",
    imports=("from PIL import Image, ImageDraw",),
)
