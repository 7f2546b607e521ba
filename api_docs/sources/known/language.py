"""What is known of torch.hub repositories for language: fairseq and transformers."""

from __future__ import annotations

from collections.abc import Mapping

from api_docs.sources.known.model import Choice, Family, Repository

_MASKED = ("filling in a masked word", "features for fine-tuning on text classification")
_FAIRSEQ = Repository(
    publisher="Facebook AI",
    license="mit",
    former=("pytorch/fairseq",),
    requirements=("bitarray", "sacremoses"),
    same={"camembert": "camembert-base", "camembert.v0": "camembert-base"},
    families=(
        *(
            Family(
                rf"{prefix}\.(?:no_glu\.|glu\.)?(wmt|iwslt)(\d\d)\.(\w\w)-(\w\w){suffix}",
                "machine translation from {2} to {3}",
                f"{architecture}{variant}",
                ("{0:u} 20{1}",),
                ("translating {2} text into {3}", *uses),
                ("{2}", "{3}"),
            )
            for prefix, architecture in (
                ("transformer", "Transformer"),
                ("conv", "convolutional sequence-to-sequence model"),
                ("lightconv", "LightConv, lightweight convolutions"),
                ("dynamicconv", "DynamicConv, dynamic convolutions"),
            )
            for suffix, variant, uses in (
                ("", "", ()),
                (r"\.single_model", ", single model", ("translating with one model, no ensemble",)),
                (r"\.news", "", ("news",)),
                (r"\.nh", "", ("parliamentary debates",)),
            )
        ),
        Family(
            r"transformer\.flores101\.mm100\.(\d+M)",
            "machine translation between 101 languages",
            "Transformer, {0} parameters",
            ("CCMatrix", "CCAligned"),
            ("translating between low-resource languages with one model",),
            ("multilingual",),
            year=2021,
        ),
        Family(
            r"transformer_lm\.wmt\d\d\.(\w\w)(?:\.\w+)?",
            "{0} text generation",
            "Transformer language model",
            ("News Crawl",),
            ("continuing a {0} text", "scoring how fluent a {0} sentence is"),
            ("{0}",),
        ),
        Family(
            "transformer_lm.gbw.adaptive_huge",
            "English text generation",
            "Transformer language model with adaptive inputs, 1,026M parameters",
            ("Google Billion Words",),
            ("scoring sentences", "continuing a text"),
            ("en",),
            year=2018,
        ),
        Family(
            "transformer_lm.wiki103.adaptive",
            "English text generation",
            "Transformer language model with adaptive inputs, 247M parameters",
            ("WikiText-103",),
            ("scoring sentences", "continuing an encyclopedic text"),
            ("en",),
            year=2018,
        ),
        Family(
            r"conv\.stories(?:\.pretrained)?",
            "story generation",
            "convolutional sequence-to-sequence model",
            ("WritingPrompts",),
            ("writing a story from a prompt", "creative writing"),
            ("en",),
            year=2018,
        ),
        Family(
            "bart.large.(cnn|xsum)",
            "text summarisation",
            "BART large",
            ("{0:u}",),
            ("shortening news articles", "abstractive summaries"),
            ("en",),
            year=2019,
        ),
        *(
            Family(
                f"{name}.large.mnli",
                "natural language inference",
                f"{architecture} large",
                ("MultiNLI",),
                (
                    "judging whether one sentence entails or contradicts another",
                    "zero-shot text classification",
                ),
                ("en",),
                year=2019,
                num_classes=3,
            )
            for name, architecture in (("bart", "BART"), ("roberta", "RoBERTa"))
        ),
        Family(
            "roberta.large.wsc",
            "pronoun disambiguation",
            "RoBERTa large",
            ("Winograd Schema Challenge",),
            ("finding what a pronoun refers to", "coreference resolution"),
            ("en",),
            year=2019,
        ),
        Family(
            r"bart\.(base|large)",
            "text-to-text pre-training",
            "BART {0}",
            (),
            ("filling in missing spans of text", "fine-tuning for summarisation or question answering"),
            ("en",),
            year=2019,
        ),
        Family(
            r"roberta\.(base|large)",
            "masked language modelling",
            "RoBERTa {0}",
            (),
            _MASKED,
            ("en",),
            year=2019,
        ),
        Family(
            r"camembert-(base|large)(?:-(\w+))?(?:-4gb)?",
            "French masked language modelling",
            "CamemBERT {0}, RoBERTa for French",
            ("{1}",),
            _MASKED,
            ("fr",),
            year=2019,
        ),
        Family(
            "gottbert-base",
            "German masked language modelling",
            "GottBERT base, RoBERTa for German",
            ("OSCAR",),
            _MASKED,
            ("de",),
            year=2020,
        ),
        Family(
            r"xlmr\.(base|large|xl|xxl)",
            "multilingual masked language modelling",
            "XLM-RoBERTa {0}",
            ("CommonCrawl",),
            (*_MASKED, "one model for 100 languages", "cross-lingual transfer"),
            ("multilingual",),
            year=2019,
        ),
        Family(
            r"xmod\.base\.(\d\d)\.(\d+)k",
            "multilingual masked language modelling",
            "X-MOD base for {0} languages, {1},000 steps",
            ("CommonCrawl",),
            (*_MASKED, "cross-lingual transfer", "adding languages later"),
            ("multilingual",),
            year=2022,
        ),
        Family(
            r"xmod\.(base|large)(?:\.prenorm)?",
            "multilingual masked language modelling",
            "X-MOD {0} for 81 languages, modules for each of them",
            ("CommonCrawl",),
            (*_MASKED, "cross-lingual transfer", "adding languages later"),
            ("multilingual",),
            year=2022,
        ),
    ),
)

