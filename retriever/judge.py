"""What was learnt of instructions: the domain they mean, whether anything serves them, how sure an answer is.

It is learnt for one embedding model by `callsmith finetune judge` and kept as one small file; the one for the
default model ships. It knows instructions and the table of tasks, and no docs: it judges whatever catalogue
is searched. Domains that it was not taught (`web-api`, of people's own APIs) it has no opinion of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from retriever import branch as branch_of
from retriever import learnt_file
from retriever.bm25 import Scores
from retriever.branch import Branch, Floats
from retriever.branch_graph import BranchGraph
from retriever.embedding import Encoder, Reading, ReadingEncoder, Vectors
from retriever.fusion import share_of_best
from retriever.signs import AnswerSign, Sign, Signs
from retriever.task_voice import DOMAINS
from retriever.wording import LENGTH, Wording

SCHEMA: Final = 4
JUDGE_FILE: Final = "judge.safetensors"
SHIPPED: Final = Path(__file__).parent / "learnt" / JUDGE_FILE
"""What was learnt for the default embedding model."""

VECTOR_SHARE: Final = 1.5
TASK_SHARE: Final = 0.2
"""What the branch's features multiply an instruction's vector and the table of tasks by."""
VECTOR_SCALE: Final = 4.0
WORDING_SCALE: Final = 1.5
"""What the kernel multiplies an instruction's vector and its wording by, beside signs of deviation 1."""
_EDGE: Final = 1e-4

_WHAT: Final = "the judge"
_FIX: Final = "make it anew with `callsmith finetune judge`, or unset CALLSMITH_JUDGE"


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """f(x) = Σ weight · exp(−gamma · |x − landmark|²), and 1 / (1 + exp(−slope · f − offset)) of it.

    Kernel ridge regression on some of what it learnt from (Nyström; Williams and Seeger, 2001), its scores
    made probabilities on folds (Platt, 1999). `landmarks` has the shape (landmarks, features), `weights` and
    `squares`, the landmarks' squared lengths, (landmarks,).
    """

    landmarks: Floats
    squares: Floats
    weights: Floats
    gamma: float
    slope: float
    offset: float

    def score(self, features: Floats) -> float:
        """f of these features, shape (features,)."""
        apart = self.squares - 2 * (self.landmarks @ features) + features @ features
        return float(self.weights @ np.exp(-self.gamma * np.maximum(apart, 0)))

    def probability(self, features: Floats) -> float:
        """How probable the features' kind is."""
        return sigmoid(self.slope * self.score(features) + self.offset)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is heard in an instruction before anything is searched for.

    `vector` is the instruction's, shape (dimensions,). `task` are its scores in the table of tasks and
    `leaning` how probable it is that each domain is meant, whether it has docs or not, shape (domains,);
    `served` is the logit of being served by any.
    """

    vector: Vectors
    task: Scores
    leaning: Scores
    served: float


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Everything that was learnt together for one embedding model, whose identity is `model`.

    The `branch` gives one logit a domain, in the order of `DOMAINS`, and last that of being served; of
    domains that are not `known`, shape (domains,), it says nothing. `centre` and `spread` make signs
    comparable before `served` sees them, shape (signs,). `near` are offset and weights of the best row's
    dense score and ln(1 + BM25), `sure` the offset and weights of all signs and of the logit of being served.
    """

    model: str
    branch: Branch
    known: NDArray[np.bool_]
    served: Kernel
    centre: Floats
    spread: Floats
    near: Floats
    sure: Floats
    version: str = ""
    _graph: BranchGraph = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_graph", BranchGraph(self.branch))

    def open(self) -> None:
        """Get ready to hear: without it the first instruction waits for that."""
        self._graph.open()

    def fits(self, encoder: Encoder) -> bool:
        """Whether it was learnt for this embedding model, and can be told what it reads."""
        same = self.model == encoder.name and self.branch.dimensions == encoder.dimensions
        return same and isinstance(encoder, ReadingEncoder)

    def hear(self, reading: Reading, task: Scores) -> Heard:
        """What an instruction says by its reading and its scores in the table of tasks, shape (domains,)."""
        states = reading.states[:, self.branch.after]
        outputs = self._graph.outputs(states, branch_features(reading.vector, task))
        leaning = np.zeros(len(self.known), dtype=np.float32)
        logits = outputs[:-1][self.known]
        likely = np.exp(logits - logits.max())
        leaning[self.known] = likely / likely.sum()
        return Heard(reading.vector, task, leaning, float(outputs[-1]))

    def is_served(self, vector: Vectors, asked: Signs, said: Wording) -> float:
        """How probable it is that an API of the domains that were taught could serve the instruction."""
        return self.served.probability(served_features(vector, (asked - self.centre) / self.spread, said))

    def is_near(self, dense: float, bm25: float) -> float:
        """How probable it is that a doc serves an instruction, by how alike both are and by nothing else."""
        return sigmoid(float(self.near @ np.array([1, dense, np.log1p(bm25)], dtype=np.float32)))

    def is_right(self, asked: Signs, answer: Signs, served: float) -> float:
        """How probable it is that the answer's domain is the one that is meant."""
        return sigmoid(float(self.sure[0] + self.sure[1:] @ sure_features(asked, answer, served)))

    def to_bytes(self) -> bytes:
        """The file's bytes: the same judge gives the same."""
        tensors: learnt_file.Tensors = {
            **self.branch.tensors(),
            "known": self.known,
            "served.landmarks": self.served.landmarks.astype(np.float16),
            "served.weights": self.served.weights,
            "served.signs": np.stack([self.centre, self.spread]),
            "near": self.near,
            "sure": self.sure,
        }
        kernel = {"gamma": self.served.gamma, "slope": self.served.slope, "offset": self.served.offset}
        about = {"schema_version": SCHEMA, "model": self.model, "domains": list(DOMAINS), "served": kernel}
        return learnt_file.to_bytes(tensors, about)


