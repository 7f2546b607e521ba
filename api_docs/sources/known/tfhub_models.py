"""What is known of tfhub.dev's model families, by handle, beyond their pages' fields and figures.

Several families may match a handle: an earlier one's label and architecture win, uses add up.
"""

from __future__ import annotations

from collections.abc import Mapping

from api_docs.sources.known.images import MOBILE, OBJECTS
from api_docs.sources.known.model import Family
from api_docs.sources.known.tfhub_text import TEXT_FAMILIES

TASK_LABELS: Mapping[str, str] = {
    "audio-command-detection": "spoken command recognition",
    "audio-embedding": "audio embedding",
    "audio-event-classification": "sound event classification",
    "audio-paralinguistics": "speech attribute classification",
    "audio-pitch-extraction": "pitch estimation",
    "audio-speech-synthesis": "speech synthesis",
    "audio-stt": "speech recognition",
    "audio-synthesis": "audio synthesis from a mel spectrogram",
    "image-aesthetic-quality": "image quality assessment",
    "image-augmentation": "image augmentation",
    "image-classification": "image classification",
    "image-classification-logits": "image attribute classification",
    "image-classifier": "image classification",
    "image-deblurring": "image deblurring",
    "image-dehazing": "image dehazing",
    "image-denoising": "image denoising",
    "image-depth-estimation": "monocular depth estimation",
    "image-deraining": "rain removal from images",
    "image-enhancement": "image enhancement",
    "image-extrapolation": "image extension",
    "image-feature-vector": "image feature extraction",
    "image-frame-interpolation": "frame interpolation",
    "image-generator": "image generation",
    "image-object-detection": "object detection",
    "image-pose-detection": "human pose estimation",
    "image-rnn-agent": "image generation by a painting agent",
    "image-segmentation": "image segmentation",
    "image-style-transfer": "artistic style transfer",
    "image-super-resolution": "image super-resolution",
    "image-text-detection": "text detection in images",
    "image-text-recognition": "text recognition in images",
    "text-classification": "text classification",
    "text-embedding": "text embedding",
    "text-generation": "text generation",
    "text-language-model": "language modelling",
    "text-preprocessing": "text preprocessing",
    "text-question-answering": "question answering",
    "text-retrieval-question-answering": "question answer retrieval",
    "text-segmentation": "word segmentation",
    "text-sequence-alignment": "protein sequence alignment",
    "text-to-mel": "speech synthesis: mel spectrogram from text",
    "video-audio-text": "joint embedding of video, audio and text",
    "video-classification": "video classification",
    "video-feature-extraction": "video feature extraction",
    "video-generation": "video generation",
    "video-text": "joint embedding of video and text",
}
"""tfhub.dev's `task` in our words."""

_TRANSFER = ("training a classifier on your own images with little data", "image similarity search")
_GOOGLE_IMAGENET = r"google/imagenet/"
_ACTIONS = ("recognising human actions in video clips",)
_VOICE = ("emotion, speaker and language recognition from speech", "audio features for a small classifier")

TASK_USES: Mapping[str, tuple[str, ...]] = {
    "audio-stt": ("transcribing speech", "speech to text"),
    "image-aesthetic-quality": ("scoring how good a photo looks", "sorting photos by quality"),
    "image-augmentation": ("random changes of training images",),
    "image-deblurring": ("sharpening blurred photos",),
    "image-dehazing": ("clearing haze and fog from photos",),
    "image-denoising": ("removing noise from photos",),
    "image-depth-estimation": ("estimating how far away everything in a photo is",),
    "image-deraining": ("removing rain streaks and drops from photos",),
    "image-enhancement": ("retouching and brightening photos",),
    "image-feature-vector": _TRANSFER,
    "image-frame-interpolation": ("slow motion", "making frames between two photos"),
    "image-generator": ("making new pictures",),
    "image-pose-detection": ("finding the joints of people", "fitness and movement apps"),
    "image-style-transfer": ("painting a photo in the style of another picture",),
    "image-super-resolution": ("making small pictures larger and sharper",),
    "text-language-model": ("scoring how likely a text is", "continuing a text"),
    "text-preprocessing": ("turning raw text into the inputs of a text encoder", "tokenising text"),
    "text-question-answering": ("answering questions from a text",),
}

