"""What model families are known for, in our own words.

Lines read `Name | pattern | known for`; the first line whose pattern is found in a model's architecture or
name decides, so special families stand before general ones.
"""

# ruff: noqa: E501 - one family a line

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Architecture:
    """A model family: its name and what it is known for."""

    name: str
    pattern: re.Pattern[str]
    known_for: str


_MULTIMODAL = r"""
BLIP-2 | blip-?2 | joins an image encoder to a large language model
InstructBLIP | instructblip | follows instructions about a picture
BLIP | \bblip | learned pictures and captions together
GIT | \bgit-(base|large) | writes text from an image with one plain transformer
ViLT | \bvilt | reads image patches and words in one light transformer
Pix2Struct | pix2struct|deplot|matcha | reads screenshots, charts and documents as pictures
Donut | donut | reads documents without separate text recognition
TrOCR | trocr|manga-ocr | transformer that reads a line of text in an image
LayoutLMv3 | layoutlmv3 | uses text, position and look of a document
LayoutLMv2 | layoutlmv2|layoutxlm | uses text, position and look of a document
LayoutLM | layoutlm | uses text and its position on the page
UDOP | \budop | one model for reading, asking and filling documents
Table Transformer | table-?transformer | finds tables and their rows and columns
OWL-ViT | owl-?vit|owlv2 | finds whatever its text query names
Grounding DINO | grounding.?dino|llmdet | finds whatever its text query names
CLIPSeg | clipseg | cuts out what a text prompt names
Chinese CLIP | chinese-?clip | matches pictures with Chinese text
BiomedCLIP | biomedclip | matches medical pictures with text
SigLIP | siglip | matches pictures with text, trained pair by pair
X-CLIP | x-?clip | matches videos with text
CLAP | \bclap | matches sounds with text
CLIP | \bclip|_clip|clip[-_ ]|mobileclip|metaclip|tinyclip|-clip\b | matches pictures with text and works without further training
ALIGN | \balign-base | matches pictures with text
Flamingo | flamingo | answers from pictures and text mixed
LLaVA | llava|joycaption | chats about pictures
Qwen-VL | qwen2(\.5)?-?vl|qwen-?vl | large model that sees pictures and videos
SmolVLM | smolvlm | small model that sees pictures and videos
OmniEmbed | omniembed|colqwen|colpali | searches pages by their look
ViT-GPT2 | vit-?(ru)?gpt2 | vision transformer that sees, GPT-2 that writes
Vision encoder-decoder | vision-?encoder-?decoder | one transformer sees, another writes
"""

_GENERATIVE = r"""
ControlNet | control.?net|t2i-?adapter | steers a generated picture by edges, pose, depth or sketch
Stable Diffusion XL | sdxl|stable-diffusion-xl|hyper-sd | latent diffusion in high resolution
Latent upscaler | latent-upscaler|x4-upscaler | enlarges generated pictures
Stable Diffusion inpainting | inpaint | repaints a masked part of a picture
InstructPix2Pix | pix2pix | edits a picture as told
Stable Diffusion | stable.?diffusion|\bsd-|dreambooth|openjourney|waifu|anything-v|counterfeit|dreamlike|pastel-mix|-diffusion\b|realistic.?vision|dreamshaper|orangemix|deliberate | draws pictures from words by latent diffusion
FLUX | \bflux | large flow-matching transformer for pictures
DDPM | ddpm | denoises random noise step by step into a picture
Score SDE | ncsnpp|score.?sde|\bsde-ve | generates by reversing a noise process
Consistency model | consistency | generates in very few steps
StyleGAN | stylegan | generates faces and objects with controllable style
Progressive GAN | pgan|progressive gan|progan | grows its pictures from small to sharp
BigGAN | biggan | class-wise picture generation
DCGAN | dcgan | simple convolutional GAN
CycleGAN | cyclegan | turns one kind of picture into another without pairs
GAN | \bgan\b|lightweight-?gan|gan_zoo|-gan\b|compare_gan | two networks that compete to make pictures look real
VQGAN | vqgan | draws with learned picture tokens
Variational autoencoder | \bvae\b|autoencoder | compresses pictures into a latent code and back
Tune-A-Video | tune-a-video | turns one text-to-image model into a video maker
HunyuanVideo | hunyuanvideo | large video diffusion model
LTX-Video | ltx-video | fast video diffusion model
Text-to-video diffusion | text-?(to|2)-?video | makes short clips from words by diffusion
Real-ESRGAN | esrgan | enlarges and repairs pictures
Swin2SR | swin2sr|swinir | enlarges pictures with windowed attention
MAXIM | maxim-s | removes blur, noise, rain and haze with mixed local and global axes
"""

