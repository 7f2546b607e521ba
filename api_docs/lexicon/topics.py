"""What a model is about beyond its task, told from its name, tags and data sets.

Lines read `pattern | use`: where the pattern is found, the use, in our own words, is one of the model's.
Patterns are searched in lower case with `-`, `_` and `/` as blanks.
"""

# ruff: noqa: E501 - one subject a line

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from api_docs.domains import Domain

_TEXT = r"""
financ|finbert|stock|phrasebank | judging the mood of financial news and reports
crypto|bitcoin | judging posts about cryptocurrencies
esg | sorting company reports by environment, social and governance topics
sentiment|sst ?2|polarity|imdb|review|opinion | telling positive from negative opinions in reviews and comments
multilingual uncased sentiment|stars | rating product reviews with one to five stars
twitter|tweet | understanding tweets and short social media posts
emotion|go ?emotions|emoroberta|feeling | recognising emotions such as joy, anger, fear and sadness in text
toxic|hate|offensive|abus|moderation | spotting toxic, hateful or insulting comments
spam|phish | spotting spam and fraud messages
language (detection|identification)|language id|lang id|langid | telling which language a text is written in
openai detector|chatgpt detector|ai text | telling text written by a machine from text written by people
gibberish | spotting meaningless text
irony|sarcas | spotting irony and sarcasm
fake news|misinformation|fact check|fever | checking claims and news for truth
question vs statement | telling questions from statements
intent|banking77 | recognising what a customer wants
topic|news(?! |$)|agnews|chinanews | sorting news by topic
reward model|rlhf|hh rlhf | scoring answers by how much people like them
prompt guard|jailbreak|injection | spotting attempts to trick a language model
mnli|\bnli\b|xnli|anli|entail|snli | telling whether one sentence follows from another
zero ?shot | sorting text into labels chosen at run time
paraphras|parrot|mrpc|\bqqp\b | saying a sentence in other words
grammar|jfleg|gec\b|error correction | correcting grammar and spelling
punctuat|punct\b | putting full stops, commas and other punctuation into raw text
question gen|qg\b|generation ap | making up questions from a text
one line summary|headline|title gen | writing headlines and titles
keyword|keyphrase|kbir | picking out key words and phrases
^(?!.*(\btable|tapas)).*(question answer|squad|extractive qa|mrc\b|\bqa\b) | answering a question from a passage
ner\b|conll|ontonotes|wikiner|wikineural|entity | finding names of people, places and organisations
with dates | finding dates in text
company all|companies | finding company names
job all|job title | finding job titles
name all | finding persons' names
\bpos\b|upos|part of speech | naming each word's part of speech
chunk | finding phrases of a sentence
deidentif|de identif|anonym|\bpii\b | removing patients' and persons' private details
biomedic|pubmed|biobert|medical|clinical|mimic|maccrobat|sapbert|umls|biogpt|bio ?link|radiology|radreports|health|doctor | working with medical and scientific language
covid|cord ?19 | questions and texts about COVID-19
chem|molecul|drug | names of drugs and chemicals
legal|law\b|contract|cuad|tosdr|terms|billsum | working with laws, contracts and terms of service
stackoverflow | finding code and software names in programmers' posts
chinese ws | splitting Chinese text into words
patent | working with patents
scientific|arxiv|specter|s2orc|allenai | working with scientific papers
food\b|recipe|instafood | finding food in posts and recipes
disaster|deprem|earthquake | reading calls for help after an earthquake
code ?search|codet5|codebert|santacoder|starcoder|python|program|the stack|codegen|coder\b | writing and understanding program code
\bsql\b|wikisql | turning questions into database queries
relation extraction|rebel | finding facts and how things are related
samsum|dialog ?sum|meeting|conversation summar | summarising chats and meetings
cnn|dailymail|xsum|xlsum|gazeta|news summar|multi news | summarising news articles
booksum|book summary|long ?document|longformer|16384|\bled\b | summarising long documents and books
summar|pegasus | shortening a long text to its main points
translat|opus mt|nllb|m2m|wmt|fugumt|small100 | translating between languages
ancient|wenyan | turning modern Chinese into classical Chinese and back
text to music|music caption|abc notation | writing melodies as notes
stable diffusion prompt|magicprompt|prompt generator|midjourney | writing prompts for picture generators
story|novel|fiction|horror|creative | writing stories
poem|poet|lyric | writing poems and lyrics
instruct|alpaca|flan|t0|dolly|oasst|\bp3\b|xp3|chat(?!bot) | following written instructions
reason|r1\b|thinking|gsm8k|math | reasoning and maths problems
chatbot|dialo ?gpt|blender|godel|dialog|convai|conversation|persona|chitchat | chatting with people
pygmalion|roleplay|character|joshua|rick | playing a character in a chat
paradetox|detox | making rude text polite
simplif | making text easier to read
key ?to ?text|common ?gen | making a sentence from key words
table ?qa|wtq|tapas|tapex|wikitable|\bsqa\b | answering questions about the rows and columns of a table
masked|fill ?mask|cloze | guessing missing words
multi qa|semantic search|msmarco|ms marco|search | finding passages that answer a query
duplicate|quora | finding duplicate questions
rerank|cross encoder|ranking | putting search results in the best order
paraphrase multi|multilingual | working across many languages
cluster | grouping texts by meaning
patentsberta | comparing patents
faq|mfaq | matching questions with frequent answers
instructor|gte|bge|embedding | vectors for search, clustering and recommendation
clip vit | comparing pictures and sentences
labse | comparing sentences across languages
bert base nli|simcse|\bsts|stsb|similarity | rating how alike two sentences are
\bauthor|gender|\bage\b | guessing about the author
politic|party | political texts
religio|bible|quran | religious texts
historic|old | historical texts
empath | replying with empathy
long|4096|8192|1m\b | reading long inputs
distil|tiny|mini|small|nano | running fast with little memory
"""