_CHECKPOINTS = {
    "model": ("bert-base-uncased", "bert-base-cased"),
    "modelForCausalLM": ("gpt2",),
    "modelForMaskedLM": ("bert-base-cased", "bert-base-uncased"),
    "modelForSequenceClassification": ("bert-base-cased-finetuned-mrpc",),
    "modelForQuestionAnswering": ("bert-large-uncased-whole-word-masking-finetuned-squad",),
}
"""Checkpoints that pytorch/hub's page loads with the head that they were trained for. Others would come
with a head of random weights, paths of files on the user's disk load nothing of upstream's."""

_TRANSFORMERS = Repository(
    publisher="Hugging Face",
    license="apache-2.0",
    former=("huggingface/pytorch-transformers", "huggingface/pytorch-pretrained-BERT"),
    signature="pretrained_model_name_or_path:str output_attentions:bool=False "
    "output_hidden_states:bool=False",
    choices=tuple(
        Choice(
            entrypoint,
            ("pretrained_model_name_or_path",),
            tuple((name,) for name in names),
            positional=True,
        )
        for entrypoint, names in _CHECKPOINTS.items()
    ),
    families=(
        Family(
            r"model:bert-base-(\w+)",
            "text encoding",
            "BERT base {0}",
            ("Wikipedia", "BookCorpus"),
            ("sentence and token features for fine-tuning", "text classification, search, tagging"),
            ("en",),
            2018,
        ),
        Family(
            "modelForCausalLM:gpt2",
            "text generation",
            "GPT-2",
            ("WebText",),
            ("continuing a text", "writing assistance"),
            ("en",),
            2019,
        ),
        Family(
            r"modelForMaskedLM:bert-base-(\w+)",
            "masked language modelling",
            "BERT base {0}",
            ("Wikipedia", "BookCorpus"),
            ("filling in a masked word",),
            ("en",),
            2018,
        ),
        Family(
            "modelForSequenceClassification:bert-base-cased-finetuned-mrpc",
            "paraphrase detection",
            "BERT base cased",
            ("MRPC",),
            ("judging whether two sentences mean the same",),
            ("en",),
            2018,
            num_classes=2,
        ),
        Family(
            "modelForQuestionAnswering:bert-large-uncased-whole-word-masking-finetuned-squad",
            "extractive question answering",
            "BERT large uncased, whole word masking",
            ("SQuAD",),
            ("answering questions from a given paragraph",),
            ("en",),
            2018,
        ),
    ),
)

LANGUAGE: Mapping[str, Repository] = {
    "facebookresearch/fairseq": _FAIRSEQ,
    "huggingface/transformers": _TRANSFORMERS,
}
