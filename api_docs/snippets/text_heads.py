"""How transformers' classes for text and tables are used."""

from __future__ import annotations

import re

from api_docs.domains import Domain
from api_docs.snippets.inputs import ARTICLE, TABLE, sample, sample_in, text
from api_docs.snippets.parts import Code, Recipe, Subject, Use, code
from api_docs.snippets.pipelines import MANY_LANGUAGES, languages_of, prefixed
from api_docs.snippets.releases import BEFORE_5

_TORCH = ("import torch",)
_TOKENIZER = ("import torch", "from transformers import AutoTokenizer")


def tokenized(subject: Subject, *texts: str, options: str = "", before: Code | None = None) -> Code:
    """The model's tokenizer and its tensors of some texts (source text), on the model's device."""
    given = "".join(f"{value}, " for value in texts)
    return code(
        f"tokenizer = AutoTokenizer.from_pretrained({subject.companion})",
        before or Code(),
        f"inputs = tokenizer({given}{options}return_tensors='pt').to(model.device)",
        imports=_TOKENIZER,
    )


def run(result: str, call: str = "model(**inputs)") -> Code:
    """Run the model without gradients: `result` names what the call gives."""
    return code("with torch.no_grad():", f"    {result} = {call}", imports=_TORCH)


def classify(subject: Subject) -> Use:
    """A text's class; for zero-shot models, whether the text implies a label's sentence."""
    if subject.domain is Domain.ZERO_SHOT_CLASSIFICATION:
        return Use(
            code(
                tokenized(subject, text(subject), "'This text is about work.'"),
                run("scores", "model(**inputs).logits[0].softmax(dim=-1)"),
                "print(dict(zip(model.config.id2label.values(), scores.tolist())))",
            )
        )
    if subject.domain in (Domain.TEXT_RANKING, Domain.QUESTION_ANSWERING):
        chosen = sample(subject)
        return Use(
            code(
                tokenized(subject, repr(chosen.question), repr(chosen.sentence)),
                run("scores", "model(**inputs).logits"),
                "print(scores)  # the higher, the better the text answers the question",
            )
        )
    return Use(
        code(
            tokenized(subject, text(subject)),
            run("scores", "model(**inputs).logits[0].softmax(dim=-1)"),
            "print(model.config.id2label[scores.argmax().item()], scores.max().item())",
        )
    )


def tag(subject: Subject) -> Use:
    """A label for every token."""
    return Use(
        code(
            tokenized(subject, text(subject)),
            run("labels", "model(**inputs).logits[0].argmax(dim=-1)"),
            "tokens = tokenizer.convert_ids_to_tokens(inputs['input_ids'][0])",
            "print([(token, model.config.id2label[label.item()]) for token, label in zip(tokens, labels)])",
        )
    )


def answer(subject: Subject) -> Use:
    """The part of a text that answers a question."""
    chosen = sample(subject)
    return Use(
        code(
            tokenized(subject, repr(chosen.question), repr(chosen.sentence)),
            run("outputs"),
            "first, last = outputs.start_logits.argmax().item(), outputs.end_logits.argmax().item()",
            "print(tokenizer.decode(inputs['input_ids'][0][first : last + 1]))",
        )
    )


def fill_mask(subject: Subject) -> Use:
    """The likeliest word in a gap."""
    before, _, after = sample(subject).sentence.partition(sample(subject).answer)
    return Use(
        code(
            tokenized(subject, f"{before!r} + tokenizer.mask_token + {after!r}"),
            run("scores", "model(**inputs).logits[0]"),
            "gap = (inputs['input_ids'][0] == tokenizer.mask_token_id).nonzero()[0].item()",
            "print(tokenizer.decode([scores[gap].argmax().item()]))",
        )
    )


def continue_text(subject: Subject) -> Use:
    """A continuation; for conversations, a reply."""
    chosen = sample(subject)
    prompt = repr(chosen.fragment)
    if subject.domain is Domain.CONVERSATIONAL:
        prompt = f"{chosen.question!r} + (tokenizer.eos_token or '')"
    elif subject.domain is Domain.QUESTION_ANSWERING:
        prompt = repr(chosen.question)
    elif subject.domain is Domain.TRANSLATION:
        prompt = repr(f"Translate to French: {sample_in('en').sentence}")
    return Use(
        code(
            tokenized(subject, prompt),
            "output = model.generate(**inputs, max_new_tokens=40)",
            "print(tokenizer.decode(output[0], skip_special_tokens=True))",
        )
    )


def rewrite(subject: Subject) -> Use:
    """What an encoder-decoder makes of a text: a translation, a summary, an answer, a reply."""
    if subject.domain is Domain.TABLE_QUESTION_ANSWERING:
        return _ask_table_by_writing(subject)
    if subject.domain is Domain.TRANSLATION:
        return _translate(subject)
    chosen = sample(subject)
    if subject.domain is Domain.SUMMARIZATION:
        ready = code("article = (", *ARTICLE, ")")
        given = "'summarize: ' + article" if prefixed(subject, "") else "article"
    else:
        ready = Code()
        given = {
            Domain.QUESTION_ANSWERING: repr(f"question: {chosen.question} context: {chosen.sentence}"),
            Domain.CONVERSATIONAL: repr(chosen.question),
        }.get(subject.domain, repr(prefixed(subject, chosen.sentence)))
    return Use(
        code(
            tokenized(subject, given, before=ready),
            "output = model.generate(**inputs, max_new_tokens=60)",
            "print(tokenizer.decode(output[0], skip_special_tokens=True))",
        )
    )


