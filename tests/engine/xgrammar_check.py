"""Ask the real xgrammar what it makes of a grammar. Runs in the engine's environment, not in ours.

Reads a JSON object a line from standard input and writes one a line:

- `{"grammar": …, "texts": […]}` → `{"accepted": [true, …]}`: which of the texts are whole answers;
- `{"grammar": …, "seeds": […], "tokens": …}` → `{"written": ["…", …]}`: what a model without sense writes,
  every token chosen at random of those that the mask allows, up to its end or so many tokens.

The vocabulary is every byte, and tokens that reach over what the grammar's rules end at.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import xgrammar

END = 0
WORDS = (
    "', ",
    "')",
    "=",
    ", ",
    ")\n",
    "=True",
    "='",
    ")\n<<<",
    "', '",
    "0.5",
    "torch.",
    "None",
    "'cuda",
    "The",
    " the",
    "],",
)
VOCABULARY = [b"</s>", *(bytes([value]) for value in range(256)), *(word.encode() for word in WORDS)]
TOKENS = xgrammar.TokenizerInfo(VOCABULARY, vocab_type=xgrammar.VocabType.RAW, stop_token_ids=[END])
COMPILER = xgrammar.GrammarCompiler(TOKENS, max_threads=1)


def accepts(grammar: xgrammar.CompiledGrammar, text: str) -> bool:
    """Whether a text is a whole answer."""
    matcher = xgrammar.GrammarMatcher(grammar)
    return matcher.accept_string(text) and matcher.is_completed()


def written(grammar: xgrammar.CompiledGrammar, seed: int, tokens: int) -> str:
    """What random choices among the allowed tokens make."""
    rng = random.Random(seed)  # noqa: S311
    matcher = xgrammar.GrammarMatcher(grammar)
    mask = xgrammar.allocate_token_bitmask(1, len(VOCABULARY))
    found = b""
    for _ in range(tokens):
        matcher.fill_next_token_bitmask(mask)
        words = mask[0].tolist()
        allowed = [token for token in range(len(VOCABULARY)) if words[token // 32] >> token % 32 & 1]
        token = rng.choice(allowed)
        assert matcher.accept_token(token), f"the mask allows {VOCABULARY[token]!r}, the matcher doesn't"
        if token == END:
            break
        found += VOCABULARY[token]
    return found.decode("utf-8", "replace")


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """One line's answer."""
    grammar = COMPILER.compile_grammar(question["grammar"])
    if "texts" in question:
        return {"accepted": [accepts(grammar, text) for text in question["texts"]]}
    return {"written": [written(grammar, seed, question["tokens"]) for seed in question["seeds"]]}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