_PHOTOS = tuple(
    Family(pattern, functionality, uses=uses, num_classes=None)
    for pattern, functionality, uses in (
        (r"google/aiy/.*/birds_V1", "bird species classification", ("birdwatching", "nature apps on phones")),
        (r"google/aiy/.*/food_V1", "food classification", ("recognising dishes in photos", "diet apps")),
        (r"google/aiy/.*/insects_V1", "insect species classification", ("nature apps on phones",)),
        (r"google/aiy/.*/plants_V1", "plant species classification", ("gardening and nature apps",)),
        (
            r".*landmarks_classifier_(\w+)_V1",
            "landmark recognition in {0:t}",
            ("travel apps", "sights in photos"),
        ),
        (
            r".*popular_us_products_V1",
            "product recognition",
            ("recognising groceries and brands", "shopping"),
        ),
        (r".*popular_wine_V1", "wine label recognition", ("finding out which wine a bottle holds",)),
        (r"google/planet/.*", "photo geolocation", ("guessing where in the world a photo was taken",)),
        (
            r".*classifier/cassava_disease.*",
            "plant disease classification",
            ("sick cassava leaves", "agriculture"),
        ),
        (r"google/cropnet/feature_vector/.*", "", ("crops and plants", "agriculture")),
        (r"agripredict/.*", "crop disease classification", ("sick maize and tomato leaves", "agriculture")),
        (r"rishit-dagli/plant-disease", "plant disease classification", ("sick leaves", "agriculture")),
        (
            r".*(?:mushroom|fungi).*",
            "mushroom species recognition",
            ("naming mushrooms and fungi in photos",),
        ),
        (r"metmuseum/.*", "art attribute classification", ("tagging museum objects and artworks",)),
        (r".*inaturalist.*", "", ("animal and plant species", "biodiversity")),
        (
            r"sayannath/american-sign-language",
            "sign language recognition",
            ("letters of American Sign Language",),
        ),
        (
            r"google/object_detection/mobile_object_labeler_v1",
            "object labelling",
            ("household objects", *MOBILE),
        ),
        (r"google/remote_sensing/.*", "", ("satellite and aerial images", "land use and land cover")),
        (r"google/remote_sensing/\w+-ms-.*", "", ("multi-spectral bands",)),
        (
            r"deepmind/(?:local-linearity|llr-pretrain-adv|unsupervised-adversarial-training)/.*",
            "",
            ("robust to adversarial examples",),
        ),
        (r"google/experts/bit/r50x1/in21k/(\w+)", "", ("{0} pictures",)),
        (
            r"tensorflow/tfgan/eval/mnist/.*",
            "handwritten digit classification",
            ("judging generated digits",),
        ),
        (r"tensorflow/tfgan/eval/inception", "", ("Inception score of generated images", "evaluating GANs")),
        (r"deepmind/ganeval-cifar10-convnet", "", ("judging generated images",)),
        (r"google/supcon/.*", "", ("trained with supervised contrastive learning",)),
        (r".*quantops.*", "", ("quantisation-aware fine-tuning",)),
        (r".*(?:mobile|edgetpu|lite\d|mnas|efficientdet/lite).*", "", MOBILE),
        (r"vtab/.*", "", ("comparing ways of learning image features",)),
    )
)