def _translate(subject: Subject) -> Use:
    source, _ = languages_of(subject)
    sentence = prefixed(subject, sample_in(source).sentence)
    codes = next(
        (codes for pattern, codes in MANY_LANGUAGES if re.search(pattern, subject.model_id.lower())), None
    )
    choose, target = Code(), ""
    if codes is not None:
        token = f"__{codes[1]}__" if codes[0] == "en" else codes[1]
        choose = code(
            f"tokenizer.src_lang = {codes[0]!r}", f"french = tokenizer.convert_tokens_to_ids({token!r})"
        )
        target = ", forced_bos_token_id=french"
    return Use(
        code(
            tokenized(subject, repr(sentence), before=choose),
            f"output = model.generate(**inputs{target}, max_new_tokens=60)",
            "print(tokenizer.decode(output[0], skip_special_tokens=True))",
        ),
        requirements=("sentencepiece",),
    )


def _ask_table_by_writing(subject: Subject) -> Use:
    return Use(
        code(
            TABLE,
            tokenized(subject, options="table=table, query='How many inhabitants does Porto have?', "),
            "output = model.generate(**inputs, max_new_tokens=20)",
            "print(tokenizer.decode(output[0], skip_special_tokens=True))",
        ),
        requirements=(BEFORE_5,),
        notes=("Tokenizers that read tables as TAPEX does left transformers with release 5.",),
    )


def ask_table(subject: Subject) -> Use:
    """The cells of a table that answer a question."""
    return Use(
        code(
            TABLE,
            tokenized(
                subject,
                options="table=table, queries=['How many inhabitants does Porto have?'], ",
            ),
            run("outputs"),
            "cells = tokenizer.convert_logits_to_predictions(inputs, outputs.logits.cpu())[0][0]",
            "print([table.iat[cell] for cell in cells])",
        )
    )


def embed(subject: Subject) -> Use:
    """One vector for a text: the mean of its tokens' vectors."""
    network = "model.get_encoder()(**inputs)" if _is_encoder_decoder(subject) else "model(**inputs)"
    return Use(
        code(
            tokenized(subject, text(subject)),
            run("states", f"{network}.last_hidden_state"),
            "print(states.mean(dim=1).shape)",
        )
    )


def _is_encoder_decoder(subject: Subject) -> bool:
    """Whether a bare model would want the decoder's input as well."""
    if re.fullmatch(r"(M?T5|UMT5|LongT5|ByT5|Marian|M?Bart|Pegasus|M2M100|Blenderbot)Model", subject.owner):
        return True
    return subject.owner == "AutoModel" and subject.domain in (
        Domain.TRANSLATION,
        Domain.SUMMARIZATION,
        Domain.TEXT2TEXT_GENERATION,
    )


def pool(subject: Subject) -> Use:
    """The pooled vector of an encoder that is trained for retrieval."""
    return Use(
        code(
            tokenized(subject, repr(sample(subject).question)),
            run("vector", "model(**inputs).pooler_output"),
            "print(vector.shape)",
        )
    )


def choose(subject: Subject) -> Use:
    """Which of two endings fits."""
    chosen = sample(subject)
    choices = f"[{chosen.answer!r}, 'banana']"
    return Use(
        code(
            tokenized(subject, f"[{chosen.question!r}] * 2", choices, options="padding=True, "),
            "batch = {name: value.unsqueeze(0) for name, value in inputs.items()}",
            run("scores", "model(**batch).logits[0]"),
            "print(scores.softmax(dim=-1))",
        )
    )


def next_sentence(subject: Subject) -> Use:
    """Whether a second sentence follows the first."""
    chosen = sample(subject)
    return Use(
        code(
            tokenized(subject, repr(chosen.sentence), repr(chosen.question)),
            run("scores", "model(**inputs).logits"),
            "print(scores.softmax(dim=-1))  # follows, does not follow",
        )
    )


def pretraining(subject: Subject) -> Use:
    """What a model with its pre-training heads gives: named tensors."""
    return Use(
        code(
            tokenized(subject, text(subject)),
            run("outputs"),
            "print({name: value.shape for name, value in outputs.items() if hasattr(value, 'shape')})",
        )
    )


def tokenizer_only(subject: Subject) -> Use:
    """A tokenizer by itself."""
    return Use(code(f"print(tokenizer({text(subject)}))"), target="tokenizer")


HEADS: tuple[tuple[str, Recipe], ...] = (
    (r"\w*Tokenizer(Fast)?", tokenizer_only),
    (r"\w*ForSequenceClassification", classify),
    (r"\w*ForTokenClassification", tag),
    (r"Tapas\w*|AutoModelForTableQuestionAnswering", ask_table),
    (r"\w*ForQuestionAnswering(Simple)?", answer),
    (r"\w*ForMaskedLM", fill_mask),
    (r"\w*(ForCausalLM|LMHeadModel|LMHeadModelWithPast)", continue_text),
    (r"AutoModelWithLMHead", rewrite),
    (r"\w*(ForSeq2SeqLM|ForConditionalGeneration|MTModel)|EncoderDecoderModel", rewrite),
    (r"DPR\w+Encoder", pool),
    (r"\w*ForMultipleChoice", choose),
    (r"\w*ForNextSentencePrediction", next_sentence),
    (r"\w*ForPreTraining", pretraining),
    (r"AutoModelForTextEncoding", embed),
)
"""Pattern of a class name → its use with text."""