_AUDIO = r"""
Whisper | whisper | transcribes many languages and copes with noise
XLS-R | xls-?r\b|xlsr | wav2vec 2.0 learned on many languages
wav2vec 2.0 | wav2vec.?2|wav2vec | learned speech from raw audio without text
data2vec Audio | data2vec-audio | learned speech by predicting its own features
HuBERT | hubert | learned speech units from raw audio
WavLM | wavlm | learned speech for recognition and speakers
SEW | \bsew- | fast compact speech encoder
UniSpeech | unispeech | learned speech for content and speakers
Speech2Text | \bs2t-|speech2text|s2t_ | transformer for transcription and speech translation
SeamlessM4T | seamless|w2v-bert | speech and text translation over many languages
MMS | \bmms- | speech in over a thousand languages
Conformer | conformer | convolution and attention for speech
QuartzNet | quartznet | small convolutional speech recogniser
Canary | canary | multilingual transcription and translation
Tacotron 2 | tacotron | predicts a spectrogram from text
FastSpeech 2 | fastspeech | fast speech synthesis in one pass
FastPitch | fastpitch | fast speech synthesis with pitch control
VITS | \bvits|_vits | natural speech synthesis end to end
JETS | \bjets | speech synthesis end to end
HiFi-GAN | hifi-?gan | turns a spectrogram into clear sound
MelGAN | melgan | turns a spectrogram into sound quickly
WaveGlow | waveglow | turns a spectrogram into sound
SpeechT5 | speecht5 | one model for speech in, speech out and text
Bark | suno/bark|\bbark\b | speech with laughter, music and sounds
Tortoise | tortoise | expressive multi-voice speech
SepFormer | sepformer | transformer that pulls voices apart
Conv-TasNet | conv-?tasnet | pulls sounds apart directly on the waveform
DPRNN | dprnn | pulls voices apart with recurrent layers
DPTNet | dptnet | cleans speech with dual-path transformers
DCCRNet | dccrnet | cleans speech with complex-valued layers
DCUNet | dcunet | cleans speech with a complex-valued U-Net
MetricGAN+ | metricgan | cleans speech by optimising how good it sounds
Open-Unmix | unmix|umx | splits songs into vocals, drums, bass and the rest
Demucs | demucs | splits songs into stems
ECAPA-TDNN | ecapa|epaca | voice prints for speakers and languages
x-vector | x-?vect | voice prints for speakers
TitaNet | titanet | voice prints for speakers
YAMNet | yamnet | small network that names everyday sounds
VGGish | vggish | sound features from spectrogram pictures
TRILL | trill|frill | speech features for tone and emotion
SPICE | \bspice\b | follows the pitch of a voice or instrument
Audio Spectrogram Transformer | \bast-|spectrogram transformer|ast-ft | reads a sound's spectrogram like an image
PANNs | panns|cnn14 | sound features from AudioSet
PyanNet | pyannote | who speaks when
Unit-based speech translation | unit_hifigan|textless_sm|xm_transformer|s2ut|unity | translates speech into speech
"""

_VIDEO = r"""
VideoMAE | videomae | learned videos by filling hidden parts
TimeSformer | timesformer | attention over space and time
ViViT | vivit | vision transformer for video
SlowFast | slowfast | a slow path for look and a fast one for motion
X3D | \bx3d | small video networks
I3D | \bi3d | inflated 3D convolutions for video
R(2+1)D | r2plus1d|r\(2\+1\)d | splits 3D convolutions into space and time
Slow R50 | slow_r50|3d resnet|r3d_|resnet 3d | 3D ResNet for video
Multiscale ViT | \bmvit | pools attention at several scales
S3D | \bs3d | separable 3D convolutions
MoViNet | movinet | video networks for phones that read a stream
FILM | \bfilm\b | fills in frames between two photos
"""

