"""The closed list of domains, and where every upstream's task name belongs.

A domain is what people browse by: Hugging Face's tasks, with the few that only TFHub has. Upstream
labels that are in no table are an error, never "other".
"""

from __future__ import annotations

from enum import StrEnum


class Domain(StrEnum):
    """What an API is for, across all hubs."""

    # text
    TEXT_CLASSIFICATION = "text-classification"
    TOKEN_CLASSIFICATION = "token-classification"
    TABLE_QUESTION_ANSWERING = "table-question-answering"
    QUESTION_ANSWERING = "question-answering"
    ZERO_SHOT_CLASSIFICATION = "zero-shot-classification"
    TRANSLATION = "translation"
    SUMMARIZATION = "summarization"
    FEATURE_EXTRACTION = "feature-extraction"
    TEXT_GENERATION = "text-generation"
    TEXT2TEXT_GENERATION = "text2text-generation"
    CONVERSATIONAL = "conversational"
    FILL_MASK = "fill-mask"
    SENTENCE_SIMILARITY = "sentence-similarity"
    TEXT_RANKING = "text-ranking"
    TEXT_PREPROCESSING = "text-preprocessing"
    # audio
    TEXT_TO_SPEECH = "text-to-speech"
    TEXT_TO_AUDIO = "text-to-audio"
    AUTOMATIC_SPEECH_RECOGNITION = "automatic-speech-recognition"
    AUDIO_TO_AUDIO = "audio-to-audio"
    AUDIO_CLASSIFICATION = "audio-classification"
    AUDIO_FEATURE_EXTRACTION = "audio-feature-extraction"
    VOICE_ACTIVITY_DETECTION = "voice-activity-detection"
    # vision
    DEPTH_ESTIMATION = "depth-estimation"
    IMAGE_CLASSIFICATION = "image-classification"
    OBJECT_DETECTION = "object-detection"
    IMAGE_SEGMENTATION = "image-segmentation"
    IMAGE_FEATURE_EXTRACTION = "image-feature-extraction"
    IMAGE_TO_IMAGE = "image-to-image"
    IMAGE_TO_VIDEO = "image-to-video"
    IMAGE_TO_3D = "image-to-3d"
    KEYPOINT_DETECTION = "keypoint-detection"
    MASK_GENERATION = "mask-generation"
    TEXT_TO_IMAGE = "text-to-image"
    TEXT_TO_VIDEO = "text-to-video"
    TEXT_TO_3D = "text-to-3d"
    UNCONDITIONAL_IMAGE_GENERATION = "unconditional-image-generation"
    VIDEO_CLASSIFICATION = "video-classification"
    VIDEO_FEATURE_EXTRACTION = "video-feature-extraction"
    VIDEO_TO_VIDEO = "video-to-video"
    VIDEO_GENERATION = "video-generation"
    ZERO_SHOT_IMAGE_CLASSIFICATION = "zero-shot-image-classification"
    ZERO_SHOT_OBJECT_DETECTION = "zero-shot-object-detection"
    # several modalities
    ANY_TO_ANY = "any-to-any"
    AUDIO_TEXT_TO_TEXT = "audio-text-to-text"
    DOCUMENT_QUESTION_ANSWERING = "document-question-answering"
    IMAGE_TEXT_TO_IMAGE = "image-text-to-image"
    IMAGE_TEXT_TO_TEXT = "image-text-to-text"
    IMAGE_TEXT_TO_VIDEO = "image-text-to-video"
    IMAGE_TO_TEXT = "image-to-text"
    VIDEO_TEXT_TO_TEXT = "video-text-to-text"
    VISUAL_DOCUMENT_RETRIEVAL = "visual-document-retrieval"
    VISUAL_QUESTION_ANSWERING = "visual-question-answering"
    # tables, series, agents, graphs, tools
    TABULAR_CLASSIFICATION = "tabular-classification"
    TABULAR_REGRESSION = "tabular-regression"
    TIME_SERIES_FORECASTING = "time-series-forecasting"
    REINFORCEMENT_LEARNING = "reinforcement-learning"
    ROBOTICS = "robotics"
    GRAPH_ML = "graph-ml"
    WEB_API = "web-api"