_IMAGE = r"""
hard ?hat|helmet|nlf head | finding safety helmets on people
licen[sc]e plate|rego plate|number plate | finding number plates of vehicles
blood ?cell | finding and counting blood cells under the microscope
table (extraction|detection|structure|transformer|recognition)|pubtables|doc table | finding tables in scanned documents and PDFs
invoice|receipt|cord v2|sroie | reading invoices and receipts
csgo|valorant|game | finding players in video games
forklift | finding forklifts and people in a warehouse
plane|aircraft|aerial|waldo|drone|satellite|remote sensing|rsicd|eurosat | looking at the ground from the air
building | marking buildings in satellite pictures
pothole | finding potholes in roads
pcb|defect | finding defects in circuit boards and products
fashion|cloth|garment|human parsing | finding clothes and accessories in photos
sidewalk|cityscapes|street|bdd|drivable|road | understanding streets for cars and robots
ade\b|ade20k|scene parse | labelling every region of indoor and outdoor scenes
face parsing|celebamask | marking hair, eyes, lips and other parts of a face
face|facial|fer2013|emotion|emorec | reading faces and their expressions
age classif|\bage\b|fairface | guessing a person's age from a face
gender | guessing a person's gender from a face
nsfw|hentai|porn|moderation | spotting pictures unfit for work
anime ai|ai image|image detector|deepfake | telling real pictures from computer-made ones
aesthetic | judging how beautiful a picture is
food|hotdog | recognising dishes
bean|leaf|leaves|plant|crop|cassava | recognising plants and their diseases
inat|species|birds|bird|cub200|flower | recognising species of plants and animals
pet\b|pets|dog|cat | recognising pets
retinopathy|eye|fundus | spotting eye disease in photos of the retina
x ?ray|chest|pneumonia|mri|brain|tumou?r|biomedclip|medical|skin|lesion | reading medical pictures
rvl ?cdip|document image|dit base | sorting scanned documents by kind
beans? | recognising bean diseases
meme | recognising memes
weather | recognising the weather
snack|grocery|product | recognising products
imagenet|in1k|in21k|in22k|in12k|1k\b | recognising a thousand kinds of everyday things
docvqa|layoutlm|donut|document q|infovqa|mp ?docvqa|pdf | answering questions about scanned documents and forms
chart|deplot|matcha | reading charts
screenshot|refexp|ui\b|widget | finding things on app screens
textcaps|textvqa|ocr ?vqa|ocr|trocr|printed | reading text in pictures
mgp str|scene text | reading words on signs and labels in photos
handwrit|iam | reading handwriting
manga | reading Japanese comics
captcha | reading captchas
captcha|caption|coco en|cococap|image caption|blip image | describing pictures in a sentence
ai2d | explaining school diagrams
\bvqa|visual question|vilt | answering questions about photos
panoptic | marking every thing and the background
clipseg|refined | cutting out what a text names
semantic seg|segformer|deeplab|upernet | labelling every pixel by class
background|rmbg|matting|birefnet | removing the background of a photo
nyu|diode|glpn | measuring distance in indoor scenes
kitti | measuring distance in street scenes
control.*depth | drawing along a depth map
^(?!.*control).*(depth|dpt|midas) | telling near from far in a photo
canny|edge|hed\b|softedge|lineart|mlsd|straight line | drawing along given edges and lines
scribble|sketch | turning a scribble into a picture
openpose|human pose|pose\b | drawing people in a given pose
normal ?bae|normal map|control.*normal | drawing along a surface's shape
seg\b.*control|control.*seg | drawing along a segmentation map
shuffle | mixing the style of pictures
inpaint | repainting a part of a picture
pix2pix|ip2p|edit|kontext | changing a picture by written instruction
super ?resolution|upscal|esrgan|swin2sr|x2\b|x4\b|aurasr|seedvr | making pictures larger and sharper
deblur | removing blur from photos
denois | removing noise from photos
derain|raindrop | removing rain from photos
dehaz | removing haze from photos
low ?light|enhanc|lol\b | brightening dark photos
coloriz|ddcolor | colouring black-and-white photos
style transfer|stylis|background gan|animegan|arcane|ghibli|inkpunk|openjourney|comic|cartoon | giving pictures an artistic style
relight | changing the light of a photo
try ?on|vton | trying clothes on in a photo
bored ?ape|cryptopunk|nft|mutant | making collectable art
anime|waifu|manga|anything v|counterfeit|pastel | drawing in anime style
photoreal|realistic|analog | making pictures that look like photos
portrait|celeb|ffhq|faces? | portraits of people
church|lsun | pictures of buildings and rooms
butterfl | pictures of butterflies
cifar | small pictures of animals and vehicles
bedroom | pictures of bedrooms
pokemon | drawing Pokémon
dreambooth|dog food | drawing one particular subject
minecraft | Minecraft scenes and skins
mars|planet|galax|universe|space | pictures of space
shoe | pictures of shoes
afhq | portraits of cats, dogs and wild animals
riffusion | making music by drawing its spectrogram
mo di\b | drawing in the style of animated films
redshift | drawing as if rendered in 3D
nitro | mixing several drawing styles
sd vae | sharper faces and details for Stable Diffusion
image (variations|conditioned) | making variations of a picture
flag|logo | drawing flags and logos
vehicle|car\b|cars|traffic|waldo|yolop|hybridnets | finding vehicles and reading traffic
coco\b|detr|yolos|yolov5s v7|yolov8s$|objects365 | finding everyday objects such as people, cars, animals and furniture
owl|grounding|zero shot|open vocab|llmdet | finding things that words describe
kinetics|videomae|timesformer|xclip|vivit | recognising human actions in video
ssv2|something | recognising how hands handle things
ucf101|hmdb | recognising sports and everyday actions
surveillance|crime|violence|fight | spotting violence in surveillance video
korean|ko\b|chinese|multilingual|i18n|jina|mexma | understanding labels in other languages
\bsam2?\b|segment anything|mask | cutting out anything that is pointed at
dino|feature|backbone | picture vectors for search and clustering
keypoint|superpoint|superglue|lightglue | matching two pictures of the same place
microstructure|material | materials under the microscope
binariz | cleaning scanned old manuscripts
mobile|edge\b|tiny|small|nano|lite | running on phones and small devices
"""