_DETECTION = r"""
YOLOv8 | yolo-?v8 | finds objects in one fast pass, real time
YOLOv5 | yolo-?v5 | finds objects in one fast pass, real time
YOLOP | yolop|hybridnets | cars, lanes and drivable road at once
YOLOS | yolos | plain vision transformer that finds objects
YOLO | \byolo | finds objects in one fast pass
Deformable DETR | deformable-detr | finds objects with sparse attention
RT-DETR | rt-?detr | finds objects in real time with a transformer
DETR | \bdetr|-detr | finds objects directly with a transformer
Mask R-CNN | mask.?r-?cnn | boxes and masks in two steps
Faster R-CNN | faster.?r-?cnn | exact boxes in two steps
RetinaNet | retinanet | one pass with a focus on hard examples
CenterNet | centernet|circularnet | finds objects by their centres
EfficientDet | efficientdet | accurate boxes on a small budget
FCOS | \bfcos | boxes without anchors
SSD | \bssd | finds objects in one pass on small devices
DeepLabV3 | deeplab | labels pixels with a wide view
LR-ASPP | lraspp | labels pixels on phones
SegFormer | segformer|mit-b\d|sidewalk | light transformer that labels every pixel
Mask2Former | mask2former | one model for semantic, instance and panoptic segmentation
MaskFormer | maskformer | segments by predicting masks
OneFormer | oneformer | one model for every kind of segmentation
EoMT | \beomt | plain vision transformer for segmentation
UPerNet | upernet | labels pixels from several scales
BiRefNet | birefnet|rmbg | cuts the foreground out exactly
GPUNet | gpunet | fast on graphics cards
U-Net | (?<![a-z])u-?net\b | labels pixels, at home in medicine
FCN | \bfcn | labels pixels with plain convolutions
Segment Anything 2 | sam2|sam_2|hieradet | masks of anything in pictures and videos
Segment Anything | slimsam|\bsam\b|sam-vit|segment.?anything | masks of anything from a click
Depth Anything | depth-?anything|prompt-?depth | sharp depth from any photo
Depth Pro | depth-?pro | sharp metric depth
DPT | \bdpt|zoedepth | dense prediction with a vision transformer
MiDaS | midas | depth that generalises over scenes
GLPN | glpn | depth from global and local paths
MoveNet | movenet | fast body pose
PoseNet | posenet | body pose in browsers
SuperPoint | superpoint | finds distinctive points of a picture
SuperGlue | superglue|lightglue | matches points between two pictures
ViTPose | vitpose|rtmpose | body pose
"""

