"""What holds for every call of every catalogue: the small one of `conftest`, and the shipped snapshot."""

from __future__ import annotations

import random
import string

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from api_docs.call import Call, literal
from api_docs.catalogue import Catalogue, Entry
from api_docs.loaders import GENERIC
from api_docs.verification import Reason, verify

HOSTILE = [
    "__import__('os').system('x')",
    "(lambda: 1)()",
    "lambda: 1",
    "[x for x in y]",
    "f'{x}'",
    "(x := 1)",
    "open('/etc/passwd')",
    "AutoModel.from_pretrained('evil/x')",
    "hf_hub_download('evil/x', 'y')",
    "torch.load('x')",
    "os.environ",
    "torch.hub.load",
    "undefined",
    "...",
]


def draw_entry(data: st.DataObject, catalogue: Catalogue) -> Entry:
    return catalogue.entries[data.draw(st.integers(0, len(catalogue) - 1), label="doc")]


def identified_by(catalogue: Catalogue) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    return {(entry.call.callee, frozenset(entry.identifying.items())) for entry in catalogue.entries}


def test_any_call_of_a_catalogue_verifies(any_catalogue: Catalogue) -> None:
    for entry in any_catalogue.entries:
        verdict = verify(entry.doc.call, any_catalogue, [entry.doc.id])
        assert verdict.verified, (entry.doc.call, verdict.message)
        assert verdict.reason is Reason.VERIFIED
        assert verdict.doc_id == entry.doc.id
        assert verdict.call == entry.call.render()
        assert {"callee", *entry.identifying} <= set(verdict.checked)
        assert verdict.rejected is verdict.nearest is verdict.argument is None


@given(st.data())
@settings(max_examples=200)
def test_no_call_with_one_identifying_argument_changed_verifies(
    any_catalogue: Catalogue, data: st.DataObject
) -> None:
    """Unless the change makes the identifying arguments of another doc, which is what they are for."""
    entry = draw_entry(data, any_catalogue)
    assume(entry.identifying)
    name = data.draw(st.sampled_from(sorted(entry.identifying)), label="argument")
    changed = data.draw(changed_values(entry.identifying[name]), label="value")
    assume(changed not in (entry.identifying[name], entry.pinned_repository))
    call = with_value(entry, name, changed)
    others = {**entry.identifying, name: changed}
    assume((call.callee, frozenset(others.items())) not in identified_by(any_catalogue))

    verdict = verify(call.render(), any_catalogue, [entry.doc.id])

    assert not verdict.verified
    assert verdict.reason in (Reason.UNKNOWN_API, Reason.WRONG_IDENTITY, Reason.NOT_A_CALL)
    assert verdict.message
    assert verdict.rejected == call.render()
    assert verdict.nearest is None or verify(verdict.nearest, any_catalogue).verified


@given(st.data())
def test_no_call_without_one_of_its_identifying_arguments_verifies(
    any_catalogue: Catalogue, data: st.DataObject
) -> None:
    entry = draw_entry(data, any_catalogue)
    assume(entry.identifying)
    name = data.draw(st.sampled_from(sorted(entry.identifying)), label="argument")
    kept = {key: value for key, value in entry.bound.values.items() if key != name}
    if entry.loader is GENERIC:
        call = Call(entry.call.callee, (), tuple((k, v) for k, v in kept.items() if not k.startswith("#")))
    else:
        call = Call(entry.call.callee, (), tuple(kept.items()))
    remaining = {key: value for key, value in entry.identifying.items() if key != name}
    assume((call.callee, frozenset(remaining.items())) not in identified_by(any_catalogue))
    assert not verify(call.render(), any_catalogue, [entry.doc.id]).verified


@given(st.data(), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_order_quotes_whitespace_and_targets_change_nothing(
    any_catalogue: Catalogue, data: st.DataObject, rng: random.Random
) -> None:
    entry = draw_entry(data, any_catalogue)
    written = respelled(entry, rng)
    verdict = verify(written, any_catalogue, [entry.doc.id])
    assert verdict.verified, (written, verdict.message)
    assert verdict.doc_id == entry.doc.id


@given(st.data())
def test_an_argument_that_nobody_documents_is_refused_by_name(
    any_catalogue: Catalogue, data: st.DataObject
) -> None:
    entry = draw_entry(data, any_catalogue)
    call = Call(entry.call.callee, entry.call.positional, (*entry.call.keywords, ("no_such_argument", "1")))
    verdict = verify(call.render(), any_catalogue, [entry.doc.id])
    assert (verdict.reason, verdict.argument) == (Reason.UNKNOWN_ARGUMENT, "no_such_argument")
    assert verdict.nearest is not None
    assert verify(verdict.nearest, any_catalogue).verified


@given(st.data())
def test_no_value_that_could_run_anything_passes_for_any_argument(
    any_catalogue: Catalogue, data: st.DataObject
) -> None:
    entry = draw_entry(data, any_catalogue)
    free = [
        name for name in (*entry.loader.parameters, *(a.name for a in entry.doc.arguments)) if "*" not in name
    ]
    assume(free)
    name = data.draw(st.sampled_from(free), label="argument")
    value = data.draw(st.sampled_from(HOSTILE), label="value")
    call = with_value(entry, name, value)
    assert not verify(call.render(), any_catalogue, [entry.doc.id]).verified


PIECES = "torch.hub.load( hub.load( 'acme/vision' net18 , = ) ( [ ] { ** * ' \" \\ # lambda:1 pretrained=True"
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=string.printable),
    st.lists(st.sampled_from([*PIECES.split(), "\n", "\0", "\ud800", "\u202e", "ｔ"]), max_size=20).map(
        "".join
    ),
)