_ARCHITECTURES = tuple(
    Family(pattern, "", architecture, datasets)
    for pattern, architecture, datasets in (
        (
            _GOOGLE_IMAGENET + r"mobilenet_(v\d)_(\d)(\d\d)_.*",
            "MobileNet {0:u}, depth multiplier {1}.{2}",
            (),
        ),
        (
            _GOOGLE_IMAGENET + r"mobilenet_v3_(\w+)_(\d)(\d\d)_.*",
            "MobileNet V3 {0}, depth multiplier {1}.{2}",
            (),
        ),
        (r".*efficientnet_v2_imagenet1k_(\w+)/.*", "EfficientNetV2-{0:u}", ("ImageNet-1K",)),
        (
            r".*efficientnet_v2_imagenet21k_ft1k_(\w+)/.*",
            "EfficientNetV2-{0:u}",
            ("ImageNet-21K", "ImageNet-1K"),
        ),
        (r".*efficientnet_v2_imagenet21k_(\w+)/.*", "EfficientNetV2-{0:u}", ("ImageNet-21K",)),
        (r".*efficientnet/(b\d)/.*", "EfficientNet-{0:u}", ()),
        (r".*efficientnet/(lite\d)/.*", "EfficientNet-{0}", ()),
        (r"google/bit/([ms])-r(\w+)/imagenet21k.*", "Big Transfer BiT-{0:u} R{1}", ("ImageNet-21K",)),
        (r"google/bit/s-r(\w+).*", "Big Transfer BiT-S R{0}", ("ImageNet-1K",)),
        (r"google/bit/m-r(\w+)/ilsvrc.*", "Big Transfer BiT-M R{0}", ("ImageNet-21K", "ImageNet-1K")),
        (r"google/bit/m-r(\w+)", "Big Transfer BiT-M R{0}", ("ImageNet-21K",)),
        (r"google/experts/bit/.*", "Big Transfer BiT-M R50x1", ()),
        (
            r"sayakpaul/(?:distill_)?bit_r(?:esnet)?(\w+?)_(\d+)_.*",
            "Big Transfer BiT ResNet-{0}",
            ("ImageNet-1K",),
        ),
        (r".*/cait_(\w+?)_\d+(?:_fe)?", "CaiT-{0:u}", ("ImageNet-1K",)),
        (r".*/convnext_(\w+?)_21k_1k_.*", "ConvNeXt {0}", ("ImageNet-21K", "ImageNet-1K")),
        (r".*/convnext_(\w+?)_21k_.*", "ConvNeXt {0}", ("ImageNet-21K",)),
        (r".*/convnext_(\w+?)_1k_.*", "ConvNeXt {0}", ("ImageNet-1K",)),
        (r".*/deit_(\w+?)_distilled_.*", "DeiT {0}, distilled", ("ImageNet-1K",)),
        (r".*/deit_(\w+?)_patch.*", "DeiT {0}", ("ImageNet-1K",)),
        (r".*/mixer_([bl]\d\d)_i1k_.*", "MLP-Mixer {0:u}", ("ImageNet-1K",)),
        (r".*/mixer_([bl]\d\d)_i21k_.*", "MLP-Mixer {0:u}", ("ImageNet-21K",)),
        (r".*/mixer_([bl]\d\d)_sam_.*", "MLP-Mixer {0:u}, sharpness-aware training", ("ImageNet-1K",)),
        (
            r".*/swin_(tiny|small|base|large)_patch4_window\d+_\d+_in22k.*",
            "Swin Transformer {0}",
            ("ImageNet-22K",),
        ),
        (r".*/swin_s3_(\w+?)_224.*", "Swin Transformer S3 {0}", ("ImageNet-1K",)),
        (r".*/swin_(tiny|small|base|large)_patch4_window.*", "Swin Transformer {0}", ("ImageNet-1K",)),
        (r"shoaib6174/swin_(\w+?)_patch.*kinetics(\d00)_.*", "Video Swin Transformer {0}", ("Kinetics-{1}",)),
        (r"shoaib6174/swin_(\w+?)_patch.*sthv2", "Video Swin Transformer {0}", ("Something-Something V2",)),
        (r".*/vit_([bsl]\d+)_.*", "Vision Transformer ViT-{0:u}", ("ImageNet-1K",)),
        (r".*/vit_(r\d+)_(\w\d+)_.*", "hybrid Vision Transformer {0:u}+ViT-{1:u}", ("ImageNet-1K",)),
        (r".*/xcit_(\w+?)_(\d+)_p(\d+)_.*", "XCiT {0}, {1} layers, patches of {2}", ("ImageNet-1K",)),
        (r".*/regnety(\d+)mf_.*", "RegNetY {0}MF", ("ImageNet-1K",)),
        (r".*/mobilevit_(\w+?)_1k.*", "MobileViT-{0:u}", ("ImageNet-1K",)),
        (r".*/convmixer-(\d+)-(\d+).*", "ConvMixer-{0}/{1}", ()),
        (r".*/movinet/(a\d)/(\w+)/.*", "MoViNet-{0:u} {1}", ()),
        (r"tensorflow/efficientdet/(d\d)", "EfficientDet-{0:u}", ()),
        (r"tensorflow/efficientdet/(lite\w+)/.*", "EfficientDet-{0}", ()),
        (r".*/faster_rcnn/inception_.*", "Faster R-CNN with an Inception ResNet V2 backbone", ()),
        (r".*/faster_rcnn/resnet(\d+)_.*", "Faster R-CNN with a ResNet-{0} backbone", ()),
        (r".*/centernet/hourglass_.*", "CenterNet with an Hourglass backbone", ()),
        (r".*/centernet/resnet(\d+)(v\d)_.*", "CenterNet with a ResNet-{0} {1} backbone", ()),
        (r".*/retinanet/resnet(\d+)_.*", "RetinaNet with a ResNet-{0} backbone", ()),
        (r".*/mask_rcnn/.*", "Mask R-CNN with an Inception ResNet V2 backbone", ()),
        (r".*/deeplab-edgetpu/(\w+)/(\w+)", "DeepLab-EdgeTPU {1:u}, {0}", ()),
        (r".*/autoseg-edgetpu/(\w+)/(\w+)", "Autoseg-EdgeTPU {1:u}, {0}", ()),
        (r".*/mobilenet-edgetpu-v2(?:-feature-vector)?/(\w+)", "MobileNet-EdgeTPU V2 {0}", ()),
        (r".*/maxim_.*", "MAXIM, a multi-axis MLP", ()),
        (r"google/circularnet_\d", "Mask R-CNN with a ResNet backbone", ()),
        (r"google/musiq/.*", "MUSIQ, a multi-scale image quality transformer", ()),
        (r"google/vila/.*", "VILA, vision-language pre-training", ()),
        (r"google/film", "FILM", ()),
        (r"google/nonsemantic-speech-benchmark/frill.*", "FRILL, MobileNet V3", ()),
        (r".*trillsson(\d)", "TRILLsson {0}", ()),
        (r"google/nonsemantic-speech-benchmark/(trill.*)", "{0:u}", ()),
        (r"google/compare_gan/model_.*", "GAN with a ResNet generator", ()),
        (r"google/compare_gan/(s3gan|ssgan)_.*", "{0:u}", ("ImageNet",)),
        (r"emilutz/vgg19-(block\d)-.*-(encoder|decoder)", "VGG-19 {1} up to {0}, with unpooling", ()),
    )
)