_TEXT = r"""
ModernBERT | modernbert | present-day BERT with long input
XLM-RoBERTa | xlm-?r(oberta)?\b|xlm-?roberta|mexma | understands a hundred languages
mDeBERTa | mdeberta | multilingual DeBERTa
CodeBERTa | codeberta | learned from program code
DeBERTa | deberta | separates what a word is from where it stands
BERTweet | bertweet|twitter-roberta | learned from tweets
RoBERTa | roberta | BERT trained longer and better
CamemBERT | camembert | learned from French
BERTimbau | bertimbau|portuguese | learned from Portuguese
BioBERT | biobert|biomednlp|pubmedbert|biolinkbert|clinicalbert|bio_clinical|sapbert|bluebert|scibert | learned from medical and scientific papers
FinBERT | finbert | learned from financial text
LegalBERT | legal-?bert | learned from legal text
DistilBERT | distil-?bert|distilroberta|tinybert|tinyroberta|xtremedistil | small fast BERT learned from a larger one
MiniLM | minilm | very small and fast, learned from a larger model
ALBERT | albert | shares its layers to stay small
ELECTRA | electra | learns by spotting replaced words
MobileBERT | mobilebert | BERT for phones
ConvBERT | conv-?bert | BERT with convolutions
LaBSE | \blabse | sentence vectors over 109 languages
Multilingual BERT | bert-base-multilingual|mbert|bert.?multi|multi.?cased | BERT for a hundred languages
CodeBERT | codebert|graphcodebert|unixcoder | learned from program code
DPR | \bdpr- | finds passages that answer a question
BERT | bert | reads text in both directions
Universal Sentence Encoder | universal-?sentence|\buse-|sentence-encoder | vectors of whole sentences
NNLM | nnlm | averaged word vectors, tiny and fast
Swivel | swivel | averaged word vectors, tiny and fast
ELMo | \belmo | word vectors that depend on context
word2vec | word2vec|wiki-words | word vectors
MPNet | mpnet | strong sentence encoder
GTE | \bgte- | text vectors for search
BGE | \bbge- | text vectors for search
INSTRUCTOR | instructor- | text vectors that follow an instruction
ULMFiT | ulmfit | language model for fine-tuning
XLNet | xlnet | learns words in any order
Longformer | longformer|\bled- | reads long documents
BigBird | bigbird | reads long documents
TAPEX | tapex | learned to answer about tables by running queries
TAPAS | tapas | BERT that reads tables
Flan-T5 | flan-?(t5|ul2|alpaca) | T5 that follows instructions
mT5 | \bmt5|mt0 | T5 for a hundred languages
LongT5 | long-?t5 | T5 for long documents
CodeT5 | codet5 | T5 for program code
Sentence-T5 | sentence-t5|\bst5|gtr-t5 | sentence vectors from T5
T5 | \bt5|-t5|t0(pp|_3b)?\b|\bul2 | treats every text task as text in, text out
mBART | mbart | translates between many languages
DistilBART | distilbart | small fast BART
Pegasus | pegasus | built for summaries
BART | bart | encoder and decoder that learned to rebuild damaged text
ProphetNet | prophetnet | predicts several words ahead
NLLB | nllb | translates among two hundred languages
M2M-100 | m2m|small100 | translates directly among a hundred languages
Marian | opus-mt|marian|fugumt | small fast translator for one pair of languages
WMT translator | wmt19|wmt21|wmt14|wmt16|transformer\.wmt | strong translators of news
BlenderBot | blenderbot|reddit-3b | chats with empathy and knowledge
DialoGPT | dialo-?gpt | chats in the manner of Reddit
GODEL | \bgodel | goal-oriented talks
Pygmalion | pygmalion | plays characters in a chat
GPT-NeoX | gpt-?neox|pythia|oasst|dolly-v2 | large open language model
GPT-J | gpt-?j\b|gpt-?j-|gpt-jt | large open language model
GPT-Neo | gpt-?neo | open language model
Cerebras-GPT | cerebras-gpt | open language models of every size
BioGPT | biogpt|biomedlm | writes biomedical text
SantaCoder | santacoder|starcoder|codegen|incoder | writes program code
OPT | facebook/opt|\bopt-\d | open language models of every size
BLOOM | bloom|belle | language model for 46 languages
LLaMA | llama|alpaca|vicuna | open large language model
RWKV | rwkv | recurrent network as strong as a transformer
GPT-2 | gpt-?2 | continues text
GPT | \bgpt | continues text
ChatGLM | chatglm | chats in Chinese and English
Qwen | qwen | large language model for many languages
Gemma | gemma | compact language model
Decision Transformer | decision-?transformer | chooses actions like the next word
ESM | \besm | reads protein sequences
"""

