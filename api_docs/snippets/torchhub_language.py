"""What the entrypoints of torch.hub repositories for language return, and how that is used.

Keyed by the repository's name in lower case, present and former names alike. A recipe gives None where
the use by domain is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from api_docs.snippets.inputs import ARTICLE, Sample, sample, sample_in
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code
from api_docs.snippets.torchhub_tensors import IMPORT_TORCH, repository_of


def _fairseq(subject: Subject) -> Use:
    name = subject.text("model")
    recipe = next((recipe for pattern, recipe in _FAIRSEQ if re.fullmatch(pattern, name)), None)
    use = recipe(subject) if recipe else Use(code("print(model)"))
    return replace(use, after=code("model.eval()", use.after))


def _fill_mask(subject: Subject) -> Use:
    name = subject.text("model")
    language = {"camembert": "fr", "gottbert": "de"}.get(re.split(r"[-.]", name)[0], "en")
    chosen = sample_in(language)
    masked = chosen.sentence.replace(chosen.answer, "<mask>")
    # BART's interface takes and gives lists
    text = f"[{masked!r}]" if name.startswith("bart") else repr(masked)
    return Use(code(f"print(model.fill_mask({text}, topk=3))"))


_entailment = always(
    Use(
        code(
            "tokens = model.encode('Anna lives in Lisbon.', 'Anna lives in Portugal.')",
            "with torch.no_grad():",
            "    label = model.predict('mnli', tokens).argmax().item()",
            "print(['contradiction', 'neutral', 'entailment'][label])",
            imports=IMPORT_TORCH,
        )
    )
)

_pronoun = always(
    Use(
        code(
            "# does the word between underscores stand for the one in brackets?",
            "print(model.disambiguate_pronoun('The [nurse] helped Anna because _she_ was kind.'))",
        )
    )
)

_summary = always(
    Use(code("article = (", *ARTICLE, ")", "print(model.sample([article], beam=4, max_len_b=60))"))
)


def _continuation(subject: Subject) -> Use:
    found = re.search(r"\.(de|en|ru|ta|iu)(?:\.|$)", subject.text("model"))
    text = sample_in(found[1] if found else "en").fragment
    return Use(code(f"print(model.sample({text!r}, beam=1, max_len_b=20))"))


def _translation(subject: Subject) -> Use:
    found = re.search(r"\.([a-z]{2})-([a-z]{2})(?:\.|$)", subject.text("model"))
    return Use(code(f"print(model.translate({sample_in(found[1] if found else 'en').sentence!r}))"))


def _cross_lingual_features(subject: Subject) -> Use:
    extract = "model.extract_features(tokens)"
    if subject.text("model").startswith("xmod"):
        extract = "model.extract_features(tokens.unsqueeze(0), lang_id=['en_XX'])"
    return Use(
        code(
            f"tokens = model.encode({sample_in('en').sentence!r})",
            "with torch.no_grad():",
            f"    features = {extract}",
            "print(features.shape)  # one vector a token",
            imports=IMPORT_TORCH,
        )
    )


_FAIRSEQ: tuple[tuple[str, Recipe], ...] = (
    (r".*\.mnli", _entailment),
    (r"roberta\.large\.wsc", _pronoun),
    (r"(xmod|xlmr)\..*", _cross_lingual_features),
    (r"bart\.large\.(cnn|xsum)", _summary),
    (r"(roberta|bart|camembert|gottbert).*", _fill_mask),
    (r"(transformer_lm|conv\.stories).*", _continuation),
    (r"(transformer|conv|lightconv|dynamicconv)\..*", _translation),
)
"""Pattern of an entrypoint → its use, once the model is in evaluation mode."""


def _transformers(subject: Subject) -> Use:
    """huggingface/pytorch-transformers: the first argument after the entrypoint is the model's id."""
    name, chosen = subject.text("model"), sample(subject)
    if name == "tokenizer":
        return Use(code(f"print(model({chosen.sentence!r}))"), requirements=("transformers",))
    if name == "config":
        return Use(Code(("print(model)",)), requirements=("transformers",))
    text, result = _TRANSFORMERS.get(name, _ask_for_vectors)(chosen)
    return Use(
        code(
            f"tokenizer = torch.hub.load({repository_of(subject)}, 'tokenizer', {_pretrained(subject)})",
            f"inputs = tokenizer({text}, return_tensors='pt')",
            "model.eval()",
            "with torch.no_grad():",
            "    outputs = model(**inputs)",
            *result,
            imports=IMPORT_TORCH,
        ),
        requirements=("transformers",),
    )


def _pretrained(subject: Subject) -> str:
    """Source text of the pretrained model's id."""
    known = ("repo_or_dir", "model", *subject.entry.loader.parameters)
    named = (value for name, value in subject.bound.values.items() if name not in known)
    return next(iter((*subject.bound.surplus, *named)), "'bert-base-uncased'")


_Ask = Callable[[Sample], tuple[str, tuple[str, ...]]]
"""Gives the tokenizer's arguments as source text, and the lines that print the outputs."""


def _ask_for_answer(chosen: Sample) -> tuple[str, tuple[str, ...]]:
    return f"{chosen.question!r}, {chosen.sentence!r}", (
        "first, last = outputs.start_logits.argmax().item(), outputs.end_logits.argmax().item()",
        "print(tokenizer.decode(inputs['input_ids'][0][first : last + 1]))",
    )


def _ask_for_mask(chosen: Sample) -> tuple[str, tuple[str, ...]]:
    before, _, after = chosen.sentence.partition(chosen.answer)
    return f"{before!r} + tokenizer.mask_token + {after!r}", (
        "gap = (inputs['input_ids'][0] == tokenizer.mask_token_id).nonzero()[0].item()",
        "print(tokenizer.decode([outputs.logits[0, gap].argmax().item()]))",
    )


def _ask_for_next(chosen: Sample) -> tuple[str, tuple[str, ...]]:
    return repr(chosen.fragment), ("print(tokenizer.decode([outputs.logits[0, -1].argmax().item()]))",)


def _ask_for_class(chosen: Sample) -> tuple[str, tuple[str, ...]]:
    return repr(chosen.sentence), ("print(outputs.logits.softmax(dim=-1))",)


def _ask_for_vectors(chosen: Sample) -> tuple[str, tuple[str, ...]]:
    return repr(chosen.sentence), ("print(outputs.last_hidden_state.shape)",)


_TRANSFORMERS: Mapping[str, _Ask] = {
    "modelForCausalLM": _ask_for_next,
    "modelForMaskedLM": _ask_for_mask,
    "modelForQuestionAnswering": _ask_for_answer,
    "modelForSequenceClassification": _ask_for_class,
    "modelWithLMHead": _ask_for_mask,
}


REPOSITORIES: Mapping[str, Callable[[Subject], Use | None]] = {
    "facebookresearch/fairseq": _fairseq,
    "huggingface/pytorch-transformers": _transformers,
    "huggingface/transformers": _transformers,
    "pytorch/fairseq": _fairseq,
}