_AUDIO = r"""
emotion|mesd|resd|iemocap|aesdd|\ber\b | hearing the emotion in a voice: angry, happy, sad or calm
lang(uage)? id|voxlingua|commonlanguage|language identification|mms lid | recognising which language is spoken
keyword|speech command|\bks\b|0 9up|0 9 | recognising single spoken words and digits
speaker (verif|identif|recog)|spkrec|\bsid\b|voxceleb|x ?vect | recognising speakers by their voice
adult child|child | telling children's voices from adults'
gender | telling men's voices from women's
genre|gtzan|music gen | recognising styles of music
audioset|esc 50|urbansound|sound event|\bast\b | recognising everyday sounds such as dogs, sirens and music
bird | recognising bird calls
cough|covid | recognising coughs
accent|dialect | recognising accents
diariz | telling who speaks when
overlap | finding where people talk at once
segmentation|voice activity|\bvad\b|speech detection | finding where speech starts and ends
enhanc|metricgan|denois|dns|voicebank|dccrnet|dcunet|resemble | removing noise from speech
wham|whamr|reverb | speech in noise and echo
sep ?former|source separation|speech separation|tasnet|libri2mix|libri3mix|wsj0?2mix|sepclean|sep clean|dprnn | separating people who talk at once
umx|unmix|demucs|musdb|vocals | splitting songs into vocals, drums, bass and the rest
beamform|chime|multichannel | recordings with several microphones
voice conversion|\bvc\b|sovits | turning one voice into another
speech to speech|s2s|textless|xm transformer|s2ut|unity|hk en|en hk|hokkien | translating speech into speech
tts|text to speech|ljspeech|vits|tacotron|fastspeech|speech synth | reading text aloud
hifigan|melgan|vocoder|waveglow | turning spectrograms into sound
multi speaker|200 speaker|libritts|vctk | many voices to choose from
female|ljspeech|kan bayashi | a woman's voice
male\b|ryan | a man's voice
amadeus|artoria|midori|anime | voices of anime characters
whisper | transcribing noisy recordings in many languages
librispeech|960h|ls960 | transcribing English speech
telephone|swbd|switchboard|fisher|callhome | transcribing telephone calls
timestamp|subtitle | making subtitles
punctuat|fullstop | transcripts with punctuation
streaming|real ?time|tiny|small|nano|int8 | running fast on small devices
children|kids | children's speech
phoneme|espeak | transcribing sounds as phonetic signs
music|song|riffusion|musicgen | making and understanding music
codec|encodec | squeezing sound into few bits
"""

