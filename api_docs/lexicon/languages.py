"""Language codes and their names. Knows ISO 639-1, and the longer codes that model cards use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_CODES = """
af Afrikaans|am Amharic|ar Arabic|as Assamese|ast Asturian|av Avar|az Azerbaijani|ba Bashkir
be Belarusian|bg Bulgarian|bm Bambara|bn Bengali|bo Tibetan|br Breton|bs Bosnian|ca Catalan|ceb Cebuano
ckb Central Kurdish|co Corsican|cs Czech|cv Chuvash|cy Welsh|da Danish|de German|dv Dhivehi|dz Dzongkha
ee Ewe|el Greek|en English|eo Esperanto|es Spanish|et Estonian|eu Basque|fa Persian|ff Fulah|fi Finnish
fil Filipino|fj Fijian|fo Faroese|fr French|fy Frisian|ga Irish|gd Scottish Gaelic|gl Galician
gn Guarani|grc Ancient Greek|gu Gujarati|gv Manx|ha Hausa|hak Hakka|haw Hawaiian|he Hebrew|hi Hindi
hmn Hmong|hr Croatian|hsb Upper Sorbian|ht Haitian Creole|hu Hungarian|hy Armenian|ia Interlingua
id Indonesian|ig Igbo|ilo Ilocano|is Icelandic|it Italian|iu Inuktitut|ja Japanese|jv Javanese
ka Georgian|kab Kabyle|kg Kongo|ki Kikuyu|kk Kazakh|km Khmer|kn Kannada|ko Korean|ku Kurdish|ky Kyrgyz
la Latin|lb Luxembourgish|lg Ganda|ln Lingala|lo Lao|lt Lithuanian|lv Latvian|lzh Classical Chinese
mg Malagasy|mi Maori|mk Macedonian|ml Malayalam|mn Mongolian|mr Marathi|ms Malay|mt Maltese|my Burmese
nan Hokkien|nb Norwegian|ne Nepali|nl Dutch|nn Norwegian|no Norwegian|nso Northern Sotho|ny Chichewa
oc Occitan|om Oromo|or Odia|os Ossetian|pa Punjabi|pcm Nigerian Pidgin|pl Polish|ps Pashto|pt Portuguese
qu Quechua|rm Romansh|rn Rundi|ro Romanian|ru Russian|rw Kinyarwanda|sa Sanskrit|sah Yakut|sc Sardinian
scn Sicilian|sd Sindhi|sg Sango|si Sinhala|sk Slovak|sl Slovenian|sm Samoan|sn Shona|so Somali
sq Albanian|sr Serbian|ss Swati|st Sotho|su Sundanese|sv Swedish|sw Swahili|ta Tamil|te Telugu|tg Tajik
th Thai|ti Tigrinya|tk Turkmen|tl Tagalog|tn Tswana|tr Turkish|ts Tsonga|tt Tatar|tum Tumbuka|tw Twi
udm Udmurt|ug Uyghur|uk Ukrainian|ur Urdu|uz Uzbek|vec Venetian|vi Vietnamese|war Waray|wo Wolof
xal Kalmyk|xh Xhosa|yi Yiddish|yo Yoruba|yue Cantonese|zh Chinese|zu Zulu|ace Acehnese|hk Hokkien
nds Low German|tpi Tok Pisin|pap Papiamento|lij Ligurian|bcl Bikol|crs Seychellois Creole|efi Efik
gil Gilbertese|guw Gun|ho Hiri Motu|iso Isoko|kqn Kaonde|kwy San Salvador Kongo|loz Lozi|lua Luba-Lulua
lue Luvale|lun Lunda|luo Luo|mfe Mauritian Creole|mh Marshallese|niu Niuean|pag Pangasinan|pis Pijin
pon Pohnpeian|srn Sranan Tongo|swc Congo Swahili|tiv Tiv|tvl Tuvaluan|tyv Tuvan|umb Umbundu|yap Yapese
"""
LANGUAGES: Mapping[str, str] = {
    code: name
    for entry in _CODES.replace("\n", "|").split("|")
    if entry
    for code, _, name in [entry.partition(" ")]
}
"""Code → English name."""

GROUPS: Mapping[str, str] = {
    "mul": "many languages",
    "multilingual": "many languages",
    "multi": "many languages",
    "gem": "Germanic languages",
    "roa": "Romance languages",
    "romance": "Romance languages",
    "sla": "Slavic languages",
    "ine": "Indo-European languages",
    "sem": "Semitic languages",
    "trk": "Turkic languages",
    "dra": "Dravidian languages",
    "afa": "Afro-Asiatic languages",
    "inc": "Indic languages",
    "indic": "Indic languages",
    "code": "program code",
}
"""Groups of languages, which models name like a language."""

_ALIASES: Mapping[str, str] = {
    "cn": "zh",
    "jp": "ja",
    "iw": "he",
    "jw": "jv",
    "kr": "ko",
    "ua": "uk",
    "vn": "vi",
    "cmn": "zh",
    "zhs": "zh",
    "zht": "zh",
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "rus": "ru",
    "jpn": "ja",
    "kor": "ko",
    "zho": "zh",
    "false": "no",  # what YAML makes of Norwegian
}
_BY_NAME = {name.lower(): name for name in LANGUAGES.values()}
_CODE_OF = {name.lower(): code for code, name in reversed(list(LANGUAGES.items()))}


def language_name(code: str) -> str | None:
    """The name of a code (`pt-BR` → Portuguese), of a group, or of itself; None for anything else."""
    key = re.split(r"[-_]", code.strip().lower())[0]
    key = _ALIASES.get(key, key)
    return LANGUAGES.get(key) or GROUPS.get(key) or _BY_NAME.get(code.strip().lower())


def language_names(values: Iterable[str]) -> tuple[str, ...]:
    """Distinct names in order; what is no language is left out."""
    return tuple(dict.fromkeys(name for value in values if (name := language_name(value))))


_IN_NAMES: Mapping[str, str] = {
    # parts of models' names that tell a language
    "barthez": "fr",
    "bertimbau": "pt",
    "beto": "es",
    "camembert": "fr",
    "deutsch": "de",
    "fra": "fr",
    "gbert": "de",
    "gelectra": "de",
    "germeval": "de",
    "gnad": "de",
    "indobert": "id",
    "kobart": "ko",
    "koelectra": "ko",
    "koreapas": "ko",
    "korquad": "ko",
    "orangesum": "fr",
    "rubert": "ru",
    "rudialogpt": "ru",
    "rudialogpt3": "ru",
    "rugpt2": "ru",
    "rusum": "ru",
    "rut5": "ru",
    "vietnamese": "vi",
}
_CODES_IN_NAMES = re.compile(
    r"ar|bn|cs|da|de|el|en|es|et|eu|fa|fi|fr|he|hi|hu|it|ja|ko|mr|nl|pl|pt|ro|ru|ta|te|th|tr|uk|ur|vi|zh"
)


def languages_of_name(name: str) -> tuple[str, ...]:
    """Codes of the languages that a model's name tells, by a language's name, a code or a known word."""
    words = [word for word in re.split(r"[-_.\s]+", name) if word]
    found: list[str] = []
    for place, word in enumerate(words):
        lowered = word.lower()
        if lowered in _CODE_OF or lowered in _IN_NAMES:
            found.append(_CODE_OF.get(lowered) or _IN_NAMES[lowered])
        elif place and _CODES_IN_NAMES.fullmatch(word) and not (word == "it" and place == len(words) - 1):
            # at the end, `it` is for models that follow instructions
            found.append(word)
    if any(word.lower().startswith("multiling") for word in words):
        found.append("multilingual")
    return tuple(dict.fromkeys(found))