_DETECTION = ("finding and locating everyday objects in photos with boxes",)

_TASKS = tuple(
    Family(pattern, functionality, uses=uses)
    for pattern, functionality, uses in (
        (
            r".*-cppe5",
            "protective equipment detection",
            ("masks, gloves, goggles and coveralls", "hospital safety"),
        ),
        (
            r"tensorflow/efficientdet/lite\w+/feature-vector",
            "detection feature extraction",
            ("fine-tuning a detector",),
        ),
        (
            r"tensorflow/centernet/.*_kpts",
            "object and keypoint detection",
            ("boxes and the joints of people",),
        ),
        (
            r"tensorflow/mask_rcnn/.*",
            "object detection and instance segmentation",
            ("boxes and outlines of objects",),
        ),
        (
            r"google/object_detection/mobile_object_localizer_v1",
            "class-agnostic object detection",
            ("finding where objects are, without naming them",),
        ),
        (r".*open_?images_?v4.*", "", ("finding 600 kinds of objects",)),
        (
            r"tensorflow/(?:efficientdet|ssd|retinanet|faster_rcnn|centernet|mask_rcnn).*|google/qat/mobilenet.*",
            "",
            _DETECTION,
        ),
        (r"google/movenet/multipose/.*", "human pose estimation for several people", ()),
        (
            r"google/movenet/singlepose/lightning",
            "",
            ("fastest variant", "real time in a browser or on a phone"),
        ),
        (r"google/movenet/singlepose/thunder", "", ("most accurate variant",)),
        (r"google/seefood/.*", "food segmentation", ("outlining dishes in photos",)),
        (
            r"google/circularnet.*",
            "waste segmentation",
            ("sorting recyclable materials such as plastic and paper",),
        ),
        (
            r"nvidia/unet/industrial/.*",
            "surface defect segmentation",
            ("finding flaws in industrial products",),
        ),
        (
            r"google/HRNet/(?:city|bdd|camvid|idd|kitti|mapillary|vkitti2)-.*",
            "semantic segmentation",
            ("street scenes", "self-driving cars"),
        ),
        (r"google/HRNet/(?:isaid|isprs)-.*", "semantic segmentation", ("aerial and satellite images",)),
        (
            r"google/HRNet/(?:scannet|sunrgbd)-.*",
            "semantic segmentation",
            ("rooms and furniture", "indoor robots"),
        ),
        (r"google/HRNet/suim-.*", "semantic segmentation", ("underwater images",)),
        (r"google/HRNet/vgallery-.*", "semantic segmentation", ("art gallery scenes",)),
        (r"google/HRNet/.*", "semantic segmentation", ("labelling every pixel of a photo",)),
        (r"google/mosaic/.*", "semantic segmentation", ("street scenes", *MOBILE)),
        (
            r"google/edgetpu/vision/(?:deeplab|autoseg).*",
            "semantic segmentation",
            ("labelling every pixel of a photo",),
        ),
        (
            r"google/delf",
            "local feature extraction from images",
            ("recognising landmarks", "matching photos of the same place"),
        ),
        (
            r"google/boundless/(\w+)",
            "image extension",
            ("completing a photo whose side is missing, {0} of it",),
        ),
        (
            r"google/logit_reconstruction/.*",
            "image reconstruction from classifier outputs",
            ("seeing what a classifier keeps",),
        ),
        (r"rishit-dagli/mirnet-tfjs", "low-light image enhancement", ("brightening dark photos",)),
        (r"sayakpaul/maxim_.*_enhancement_lol", "low-light image enhancement", ("brightening dark photos",)),
        (
            r"deepmind/biggan.*",
            "class-conditional image generation",
            ("pictures of a chosen ImageNet class",),
        ),
        (
            r"deepmind/bigbigan.*",
            "image generation and representation learning",
            ("unsupervised image features",),
        ),
        (
            r".*celebahq128.*|google/progan-128",
            "face image generation",
            ("photos of people who don't exist",),
        ),
        (r".*lsun_bedroom.*", "bedroom image generation", ("pictures of rooms",)),
        (r"deepmind/spiral/.*", "", ("painting faces with brush strokes", "reinforcement learning")),
        (r"cosmo-group-ethz/.*", "weak lensing map generation", ("cosmology simulations", "astronomy")),
        (r"emilutz/.*-decoder", "image reconstruction from features", ()),
        (r"emilutz/.*", "", ("style transfer", "image reconstruction")),
        (
            r"google/tweening_conv3d_.*",
            "video in-betweening",
            ("making frames between a first and a last one",),
        ),
        (r"google/videoflow/.*", "video prediction", ("predicting the next frames of a robot scene",)),
        (r"tensorflow/movinet/\w\d/stream/.*", "", ("live video, frame by frame", *_ACTIONS)),
        (r"tensorflow/movinet/\w\d/base/.*|deepmind/i3d-.*|google/tiny_video_net/.*", "", _ACTIONS),
        (r"google/tiny_video_net/.*", "", ("real time on a phone",)),
        (r"shoaib6174/.*", "", ("features for recognising actions in videos",)),
        (r"deepmind/(?:mil-nce|mmv)/.*", "", ("searching videos by text", "instructional videos")),
        (
            r"deepmind/mmt/.*",
            "image and text matching",
            ("searching images by text", "scoring whether a caption fits"),
        ),
        (
            r"google/yamnet",
            "",
            ("recognising 521 kinds of sounds", "alarms, animals, speech and music in recordings"),
        ),
        (r"google/vggish", "", ("features of sounds and music", "audio similarity")),
        (r"google/(?:nonsemantic-speech-benchmark/|trillsson).*", "speech embedding", _VOICE),
        (
            r"google/speech_embedding",
            "speech embedding",
            ("recognising keywords and commands with few recordings",),
        ),
        (r"google/humpback_whale", "whale song detection", ("underwater recordings", "marine biology")),
        (
            r"google/bird-vocalization-classifier",
            "bird song classification",
            ("birds in field recordings", "ornithology"),
        ),
        (r"google/euphonia_spice/.*", "speech intelligibility classification", ("rating disordered speech",)),
        (r"google/spice", "", ("tuning instruments", "notes of a sung melody")),
        (
            r"google/soundstream/.*",
            "music synthesis from a mel spectrogram",
            ("second half of a music generator",),
        ),
        (r"monatis/german-tacotron2", "", ("reading German text aloud",)),
        (
            r"monatis/german-mbmelgan",
            "vocoder: speech waveform from a mel spectrogram",
            ("German speech synthesis",),
        ),
        (
            r"sameermahajan/.*",
            "spoken number recognition in Marathi",
            ("recognising spoken Marathi numbers",),
        ),
        (r"vasudevgupta7/wav2vec2-960h", "", ("transcribing English speech",)),
        (r"vasudevgupta7/wav2vec2(?!-960h).*", "speech encoding", ("fine-tuning for speech recognition",)),
        (
            r"deepmind/enformer",
            "gene expression prediction from DNA",
            ("genomics", "effects of genetic variants"),
        ),
        (r"google/dedal", "", ("comparing proteins", "bioinformatics", "homology detection")),
    )
)

TFHUB_FAMILIES: tuple[Family, ...] = (*TEXT_FAMILIES, *_TASKS, *_PHOTOS, *_ARCHITECTURES)

DATASET_USES: Mapping[str, tuple[str, ...]] = {
    r"ImageNet(?!-2[12]).*": OBJECTS,
    r"ImageNet-2[12].*": ("recognising what a photo shows", "telling 21,000 kinds of things apart"),
    r"CIFAR-10": ("ten kinds of small pictures",),
    r"CIFAR-100": ("a hundred kinds of small pictures",),
}
"""Data set (a pattern) → what a classifier that was last trained on it is good for."""

UNINFORMATIVE = frozenset({"other", "multiple", "translation"})
"""Tags that say nothing about a model."""

PUBLISHERS: Mapping[str, str] = {
    "deepmind": "DeepMind",
    "google": "Google",
    "inaturalist": "iNaturalist",
    "intel": "Intel",
    "metmuseum": "The Met",
    "nvidia": "NVIDIA",
    "silero": "Silero",
    "tensorflow": "TensorFlow",
    "vtab": "VTAB",
}