@given(TEXTS)
@settings(max_examples=300)
def test_no_text_makes_verification_raise_and_every_refusal_has_a_reason(
    handmade: Catalogue, text: str
) -> None:
    verdict = verify(text, handmade, ["no:such", handmade.docs[0].id])
    assert verdict.message
    assert verdict.verified == (verdict.reason is Reason.VERIFIED) == (verdict.rejected is None)
    assert verdict.model_dump_json()  # what it quotes is text that JSON can carry
    if verdict.verified:
        assert verify(str(verdict.call), handmade).verified


def changed_values(value: str) -> st.SearchStrategy[str]:
    """Values near to an identifying one: a character more, less or other, another case, another type."""
    try:
        said = literal(value)
    except ValueError:
        said = value
    if not isinstance(said, str):
        return st.sampled_from(["None", "'x'", "0", "[]"])
    place = st.integers(0, max(0, len(said) - 1))
    letter = st.sampled_from("abz09-_/:. \u200b\n'\"\\éо")
    return st.one_of(
        st.builds(lambda at, new: repr(said[:at] + new + said[at:]), place, letter),
        st.builds(lambda at: repr(said[:at] + said[at + 1 :]), place),
        st.builds(lambda at, new: repr(said[:at] + new + said[at + 1 :]), place, letter),
        st.sampled_from(
            [repr(said.swapcase()), repr(said + "@main"), f"b{said!r}" if said.isascii() else "None"]
        ),
        st.sampled_from(["None", "0", f"[{said!r}]", f"{said!r}.strip()", f"f{said!r}", "name"]),
    )


def with_value(entry: Entry, name: str, value: str) -> Call:
    """The entry's own call with one argument set."""
    call = entry.call
    if name.startswith("#"):
        place = int(name[1:]) - 1
        return Call(
            call.callee, (*call.positional[:place], value, *call.positional[place + 1 :]), call.keywords
        )
    names = list(entry.bound.values)[: len(call.positional)]
    if name in names:
        place = names.index(name)
        return Call(
            call.callee, (*call.positional[:place], value, *call.positional[place + 1 :]), call.keywords
        )
    return Call(call.callee, call.positional, tuple({**dict(call.keywords), name: value}.items()))


def respelled(entry: Entry, rng: random.Random) -> str:
    """The entry's call as somebody else might write it."""
    call = entry.call
    names = [] if entry.loader is GENERIC else list(entry.bound.values)[: len(call.positional)]
    named = rng.randint(0, len(names)) if names else len(call.positional)
    keywords = [*zip(names[named:], call.positional[named:], strict=False), *call.keywords]
    if len(call.positional) > len(names):  # values that no parameter takes can't be named
        named, keywords = len(call.positional), list(call.keywords)
    rng.shuffle(keywords)
    arguments = [requoted(value, rng) for value in call.positional[:named]]
    arguments += [f"{name}{space(rng)}={space(rng)}{requoted(value, rng)}" for name, value in keywords]
    inner = f"{space(rng)},{space(rng)}".join(arguments)
    comma = "," if arguments and rng.random() < 0.3 else ""
    target = rng.choice(["", "model = ", "model: Net = ", "a, b = ", "self.net = net = ", "\n  model="])
    behind = rng.choice(["", ".eval()", "\n", ";"])
    return f"{target}{call.callee}({space(rng)}{inner}{comma}{space(rng)}){behind}"


def space(rng: random.Random) -> str:
    return rng.choice(["", "", " ", "  ", "\n    ", "\t", "  # why (not)\n"])


def requoted(value: str, rng: random.Random) -> str:
    try:
        said = literal(value)
    except ValueError:
        return value
    if not isinstance(said, str) or not said.isascii() or not said.isprintable() or set(said) & set("'\"\\"):
        return value
    return rng.choice([f"'{said}'", f'"{said}"', f"'''{said}'''", f'r"{said}"', f"u'{said}'", f"('{said}')"])