def read_judge(path: Path) -> Judge:
    """Read a judge.

    Raises:
        EmbeddingModelError: when the file is missing, damaged, or holds no judge of ours.
    """
    tensors, about, version = learnt_file.read(path, SCHEMA, _WHAT, _FIX)
    try:
        return _of_tensors(tensors, about, version)
    except (KeyError, TypeError, ValueError) as exc:
        raise learnt_file.unreadable(path, f"{type(exc).__name__}: {exc}", _WHAT, _FIX) from exc


def branch_features(vector: Vectors, task: Scores) -> Floats:
    """What the branch hears besides the words, shape (dimensions + domains,)."""
    return np.concatenate([VECTOR_SHARE * vector, TASK_SHARE * share_of_best(task)]).astype(np.float32)


def served_features(vector: Vectors, signs: Signs, said: Wording) -> Floats:
    """What tells whether anything serves an instruction; `signs` are centred. Shape (features,)."""
    return np.concatenate([VECTOR_SCALE * vector, signs, WORDING_SCALE * said]).astype(np.float32)


def sure_features(asked: Signs, answer: Signs, served: float) -> Floats:
    """What tells whether an answer is right, shape (signs + 1,)."""
    bounded = min(max(served, _EDGE), 1 - _EDGE)
    return np.concatenate([asked, answer, [np.log(bounded / (1 - bounded))]]).astype(np.float32)


def sigmoid(value: float) -> float:
    """1 / (1 + exp(−value))."""
    return float(1 / (1 + np.exp(-np.clip(value, -60, 60))))


def _of_tensors(tensors: learnt_file.Tensors, about: dict[str, Any], version: str) -> Judge:
    """Raises `KeyError`, `TypeError` or `ValueError`."""
    if about["domains"] != list(DOMAINS):
        raise ValueError("it was made for another table of tasks")
    landmarks = tensors["served.landmarks"].astype(np.float32)
    centre, spread = tensors["served.signs"]
    kernel = {name: float(about["served"][name]) for name in ("gamma", "slope", "offset")}
    found = Judge(
        model=str(about["model"]),
        branch=branch_of.of_tensors(tensors),
        known=tensors["known"],
        served=Kernel(landmarks, (landmarks**2).sum(axis=1), tensors["served.weights"], **kernel),
        centre=centre,
        spread=spread,
        near=tensors["near"],
        sure=tensors["sure"],
        version=version,
    )
    _check_shapes(found)
    return found


def _check_shapes(judge: Judge) -> None:
    signs, dimensions, domains = len(Sign), judge.branch.dimensions, len(DOMAINS)
    shapes = {
        "branch": judge.branch.direct.shape == (dimensions + domains, domains + 1),
        "known": judge.known.shape == (domains,),
        "served": judge.served.landmarks.shape == (len(judge.served.weights), dimensions + signs + LENGTH),
        "signs": judge.centre.shape == judge.spread.shape == (signs,),
        "near": judge.near.shape == (3,),
        "sure": judge.sure.shape == (signs + len(AnswerSign) + 2,),
    }
    if wrong := [name for name, fits in shapes.items() if not fits]:
        raise ValueError(f"the parts of it don't fit together: {', '.join(wrong)}")
