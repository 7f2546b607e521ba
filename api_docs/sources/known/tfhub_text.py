"""What is known of tfhub.dev's text models, by handle."""

from __future__ import annotations

from dataclasses import replace

from api_docs.sources.known.model import Family

_WORDS = ("sentiment analysis", "text classification with little data", "similarity of short texts")
_SENTENCES = ("semantic search", "finding similar sentences", "clustering texts", "text classification")
_ACROSS = ("comparing sentences across languages", "finding translations", "multilingual semantic search")
_ANSWERS = ("finding the passage that answers a question", "searching a list of frequent questions")
_ENCODER = (
    "fine-tuning for text classification, question answering or tagging",
    "word and sentence features",
)
_SUMMARY = ("shortening articles", "writing headlines")

_TASKS = tuple(
    Family(pattern, functionality, uses=uses, language=language)
    for pattern, functionality, uses, language in (
        (r".*/([\w-]+?)[_-]preprocess", "tokenisation for {0}", (), ()),
        (
            r"google/universal-sentence-encoder.*-qa.*|google/LAReQA/.*",
            "question answer retrieval",
            _ANSWERS,
            (),
        ),
        (r"google/LAReQA/.*", "", ("answers in another language than the question",), ()),
        (r"google/universal-sentence-encoder(?:-large|-lite)?", "sentence embedding", _SENTENCES, ()),
        (
            r"google/universal-sentence-encoder-(?:multilingual|xling).*",
            "multilingual sentence embedding",
            (*_ACROSS, *_SENTENCES),
            (),
        ),
        (r"google/universal-sentence-encoder-cmlm/en-.*", "sentence embedding", _SENTENCES, ()),
        (
            r"google/universal-sentence-encoder-cmlm/multi.*",
            "multilingual sentence embedding",
            (*_ACROSS, *_SENTENCES),
            ("multilingual",),
        ),
        (
            r"(?:google/LaBSE|google/LEALLA/.*|jeongukjae/smaller_LaBSE_15lang)",
            "multilingual sentence embedding",
            _ACROSS,
            (),
        ),
        (r"google/sentence-t5/.*", "sentence embedding", _SENTENCES, ("en",)),
        (
            r"google/gtr/.*",
            "passage retrieval embedding",
            ("searching documents by question", "semantic search"),
            ("en",),
        ),
        (r"jeongukjae/distilkobert_sentence_encoder", "Korean sentence embedding", _SENTENCES, ()),
        (
            r"universaldot/udot_scann",
            "similar text search",
            ("finding the nearest texts in a collection",),
            (),
        ),
        (r"google/(?:tf2-preview/)?nnlm-.*|.*gnews-swivel.*", "word and sentence embedding", _WORDS, ()),
        (r".*-with-normalization", "", ("punctuation is removed first",), ()),
        (r"google/random-nnlm-.*", "untrained word embedding", ("a baseline for trained embeddings",), ()),
        (
            r"google/Wiki-words-.*|callmemehdi/word2vec_swahili",
            "word embedding",
            ("similarity of words", *_WORDS),
            (),
        ),
        (r"callmemehdi/word2vec_swahili", "", (), ("sw",)),
        (r"google/universal-sentence-encoder-xling/(\w\w)-(\w\w)", "", (), ("{0}", "{1}")),
        (r"google/universal-sentence-encoder-xling-many|google/bert_multi_.*", "", (), ("multilingual",)),
        (r"tensorflow/cord-19/.*", "word embedding", ("medical papers about COVID-19",), ()),
        (r"google/elmo", "contextual word embedding", _ENCODER, ()),
        (r"edrone/ulmfit/.*", "language model encoding", _ENCODER, ()),
        (
            r"google/bertseq2seq/bert24_de_en",
            "machine translation from German to English",
            ("translating German text",),
            ("de", "en"),
        ),
        (
            r"google/bertseq2seq/bert24_en_de",
            "machine translation from English to German",
            ("translating English text",),
            ("en", "de"),
        ),
        (r"google/bertseq2seq/roberta24_(?:bbc|cnndm|gigaword)", "text summarisation", _SUMMARY, ()),
        (
            r"google/bertseq2seq/roberta24_discofuse",
            "sentence fusion",
            ("joining two sentences into one",),
            (),
        ),
        (
            r"google/bertseq2seq/roberta24_wikisplit",
            "sentence splitting",
            ("rewriting a long sentence as two short ones",),
            (),
        ),
        (
            r"google/answer_equivalence/bem",
            "answer equivalence classification",
            ("judging whether two answers mean the same", "evaluating question answering"),
            (),
        ),
        (
            r"google/zh_segmentation",
            "Chinese word segmentation",
            ("splitting Chinese text into words",),
            ("zh-cn",),
        ),
        (
            r"tensorflow/tutorials/spam-detection",
            "spam detection",
            ("filtering unwanted comments and messages",),
            (),
        ),
        (
            r".*/squad(?:v1|2)|google/qat/nlp/.*|nascarr/nq|prvi/tf2nq|see--/.*-qa",
            "",
            ("extractive question answering",),
            (),
        ),
        (
            r"google/qat/nlp/.*|.*/squadv1|nascarr/nq|prvi/tf2nq|see--/.*-qa",
            "extractive question answering",
            (),
            ("en",),
        ),
        (r"google/experts/bert/pubmed.*", "", ("biomedical text", "medical papers"), ()),
        (r"google/experts/bert/.*/mnli", "", ("natural language inference",), ()),
        (r"google/experts/bert/.*/qnli", "", ("whether a passage answers a question",), ()),
        (r"google/experts/bert/.*/qqp", "", ("finding duplicate questions",), ()),
        (r"google/experts/bert/.*/sst2", "", ("sentiment analysis of reviews",), ()),
        (
            r"digitalepidemiologylab/.*",
            "text encoding",
            ("tweets about COVID-19", "social media", *_ENCODER),
            (),
        ),
        (r"google/MuRIL.*", "text encoding for Indian languages", ("transliterated text", *_ENCODER), ()),
        (r"jeongukjae/(?:klue|distilko).*", "Korean text encoding", _ENCODER, ("ko",)),
        (r"callmemehdi/AraBERT", "Arabic text encoding", _ENCODER, ("ar",)),
        (r"google/wiki40b-lm-.*", "language modelling", ("features of encyclopedic text",), ()),
        (
            r"(?!.*(?:bertseq2seq|squadv1|qat/|sentence_encoder|LaBSE))"
            r"(?:google|tensorflow|jeongukjae)/.*(?:bert|albert|electra|roberta).*",
            "text encoding",
            _ENCODER,
            (),
        ),
        (r".*[_/]uncased.*", "", ("text in any case, lower-cased first",), ()),
        (
            r".*(?:mobilebert|small_bert|distilbert|edgetpu/nlp|albert|electra_small|tn_bert).*",
            "",
            ("small and fast encoder",),
            (),
        ),
    )
)