_IMAGE = r"""
HRNet | hrnet | keeps a sharp view throughout
CSPNet | cspne|csp|cs3 | less computing by splitting features
TResNet | tresnet | fast on graphics cards
SKNet | sknet|skresne | chooses its filter size
MambaOut | mambaout|mambavision | gated convolutions or state spaces
Next-ViT | next-?vit | convolution and attention for fast deployment
LambdaNet | lambda_?res | lambda layers instead of attention
HaloNet | halonet|bot_?net|botnet | local attention in a ResNet
GCNet | gcres|gc_ | global context in a ResNet
Wide ResNet | wide.?resnet | ResNet with more channels per layer
IBN-Net | ibn | robust to changes of style and lighting
SE-ResNeXt | se_?resnext | grouped convolutions that weigh channels
SE-ResNet | se_?resnet | ResNet that weighs channels
ECA-ResNet | ecaresnet|eca_ | ResNet that weighs channels cheaply
ResNeSt | resnest | split attention in a ResNet
Res2Net | res2ne | several scales inside one block
ResNeXt | resnext | grouped convolutions
BiT | \bbit_|resnetv2.*bit|bit-m|bit-s|big transfer | transfers well to new tasks
ResNet-RS | resnetrs|resnet-rs | ResNet with a modern recipe
ResNet v2 | resnetv2|resnet.?v2 | ResNet with activation first
ResNet | resnet | dependable convolutional network with shortcuts
EfficientNetV2 | efficientnet.?v2 | accurate and fast to train
EfficientNet-Lite | efficientnet.?lite | EfficientNet for phones
EfficientNet | efficientnet|tf_eff | accurate on a small budget
MobileNetV4 | mobilenet.?v4 | newest network for phones
MobileNetV3 | mobilenet.?v3 | small network for phones
MobileNetV2 | mobilenet.?v2 | small network for phones
MobileNet | mobilenet | small network for phones
MobileOne | mobileone | under a millisecond on a phone
MobileViT | mobilevit | small transformer for phones
SPNASNet | spnasnet | phone network found by search
MNASNet | mnasnet|semnasnet | phone network found by search
ProxylessNAS | proxyless | network searched for one device
FBNet | fbnet | phone network found by search
Once-for-All | once-for-all|\bofa | one network cut to any device
RepGhost | repghost | cheap features without extra branches
GhostNet | ghostnet | cheap features for small devices
ShuffleNet | shufflenet | small network for phones
SqueezeNet | squeezenet | tiny classic network
HardCoRe-NAS | hardcorenas | network searched for a latency
HarDNet | hardnet | little memory traffic
TinyNet | tinynet | very small network
LCNet | lcnet | fast on ordinary processors
HGNet | hgnet | fast on graphics cards
Inception-ResNet | inception.?resnet | several filter sizes with shortcuts
InceptionNeXt | inception_?next | large kernels made cheap
Inception | inception|googlenet | several filter sizes side by side
Xception | xception | separable convolutions
NASNet | pnasnet|nasnet | network found by search
AmoebaNet | amoebanet | network found by evolution
RDNet | rdnet | DenseNet made modern
DenseNet | densenet | every layer sees all before it
RepVGG | repvgg | trains with branches, runs as a plain stack
VGG | \bvgg | plain deep stack of small filters
AlexNet | alexnet | the classic of 2012
RegNet | regnet | simple designs from a search space
NFNet | nfnet|nf_ | no batch normalisation, high accuracy
ConvNeXt V2 | convnext.?v2 | modern convolutional network pre-trained by filling gaps
ConvNeXt | convnext | modern convolutional network
ConvMixer | convmixer | patches and convolutions only
DPN | \bdpn | ResNet and DenseNet joined
DLA | \bdla | layers merged in a tree
DarkNet | darknet | backbone of YOLO
VoVNet | vovnet | merges features once, fast
SelecSLS | selecsls | fast for real-time body pose
ReXNet | rexnet | small network without bottlenecks
gMLP | gmlp | gated perceptrons only
ResMLP | resmlp | perceptrons only
SNNMLP | snnmlp | perceptrons with spiking neurons' ideas
MLP-Mixer | mixer | perceptrons only
Swin Transformer V2 | swin.?v2|swinv2 | windowed attention for large images
Swin Transformer | swin | windowed attention
DINOv3 | dinov3 | learned images without labels
DINOv2 | dinov2 | learned images without labels
DINO | \bdino|dino\b | learned images without labels
EVA-02 | eva02 | large vision transformer guided by CLIP
EVA | \beva | large vision transformer guided by CLIP
BEiT | beit | learned images by filling hidden patches
DiT | \bdit- | learned document pages without labels
MAE | mae\b | learned images by filling hidden patches
DeiT | deit | vision transformer trained on little data
CaiT | cait | deep vision transformer
XCiT | xcit | attention over channels
CrossViT | crossvit | two patch sizes at once
Twins | twins | local and global attention
PVT v2 | pvt | pyramid of vision transformers
MaxViT | maxvit|maxxvit | attention in blocks and grids
CoAtNet | coatne | convolution first, attention later
CoaT | \bcoat | attention over several scales
PoolFormer | poolformer|metaformer | pooling instead of attention
CAFormer | caformer | convolution first, attention later
ConvFormer | convformer | convolutions in a transformer's frame
LeViT | levit | fast vision transformer
SwiftFormer | swiftformer | transformer with cheap attention for phones
EfficientFormer | efficientformer | transformer as fast as a phone network
EfficientViM | efficientvim | fast state-space network
EfficientViT | efficientvit | fast vision transformer
EdgeNeXt | edgenext | network for small devices
TinyViT | tiny_?vit | small vision transformer taught by a large one
FastViT | fastvit | fast hybrid for phones
RepViT | repvit | phone network in a transformer's frame
FocalNet | focalnet | focuses on surroundings without attention
DaViT | davit | attention over space and channels
VOLO | \bvolo | fine-grained attention
ViTamin | vitamin | vision transformer made for CLIP
Hiera | hiera | simple fast hierarchical transformer
MViTv2 | mvitv2 | attention pooled at several scales
NaFlexViT | naflex | takes images of any shape
PiT | \bpit_ | vision transformer with pooling
TNT | \btnt_ | transformer inside a transformer
NesT | \bnest_|nest_ | nested blocks of attention
Visformer | visformer | vision-friendly transformer
Sequencer | sequencer | recurrent layers for images
ConViT | convit | soft bias towards convolution
StarNet | starnet | multiplies features, tiny and fast
FasterNet | fasternet | convolves part of its channels for speed
SHViT | shvit | single-head attention for speed
iFormer | iformer | convolution and light attention for phones
LowFormer | lowformer | fast with attention at low resolution
CPUBone | cpubone | fast on ordinary processors
GENet | gernet | fast on graphics cards
MixNet | mixnet | mixed kernel sizes for phones
SENet | senet | weighs its channels
MambaVision | mamba | state spaces and attention
AIMv2 | aimv2 | learned images and text step by step
InternViT | internvit | very large vision transformer
Vision Transformer | \bvit|vision transformer|samvit|flexivit | cuts an image into patches and reads them like words
"""