_TABLES = r"""
wine | rating wines from chemical measurements
t[ia]tanic | telling who would survive a shipwreck from passenger data
iris | telling iris flowers apart by petal and sepal measurements
adult|census|income | telling whether a person earns a high income
breast|cancer | telling harmless from dangerous tumours by cell measurements
compas|recidiv | judging the risk of offending again
pokemon|legendary | telling legendary Pokémon from ordinary ones by their figures
fraud|imbalanced|credit | finding card fraud among ordinary payments
flight|delay | predicting whether a flight is late
movielens|collaborative|recommend | recommending films from ratings
digits | recognising handwritten digits given as figures
imdb|sentiment|news | sorting texts given as figures
churn|customer | predicting which customers leave
house|housing|price|california | predicting house prices
co2|carbon|emission|dragino|rssi|mikrotik|pcoloc | predicting sensor and radio figures and emissions
anomal | finding unusual values in a series
fish | predicting a fish's weight from its measurements
tip\b|tips|tip ?regression | predicting restaurant tips
electric|energy|power|load | predicting electricity use
close|stock|outhimar | predicting prices from past figures
cars?\b|mpg | predicting figures of cars
playground|demo|test | trying out tables quickly
salary|wage | predicting salaries
diabet|heart|patient | predicting disease from patients' figures
"""

