from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.url_templates import parse_template, template_of

HOST = "https://api.example"
SEGMENT = st.text(st.sampled_from("abcXYZ019-_.~%"), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("template", "url", "filled"),
    [
        ("/repos/{owner}/{repo}", "/repos/octo/hello", {"owner": "octo", "repo": "hello"}),
        ("/repos/{owner}/{repo}", "/repos/{owner}/hello", {"owner": "{owner}", "repo": "hello"}),
        ("/compare/{base}...{head}", "/compare/main...a.b", {"base": "main", "head": "a.b"}),
        ("/{id}.json", "/a.json.json", {"id": "a.json"}),
        ("/contents/{+path}", "/contents/docs/a/b.md", {"path": "docs/a/b.md"}),
        ("/contents/{+path}", "/contents/{path}", {"path": "{path}"}),
        ("/Users('{id}')", "/Users('7')", {"id": "7"}),
        ("/all?beta=true", "/all?beta=true", {}),
        ("/repos/{owner}/{repo}", "/repos/octo", None),
        ("/repos/{owner}", "/repos/octo/hello", None),
        ("/repos/{owner}", "/repos/", None),
        ("/repos/{owner}", "/repos/a?page=2", None),
        ("/repos/{owner}", "/repos/{name}", None),
        ("/repos/{owner}", "/repos/a b", None),
        ("/all", "/all/", None),
    ],
)
def test_an_address_fills_the_places_of_its_template(
    template: str, url: str, filled: dict[str, str] | None
) -> None:
    assert parse_template(HOST + template).match(HOST + url) == filled


@pytest.mark.parametrize(
    ("template", "said"),
    [("/{a}{b}", "side by side"), ("/{a}/{a}", "of one name"), ("/a b", "no address"), ("/{a", "no address")],
)
def test_what_can_not_be_matched_is_no_template(template: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_template(HOST + template)
    assert template_of(repr(HOST + template)) is None


@given(owner=SEGMENT, name=SEGMENT)
def test_a_template_filled_segment_by_segment_is_matched_by_what_filled_it(owner: str, name: str) -> None:
    template = parse_template(f"{HOST}/repos/{{owner}}/x/{{name}}/y")
    assert template.match(f"{HOST}/repos/{owner}/x/{name}/y") == {"owner": owner, "name": name}


@given(st.text(max_size=20))
def test_whatever_fills_a_place_by_us_matches(value: str) -> None:
    template = parse_template(f"{HOST}/a/{{x}}/b")
    url = template.filled(template.text, "x", value.encode("utf-8", "replace").decode())
    assert template.match(url) is not None or value in ("", ".", "..")


def test_matching_takes_no_longer_than_the_address_is_long() -> None:
    template = parse_template(HOST + "/" + "-".join(f"{{p{n}}}" for n in range(20)) + "!")
    assert template.match(HOST + "/" + "-" * 3_000) is None