_TABLES_AGENTS = r"""
XGBoost | xgboost | boosted decision trees
Random forest | random.?forest|extra.?trees | many decision trees that vote
Gradient boosting | gradient.?boost|lightgbm|\bgbm|gb-forest | boosted decision trees
Decision tree | decision.?tree|\bfigs | rules that people can read
Logistic regression | logistic | simple linear classifier
Linear regression | linear.?regression|ridge|linearregr | simple linear model
k-nearest neighbours | \bknn|nearest | decides by similar rows
TabTransformer | tab.?transformer | transformer for tables
PPO | \bppo | learns a policy in small safe steps
DQN | \bdqn | learns the value of actions
A2C | \ba2c | learns a policy and its value together
TD3 | \btd3 | continuous control
SAC | \bsac- | continuous control with curiosity
TQC | \btqc | continuous control
POCA | \bpoca | teams that learn to cooperate
VC-1 | \bvc1|vc-1 | sees for robots that move and grasp
Graphormer | graphormer | transformer for molecules and graphs
"""


def _read(*tables: str) -> tuple[Architecture, ...]:
    rows = (line.split(" | ", 1) for line in filter(None, "\n".join(tables).splitlines()))
    parts = ((name, *rest.rsplit(" | ", 1)) for name, rest in rows)
    return tuple(Architecture(name, re.compile(pattern), known_for) for name, pattern, known_for in parts)


EVERY: Sequence[Architecture] = _read(
    _MULTIMODAL, _GENERATIVE, _AUDIO, _VIDEO, _DETECTION, _TEXT, _IMAGE, _TABLES_AGENTS
)
"""Every family, in the order in which they are tried."""


def _spelled(name: str) -> re.Pattern[str]:
    """A family's name as people write it: `MobileNetV2` and `MobileNet V2`, `Swin Transformer` and `Swin-Transformer`."""
    loose = re.sub(r"[ -]", "[ _-]?", re.escape(name).replace("\\ ", " ").replace("\\-", "-"))
    return re.compile(rf"(?<![A-Za-z0-9]){re.sub(r'(?<=[a-z])(?=V[0-9])', '[ -]?', loose)}(?![a-z])")


_NAMES = sorted(((family, _spelled(family.name)) for family in EVERY), key=lambda entry: -len(entry[0].name))


@lru_cache(maxsize=8192)
def architecture_of(text: str) -> Architecture | None:
    """The family that an architecture or a model's name tells of, or None.

    A family named in full counts before patterns, the first one named before others.
    """
    named = [(found.start(), place) for place, (_, name) in enumerate(_NAMES) if (found := name.search(text))]
    if named:
        return _NAMES[min(named)[1]][0]
    lowered = text.lower()
    return next((family for family in EVERY if family.pattern.search(lowered)), None)
