"""What well-known data sets hold, in our own words.

Model records name data sets by short names; people ask for what they are about. Lines read
`Name; other spellings: what it holds`. Spelling ignores case, owner and punctuation.
"""

# ruff: noqa: E501 - one data set a line

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set: its usual name and what it holds."""

    name: str
    holds: str


_IMAGES = """
ImageNet-1K; imagenet, imagenet_1k, ilsvrc-2012, imagenet-2012, ilsvrc2012, imagenet-ilsvrc-2012-cls, in1k: photos of a thousand everyday kinds of objects and animals
ImageNet-12K; in12k: photos of twelve thousand kinds of objects, animals and plants
ImageNet-21K; imagenet22k, in21k, in22k, imagenet-21k-p, ilsvrc-2012-21k: photos of twenty-one thousand kinds of objects, animals and plants
Imagenette: an easy part of ImageNet with ten classes
JFT-300M; jft, jft300m: hundreds of millions of web photos with labels
LVD-142M; lvd142m: 142 million varied photos without labels
LVD-1689M; lvd1689m: 1.7 billion web photos without labels
SAT-493M; sat493m: 493 million satellite pictures
LAION-2B; laion2b, laion2b_en, laion-2b-en: two billion pictures with English captions from the web
LAION-400M; laion400m: 400 million pictures with captions from the web
LAION-5B; laion5b, laion5b-aesthetics, laion-aesthetics: billions of pictures with captions from the web
DataComp-1B; datacomp1b, datacompxl: a billion filtered pictures with captions
DFN-5B; dfn2b, dfn5b, dfndr2b: billions of filtered pictures with captions
MetaCLIP; metaclip-400m, metaclip-2pt5b: curated web pictures with captions
WebLI; webli: web pictures with captions in many languages
YFCC100M; yfcc15m, yfcc-100m: Flickr photos with tags
Instagram-1B; ig1b, instagram-3-6b, swag: billions of public photos with hashtags
Conceptual Captions; cc3m, cc12m, conceptual_12m: web pictures with cleaned captions
SA-1B; sa1b: eleven million photos with a billion masks
CIFAR-10; cifar10: tiny pictures of ten kinds of animals and vehicles
CIFAR-100; cifar100: tiny pictures of a hundred kinds of things
MNIST: handwritten digits
Fashion-MNIST: small pictures of clothes and shoes
Food-101; food101, food: photos of 101 dishes
iNaturalist; inaturalist-2017, inat2017, inat2018, inat2021, inaturalist-2021: photos of thousands of plant and animal species
CUB-200; cub200, cub-200-2011, caltech-birds: photos of 200 bird species
AIY birds: photos of a thousand bird species
Stanford Cars; cars196: photos of 196 car models
Oxford Flowers; flowers102, oxford-flowers: photos of 102 kinds of flowers
Oxford Pets; oxford-iiit-pet, pets: photos of cat and dog breeds
Beans: photos of healthy and diseased bean leaves
PlantVillage; plant-village: photos of healthy and diseased crop leaves
Cassava: photos of cassava leaves with diseases
Places365; places-365: photos of 365 kinds of places
EuroSAT: satellite pictures of ten kinds of land use
BigEarthNet: satellite pictures with land-cover labels
So2Sat; so2sat: satellite pictures of local climate zones
RESISC45; resisc-45: aerial pictures of 45 kinds of scenes
UC Merced; uc-merced, ucmerced: aerial pictures of 21 kinds of land use
Visual Task Adaptation Benchmark; vtab, vtab-1k: nineteen varied picture tasks
RVL-CDIP; rvl_cdip: scans of sixteen kinds of office documents
FairFace: portraits with age, gender and origin
FER-2013; fer2013: faces with seven emotions
CelebA-HQ; celeba, celebahq, celeba-hq-256, celebamaskhq: portraits of celebrities
FFHQ; flickr-faces-hq: sharp portraits of people
AFHQ; afhqv2: portraits of cats, dogs and wild animals
LSUN; lsun-bedroom, lsun-church, lsun-cat: photos of rooms, buildings and animals
Smithsonian Butterflies; butterflies, smithsonian_butterflies_subset: pictures of butterflies
COCO; coco2017, coco-2017, mscoco, coco-captions, ms-coco, coco-2014, cococaption: everyday photos with eighty kinds of objects marked
COCO with VOC labels; coco-with-voc-labels-v1: everyday photos with people, animals, vehicles and furniture marked
COCO Panoptic; coco-panoptic, panoptic: everyday photos with every thing and background marked
COCO-Stuff; cocostuff: everyday photos with things and surroundings marked
LVIS: photos with over a thousand kinds of objects marked
Objects365; objects-365: photos with 365 kinds of objects marked
Open Images; openimages, openimages-v4, openimagesv4, open-images-v7, oid: photos with six hundred kinds of objects marked
Pascal VOC; voc, pascal-voc, voc2007, voc2012: photos with twenty kinds of objects marked
Cityscapes: street scenes of European cities with every pixel labelled
ADE20K; scene_parse_150, ade, mit-adeb: indoor and outdoor scenes with 150 kinds of regions marked
Sidewalk; sidewalk-semantic: street scenes seen by delivery robots
BDD100K; bdd, bdd-100k: dashcam videos of driving
KITTI: street scenes recorded from a car with distances
NYU Depth V2; nyu, nyuv2, nyu-depth: indoor scenes with measured distances
DIODE; diode-subset: indoor and outdoor scenes with measured distances
MIX 6; mix6, mix-6: ten mixed depth collections
Flying Things 3D; flyingthings3d, flyingthings-3d: rendered stereo scenes
ReDWeb: web photos with relative depth
Mapillary; mapillary-vistas: street photos from all over the world with every pixel labelled
LGG MRI; lgg-mri-segmentation, lgg: brain scans with tumours marked
Human parsing; human_parsing_dataset: people with clothes and body parts marked
Fashionpedia: photos of clothes and accessories marked
PubTables-1M; pubtables1m: a million tables from scientific papers
IAM; iam-line: handwritten English lines
SROIE: scanned receipts
CORD; cord-v2: scanned receipts with fields
DocVQA; docvqa: scanned documents with questions
InfographicVQA; infovqa: infographics with questions
FUNSD: scanned forms with marked fields
GoPro: sharp and blurred photo pairs
SIDD: noisy phone photos and their clean versions
LOL: dark photos and their bright versions
DIV2K; div2k: sharp photos for enlarging
Manga109: Japanese comics
DIBCO: scanned old manuscripts
Rico; rico_refexp_combined, rico: screenshots of phone apps
AI2D: labelled school diagrams
ChartQA: charts with questions
TextVQA; text-vqa: photos with text in them and questions
TextCaps: captions that read the text in a photo
OCR-VQA; ocrvqa: book covers with questions
VQAv2; vqa, vqa-v2, vqa2, visual-question-answering: photos with questions and answers
OK-VQA; okvqa: photos with questions that need general knowledge
Visual Genome: photos with described regions
Flickr30k; flickr30k-captions, flickr-30k: photos with five captions each
License plates; license-plate-object-detection, license-plate-detection: cars with number plates marked
Hard hats; hard-hat-detection: building workers with and without safety helmets
Potholes; pothole-segmentation: roads with potholes marked
Blood cells; blood-cell-object-detection: blood cells under the microscope
Table extraction; table-extraction: documents with tables marked
Buildings; satellite-building-segmentation: satellite pictures with buildings marked
PCB defects; pcb-defect-segmentation: circuit boards with defects marked
Forklifts; forklift-object-detection: warehouses with forklifts and people marked
Planes; plane-detection: aerial pictures with aeroplanes marked
CS:GO players; csgo-object-detection: scenes of the game Counter-Strike with players marked
Valorant; valorant-object-detection: scenes of the game Valorant with players marked
NFL helmets; nfl-object-detection: football players with helmets marked
RSICD; rsicd: aerial pictures with descriptions
PMC-15M; pmc-15m: fifteen million medical figures with captions
ICDAR 2019 tables; icdar2019tabledataset, icdar: scanned documents with tables marked
MJSynth; mjsynthandsynthtext, synthtext: rendered words for reading text in pictures
DiffusionDB; diffusiondb: prompts with the pictures made from them
WikiArt; wikiart: paintings by style and artist
Aesthetics; improved_aesthetics_6plus, laion-improved-aesthetics: pictures that people find beautiful
SBU captions; sbu: Flickr photos with captions
COYO-700M; coyo700m: 700 million pictures with captions
SVHN; svhn: house numbers in street photos
Raindrop; raindrop: photos through a wet window and their clean versions
FashionGen: fashion pictures
Diabetic retinopathy; diabetic-retinopathy: photos of the eye's background
"""

_VIDEO_AUDIO = """
Kinetics-400; kinetics, kinetics400, k400: clips of 400 human actions
Kinetics-600; kinetics600, k600: clips of 600 human actions
Kinetics-700; kinetics700: clips of 700 human actions
UCF101; ucf-101, ucf101-subset: clips of 101 sports and actions
HMDB51; hmdb-51: clips of 51 human actions
Something-Something V2; somethingsomething, ssv2, something-something: clips of hands doing things with objects
HowTo100M; howto100m: instruction videos with spoken text
Charades; charades: clips of daily life at home
AVA: films with the actions of each person marked
YouTube-8M; yt8m, youtube8m: millions of YouTube videos with topics
BAIR robot pushing; bair: a robot arm pushing things about
Vimeo-90K; vimeo90k: short clips for filling in frames
LibriSpeech; librispeech_asr, libri, librispeech-960h, ls960: read English audiobooks
Libri-Light; libri_light, librilight: audiobooks without text
LibriTTS; libri-tts: audiobook sentences of many English speakers
LibriMix; libri1mix, libri2mix, libri3mix, libri2mix-clean: mixed voices made from audiobooks
Multilingual LibriSpeech; mls, multilingual_librispeech, multilingual-librispeech-2000-hours: audiobooks in eight languages
Common Voice; common_voice, commonvoice, mozilla-foundation/common_voice, common_voice_7_0, common-voice-8: sentences read by volunteers in many languages
VoxPopuli; voxpopuli-en: speeches of the European Parliament
VoxCeleb; voxceleb1, voxceleb2, mini_voxceleb1: voices of celebrities in interviews
VoxLingua107; voxlingua: speech in 107 languages
CommonLanguage; common_language: speech in 45 languages
Switchboard; switchboard-1, swbd: English telephone talks
Fisher; fisher_corpus, fisher: English telephone talks
WSJ; wsj-0, wsj-1, wsj0: newspaper articles read aloud
WSJ0-2Mix; wsj0-mix, wsj02mix, wsj03mix, wsj0-3mix: two or three voices mixed together
WHAM!; wham, wham16k: mixed voices with noise of cafés and streets
WHAMR!; whamr, whamr16k: mixed voices with noise and echo
VoiceBank + DEMAND; voicebank, demand, voicebank-demand: noisy speech and its clean version
CHiME-4; chime4: speech in noisy buses, cafés and streets
DNS Challenge; dns, dns-challenge: noisy speech and its clean version
MUSDB18; musdb, musdb18-hq, musdb-hq: songs with vocals, drums, bass and the rest apart
LJSpeech; lj-speech, ljspeech, lj: one English woman reading books
VCTK; vctk: English speakers with many accents
CSS10; css10: single speakers of ten languages
Baker: one Chinese woman reading
KSS: one Korean woman reading
RyanSpeech; ryanspeech: one English man talking
MuST-C; mustc, must-c: TED talks with translations
CoVoST 2; covost2, covost: speech with translations
Fleurs; fleurs: sentences read in 102 languages
Speech Commands; speech_commands, google-speech-commands, speechcommands: single spoken command words
IEMOCAP: acted talks with emotions
RAVDESS: acted speech and song with emotions
CREMA-D; cremad: acted sentences with emotions
MSP-Podcast; msp-podcast: podcast speech rated for emotion
MESD: Mexican speech with emotions
AudioSet; audio-set, audioset: clips of 527 kinds of sounds from YouTube
ESC-50; esc50: environmental sounds
UrbanSound8K; urbansound8k: city sounds such as sirens and drilling
GTZAN: songs of ten music genres
SUPERB; superb: a benchmark of speech tasks
AMI: recorded meetings
VIVOS; vivos: Vietnamese speech
VLSP; vlsp: Vietnamese speech
Zeroth Korean; zeroth_korean, zeroth: Korean speech
ReazonSpeech; reazonspeech: Japanese television speech
People's Speech; peoples_speech: thirty thousand hours of English speech
DIHARD; dihard3, dihard-3-full: hard recordings of many speakers
AISHELL; aishell4, aishell-1: Mandarin speech
CALLHOME; callhomepart2: telephone talks of families
VoxConverse; voxconverse: debates and shows with many speakers
WebVid; webvid, webvid-10m: short web videos with captions
Open STT; open-stt: Russian speech
CMU Arctic; cmu-arctic, cmuarctic: read English sentences
Multilingual TEDx; mtedx: TEDx talks with text in many languages
TAT: Taiwanese Hokkien speech
National Singapore Corpus; nationalsingaporecorpus: Singaporean English speech
FMA; fma: free music of many genres
"""

_TEXT = """
Wikipedia; wiki, wikipedia-en, enwiki, wikidump: encyclopedia articles
BookCorpus; bookcorpus, bookcorpusopen, books: unpublished novels
CommonCrawl; common-crawl, cc100, cc-100, commoncrawl: text of the web
C4; c4, en-c4: cleaned English web text
mC4; mc4: web text in 101 languages
OSCAR; oscar: web text by language
OpenWebText; openwebtext, webtext: web pages recommended on Reddit
The Pile; the_pile, pile: books, code, papers and web text
RedPajama; redpajama: open web text, books and code
The Stack; the-stack: program code in many languages
CodeSearchNet; code_search_net: functions with their comments
Code contests; code_contests: programming puzzles with solutions
Google News; google-news-100b, gnews: news articles
One Billion Words; lm1b, 1b-words: news sentences
PubMed; pubmed, pubmed_qa, pubmedqa: abstracts of medical papers
MIMIC-III; mimic, mimic-iii: hospital notes
S2ORC; s2orc: scientific papers
arXiv; arxiv, arxiv-summarization: papers of physics, mathematics and computing
SST-2; sst, sst2, stanford-sentiment: film reviews judged positive or negative
IMDb; imdb, imdb-reviews: film reviews judged positive or negative
Yelp; yelp_polarity, yelp_review_full, yelp-reviews: reviews of restaurants and shops
Amazon reviews; amazon_polarity, amazon_reviews_multi, amazon-reviews: product reviews with stars
TweetEval; tweet_eval: tweets with sentiment, emotion, irony and hate
GoEmotions; go_emotions: Reddit comments with 28 emotions
Emotion; emotion, dair-ai/emotion: tweets with six emotions
Financial PhraseBank; financial_phrasebank: sentences from financial news judged for mood
StockTwits; stocktwits-crypto: traders' short messages
Jigsaw toxicity; jigsaw, jigsaw-toxic, civil_comments, jigsaw_toxicity_pred, jigsaw-unintended-bias: toxic and harmless comments
AG News; ag_news: news in four topics
Yahoo Answers; yahoo_answers_topics: questions in ten topics
GLUE; glue: nine tasks of language understanding
SuperGLUE; superglue, super_glue: harder tasks of language understanding
CoLA; cola: sentences judged for grammar
MRPC: sentence pairs that say the same or not
QQP; quora, quora-duplicates, qqp: pairs of questions that mean the same or not
STS Benchmark; stsb, sts-benchmark, stsb_multi_mt, sts: sentence pairs rated for similarity
SNLI; snli: sentence pairs that follow from or contradict each other
MNLI; mnli, multi_nli, multinli: sentence pairs that follow from or contradict each other
XNLI; xnli: logic between sentences in fifteen languages
ANLI; anli: tricky sentence pairs for logic
FEVER; fever, fever-nli: claims to be checked against Wikipedia
QNLI: questions and sentences that answer them or not
MedNLI; mednli: logic between sentences of medical notes
SciTail; scitail, scinli: logic between sentences of science
CoNLL-2003; conll2003, conll03, conll-03, conll2003-english: news with persons, places and organisations marked
OntoNotes; ontonotes, ontonotes5, ontonotes-v5: texts with eighteen kinds of names marked
WikiNER; wikiner, wikiner_fr: Wikipedia sentences with names marked
WikiNEuRal; wikineural: names marked in nine languages
WikiANN; wikiann, xtreme, panx: names marked in many languages
Universal Dependencies; universal_dependencies, ud, udtreebank: sentences with grammar marked
NCBI Disease; ncbi_disease: medical abstracts with diseases marked
Inspec; inspec: scientific abstracts with key phrases
SQuAD; squad, squad_v1, squad1, squadv1, squad11, squad-v1.1: questions about Wikipedia paragraphs
SQuAD 2.0; squad2, squad_v2, squadv2, squad20: questions about Wikipedia paragraphs, some without an answer
FQuAD; fquad, squadfr, squad-fr, piaf: questions about French paragraphs
GermanQuAD; germanquad: questions about German paragraphs
SQuAD Spanish; squad_es, squad-es, squad-es-v2: questions about Spanish paragraphs
SQuAD Portuguese; squad_v1_pt: questions about Portuguese paragraphs
XQuAD; xquad, xquadv1, mlqa: questions about paragraphs in many languages
Natural Questions; natural_questions, nq: questions asked of Google
TriviaQA; trivia_qa: quiz questions
HotpotQA; hotpot_qa: questions that need two articles
MS MARCO; ms_marco, msmarco: web search questions with passages
ELI5; eli5: explanations in simple words
GooAQ; gooaq: Google's questions and answers
CUAD; cuad: contracts with important clauses marked
CORD-19; cord19, cord-19, covid-qa, covid_qa_deepset: papers about COVID
WikiTableQuestions; wikitablequestions, wtq: questions about Wikipedia tables
SQA; sqa, msr_sqa: step-by-step questions about tables
WikiSQL; wikisql, wiki_sql: questions with database queries
TabFact; tab_fact: statements checked against tables
CNN/DailyMail; cnn_dailymail, cnn-dm, cnndm: news articles with highlights
XSum; xsum: news articles with one-sentence summaries
XLSum; xlsum, csebuetnlp/xlsum: news with summaries in 45 languages
SAMSum; samsum: chat messages with summaries
DialogSum; dialogsum: everyday talks with summaries
BookSum; booksum: chapters of novels with summaries
BigPatent; big_patent, bigpatent: patents with summaries
Scientific papers; scientific_papers: long papers with abstracts
Multi-News; multi_news: several articles with one summary
WikiHow; wikihow: instructions with summaries
Gazeta; gazeta: Russian news with summaries
Gigaword; gigaword: news sentences with headlines
OPUS; opus, opus-mt, opus100: translated texts of many kinds
WMT; wmt, wmt14, wmt16, wmt19, wmt21, wmt17: translated news
Europarl; europarl, wmt/europarl, europarl_st: debates of the European Parliament
Tatoeba; tatoeba: short translated sentences
Flores; flores, flores101, flores200, flores-200: sentences in two hundred languages
TED talks; ted_talks_iwslt, iwslt, iwslt14, ted: translated TED talks
JFLEG; jfleg, c4_200m, c4-200m: learners' sentences with corrected grammar
PAWS; paws, paws-x: reworded sentences
SODA; soda, allenai/soda: everyday talks with social common sense
Blended Skill Talk; blended_skill_talk: talks with empathy, knowledge and personality
Persona-Chat; persona_chat, personachat, conv_ai_2, bavard/personachat_truecased: talks between people with a described character
DailyDialog; daily_dialog: everyday talks
Reddit; reddit, reddit-comments: discussions on Reddit
Wizard of Wikipedia; wizard-of-wikipedia: talks about topics of Wikipedia
MultiWOZ; multi_woz, multiwoz: talks that book hotels, trains and tables
Alpaca; alpaca, tatsu-lab/alpaca: written instructions with answers
P3; p3, bigscience/p3: many tasks written as instructions
xP3; xp3: many tasks in 46 languages written as instructions
FLAN; flan: many tasks written as instructions
HH-RLHF; hh-rlhf: answers judged helpful and harmless
WebGPT; webgpt_comparisons: answers compared by people
StackExchange; stackexchange_xml, stackexchange, stack-exchange: questions and answers of help forums
Stack Overflow; stackoverflow: programmers' questions and answers
CC-News; cc_news, ccnews: news articles
RealNews: news articles
MIND: news that people clicked
PAQ; paq_pairs, paq: millions of generated questions and answers
WikiAnswers; wikianswers: questions that mean the same
AllNLI; all-nli, nli, nli_zh: sentence pairs for logic
BEIR; beir, mteb: search and embedding tasks
Chinese news; chinanews, thucnews: Chinese news
CLUE; cluecorpussmall, clue: Chinese texts
LCSTS: Chinese news with headlines
CMRC 2018; cmrc2018, cmrc: questions about Chinese paragraphs
KorSTS; kor_nlu, kornli: Korean sentence pairs
brWaC; brwac: Brazilian web text
WikiText; wikitext2, wikitext-103: Wikipedia articles for language models
LAMBADA; lambada: stories whose last word must be guessed
MMLU; mmlu: exam questions of 57 subjects
GSM8K; gsm8k: school maths word problems
AQuA; aqua_rat: algebra questions with reasoning
e-SNLI; esnli: sentence logic with explanations
HellaSwag; hellaswag: everyday situations to be continued
RACE: reading tests of Chinese schools
BoolQ; boolq: yes-or-no questions
QReCC; qrecc: questions within a conversation
Taskmaster; taskmaster2: talks that order and book things
WikiDialog; wiki_dialog: talks made from Wikipedia
SearchQA; search_qa: quiz questions with search results
Sentence compression; sentence-compression: sentences and their short forms
Simple Wikipedia; simple-wiki: hard sentences and simple ones
SPECTER; specter: titles of papers that cite each other
REBEL; rebel-dataset: facts linked to Wikipedia sentences
Amazon questions; amazon-qa: questions about products
MFAQ; mfaq: frequently asked questions of web sites in 21 languages
Midjourney prompts; midjourney-prompts: prompts for making pictures
Terms of service; tosdr: terms of service with short points
Billsum; billsum: US laws with summaries
MLSUM; mlsum: news with summaries in five languages
Newsroom; newsroom: news with summaries
Reddit TIFU; reddit_tifu: Reddit stories with summaries
AESLC; aeslc: e-mails with subject lines
NSMC; nsmc: Korean film reviews
KorQuAD; korquad: questions about Korean paragraphs
WikiTableQuestions Korean; korwikitq: questions about Korean tables
TREC; trec: search questions with judged passages
SemEval; semeval: tweets and texts judged for sentiment
TASS; tass: Spanish tweets judged for sentiment
GermEval; germeval: German texts with names or opinions marked
Radiology reports; radreports: radiologists' reports
InstaFood; instafoodset: food names in Instagram posts
Pile of Law; pile-of-law: contracts, judgments and laws
LCCC; lccc: Chinese chats
Prosocial dialogue; prosocial-dialog: talks that answer harm with kindness
NewsQA; newsqa: questions about news
Blogs: blog posts
"""

_OTHER = """
Iris; iris, iris-train: measurements of three kinds of iris flowers
Wine Quality; wine-quality, red-wine, wine: chemical measurements of wines
Titanic: passengers of the Titanic and who survived
Adult Census; adult-census-income, adult, census-income, adult-train: people's census data and income
Breast Cancer; breast_cancer, breast-cancer-wisconsin, breastcancer: measurements of tumour cells
COMPAS; compas-recidivism, compas: court records and whether people offended again
Pokémon; kaggle-rounakbanik-pokemon, pokemon: Pokémon and their figures
California Housing; california_housing, california-housing: districts with house prices
US housing prices; us-housing-prices: houses with prices
Fish weight; fish-market, fish-weight: measurements of fish
Tips; tips: restaurant bills and tips
Credit Card Fraud; creditcardfraud, credit-card-fraud: card payments, few of them fraud
Flight delays; flight-delay, flights: flights and their delays
MovieLens; movielens: ratings of films
Electricity: electricity use over time
Traffic: road traffic over time
Gym; gym, d4rl, openai-gym: simulated games and robots
Atari; atari: old video games
PCQM4M; pcqm4m, pcqm4mv2, pcqm4m-lscv2: molecules with quantum figures
OGB; ogbg-molhiv, ogb: molecules and graphs with properties
UMLS; umls: medical terms and their synonyms
UniRef; uniref, uniref50, uniref100: protein sequences
"""


def _squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _read(*tables: str) -> dict[str, Dataset]:
    found: dict[str, Dataset] = {}
    for line in filter(None, "\n".join(tables).splitlines()):
        head, _, holds = line.partition(": ")
        name, *others = (part.strip() for part in re.split(r"[;,]", head))
        for spelling in (name, *others):
            found.setdefault(_squeezed(spelling.rpartition("/")[2]), Dataset(name, holds))
    return found


DATASETS: Mapping[str, Dataset] = _read(_IMAGES, _VIDEO_AUDIO, _TEXT, _OTHER)
"""Squeezed spelling → data set."""

_TRAILING = re.compile(r"(dataset|train|training|validation|val|test|v?\d+)+$")
_SHORTEST_PREFIX = 7  # letters: shorter names begin too many others


def dataset_of(name: str) -> Dataset | None:
    """The data set that a record's name means, or None when the table doesn't know it."""
    key = _squeezed(re.sub(r"^autotrain-data-", "", name.strip().rpartition("/")[2]))
    for spelling in (key, _TRAILING.sub("", key)):
        if spelling in DATASETS:
            return DATASETS[spelling]
    prefixes = (known for known in DATASETS if len(known) >= _SHORTEST_PREFIX and key.startswith(known))
    best = max(prefixes, key=len, default=None)
    return DATASETS[best] if best else None