_ARCHITECTURES = tuple(
    Family(pattern, "", architecture)
    for pattern, architecture in (
        (r".*distilbert.*_L-(\d+)_.*", "DistilBERT, {0} layers"),
        (r".*distilkobert.*", "DistilKoBERT"),
        (r".*xlm_roberta.*_L-(\d+)_.*", "XLM-RoBERTa, {0} layers"),
        (r".*roberta_.*_L-(\d+)_.*", "RoBERTa, {0} layers"),
        (r".*mobilebert.*", "MobileBERT"),
        (r".*lambert.*_L-(\d+)_.*", "BERT trained with LAMB, {0} layers"),
        (r".*talkheads_ggelu_bert_en_(\w+)", "BERT {0} with talking-heads attention"),
        (r".*albert_(?:en_|lite_)?(\w+)", "ALBERT {0}"),
        (r".*electra_(\w+)", "ELECTRA {0}"),
        (r".*bert_(?:\w+_)?L-(\d+)_H-(\d+)_A-(\d+)", "BERT, {0} layers of width {1}, {2} attention heads"),
        (r"google/experts/bert/.*", "BERT base"),
        (r"google/tn_bert", "TN-BERT, compressed with tensor networks"),
        (r"google/sentence-t5/st5-(\w+)", "Sentence-T5 {0}"),
        (r"google/gtr/gtr-(\w+)", "GTR {0}, a T5 encoder"),
        (r"google/LEALLA/LEALLA-(\w+)", "LEALLA {0}"),
        (r".*LaBSE.*", "LaBSE, a BERT for 109 languages"),
        (
            r"google/universal-sentence-encoder-cmlm/.*",
            "BERT trained with conditional masked language modelling",
        ),
        (r"google/MuRIL-Large", "BERT large"),
        (r"google/MuRIL", "BERT base"),
        (r"digitalepidemiologylab/.*", "BERT large"),
        (r"google/bertseq2seq/bert24_.*", "encoder and decoder initialised from BERT"),
        (r"google/bertseq2seq/roberta24_.*", "encoder and decoder initialised from RoBERTa"),
        (r".*nnlm.*", "NNLM, a feed-forward language model"),
        (r".*gnews-swivel.*", "Swivel co-occurrence embedding"),
    )
)

_ENCODERS_ONLY = r"(?!.*preprocess)"
"""Tokenisers are named after their encoders; what an encoder is good for is not for them."""

TEXT_FAMILIES: tuple[Family, ...] = tuple(
    family if "preprocess" in family.pattern else replace(family, pattern=_ENCODERS_ONLY + family.pattern)
    for family in (*_TASKS, *_ARCHITECTURES)
)
