"""Guesses of languages, and texts too short to guess by."""

from __future__ import annotations

import pytest

from finetune.instructions.tongue import guess_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("My tenants send me voice messages and I can't listen to them at work.", "en"),
        ("Necesito que alguien lea en voz alta los menús para mi abuela", "es"),
        ("Je veux que les photos de ma boutique soient plus nettes", "fr"),
        ("Ich möchte, dass die Fotos von unserem Hof schärfer sind", "de"),
        ("Quero que o aplicativo leia as mensagens para mim", "pt"),
        ("Vorrei che le foto del mio negozio siano più nitide", "it"),
        ("把会议录音转成文字，再发给我", "zh"),
        ("会議の録音を文字にしてください", "ja"),
        ("회의 녹음을 글로 바꿔 주세요", "ko"),
        ("Переведи письма моей бабушки", "ru"),
        ("terse: depth map", None),
        ("42 + 1?!", None),
        ("Translate “guten Morgen” into Spanish, it is for my class and I have no time", "en"),
        ("What does 你好 mean? I got it in a letter from my aunt", "en"),
    ],
)
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert guess_language(text) == language