_AGENTS = r"""
cart ?pole | balancing a pole on a cart
lunar ?lander | landing a spacecraft
mountain ?car | driving a weak car up a hill
pendulum|acrobot | swinging up and balancing a pendulum
pong|breakout|atari|seaquest|space ?invaders|qbert | playing Atari games
hopper|walker|half ?cheetah|ant v|humanoid|mujoco | making a simulated body walk and hop
soccer|poca | playing football in a team
taxi|frozen ?lake | finding a way on a grid
doom|vizdoom|health ?gather | playing a shooting game
bipedal | walking on two legs
car ?racing | driving a racing car
minecraft|diamond|foundation | playing Minecraft
decision ?transformer | choosing actions from wanted rewards
vc1|vc 1|manipulat|ego4d|lerobot|robot | seeing for robots that move and grasp things
molecul|pcqm|graphormer|chem | predicting properties of molecules
expert | expert play
"""

_AUDIO_DOMAINS = frozenset(
    {
        Domain.TEXT_TO_SPEECH,
        Domain.TEXT_TO_AUDIO,
        Domain.AUTOMATIC_SPEECH_RECOGNITION,
        Domain.AUDIO_TO_AUDIO,
        Domain.AUDIO_CLASSIFICATION,
        Domain.AUDIO_FEATURE_EXTRACTION,
        Domain.VOICE_ACTIVITY_DETECTION,
        Domain.AUDIO_TEXT_TO_TEXT,
    }
)
_TEXT_DOMAINS = frozenset(
    {
        Domain.TEXT_CLASSIFICATION,
        Domain.TOKEN_CLASSIFICATION,
        Domain.TABLE_QUESTION_ANSWERING,
        Domain.QUESTION_ANSWERING,
        Domain.ZERO_SHOT_CLASSIFICATION,
        Domain.TRANSLATION,
        Domain.SUMMARIZATION,
        Domain.FEATURE_EXTRACTION,
        Domain.TEXT_GENERATION,
        Domain.TEXT2TEXT_GENERATION,
        Domain.CONVERSATIONAL,
        Domain.FILL_MASK,
        Domain.SENTENCE_SIMILARITY,
        Domain.TEXT_RANKING,
        Domain.TEXT_PREPROCESSING,
    }
)
_TABLE_DOMAINS = frozenset(
    {Domain.TABULAR_CLASSIFICATION, Domain.TABULAR_REGRESSION, Domain.TIME_SERIES_FORECASTING}
)
_AGENT_DOMAINS = frozenset({Domain.REINFORCEMENT_LEARNING, Domain.ROBOTICS, Domain.GRAPH_ML})

_Topics = tuple[tuple[re.Pattern[str], str], ...]


def _read(table: str) -> _Topics:
    rows = (line.rpartition(" | ") for line in filter(None, table.splitlines()))
    return tuple((re.compile(pattern), use) for pattern, _, use in rows)


_TOPICS: Sequence[tuple[frozenset[Domain], _Topics]] = (
    (_TEXT_DOMAINS, _read(_TEXT)),
    (_AUDIO_DOMAINS, _read(_AUDIO)),
    (_TABLE_DOMAINS, _read(_TABLES)),
    (_AGENT_DOMAINS, _read(_AGENTS)),
)
_IMAGE_TOPICS = _read(_IMAGE)


def topics_of(
    domain: Domain, names: Iterable[str], hints: Iterable[str] = (), limit: int = 3
) -> tuple[str, ...]:
    """Uses that a model's names and tags point to; where they say nothing, those of the first hint that does."""
    topics = next((topics for domains, topics in _TOPICS if domain in domains), _IMAGE_TOPICS)
    found = dict.fromkeys(use for name in names for use in _uses(topics, name))
    if not found:
        found = next((dict.fromkeys(uses) for hint in hints if (uses := _uses(topics, hint))), {})
    return tuple(found)[:limit]


def _uses(topics: _Topics, text: str) -> list[str]:
    plain = re.sub(r"[-_/.\s]+", " ", text.lower())
    return [use for pattern, use in topics if pattern.search(plain)]
