"""The page skeleton: what foreign text can and cannot do to its markup and its data."""

import base64
import hashlib
import json
import re
from html import unescape

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from harness.report.html import page

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]></style><script>alert(1)</script>",
    "javascript:alert(1)",
    "\u2028\u2029 & ' \" `",
    "a\u202eb\u200b\x1b[2J\x00",
    "\ud800",
]


def whole(**parts: object) -> str:
    return page.document(**{"title": "a", "body": Markup("<p>b</p>"), **parts})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", HOSTILE)
def test_data_cannot_end_its_element_and_is_read_back_as_it_was(text: str) -> None:
    shown = whole(data={"note": text, text: [text]})
    assert shown.count("</script>") == 2, "that of the data and that of page.js"
    assert shown.isascii()
    inside = re.search(r'id="data">(.*?)</script>', shown, re.DOTALL)
    assert inside and not set("<>&") & set(inside[1])
    assert json.loads(inside[1]) == {"note": text, text: [text]}


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_is_escaped_wherever_a_template_shows_a_value(text: str) -> None:
    shown = whole(title=text)
    title = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
    assert title and "<" not in title[1]
    assert unescape(title[1]) == page.visible(text)


def test_characters_that_hide_or_reorder_are_spelt_out() -> None:
    assert page.visible("a\u202eb\x1b\x9b\U000e0041\n\tc") == "a\\u202eb\\x1b\\x9b\\U000e0041\n\tc"
    assert page.visible("naïve 日本 שלום 🙂") == "naïve 日本 שלום 🙂"


def test_the_policy_names_every_script_of_the_page_and_nothing_else() -> None:
    shown = whole(charts=True)
    policy = unescape(re.search(r'Security-Policy" content="([^"]*)"', shown)[1])  # type: ignore[index]
    hashes = re.findall(r"'sha256-[^']+'", policy.partition("style-src")[0])
    scripts = [*re.findall(r"<script>(.*?)</script>", shown, re.DOTALL), page.library()]
    assert hashes == [
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts
    ]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy and "http" not in policy and "*" not in policy


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        page.render("page.html.j2", title="a")


def test_the_charting_library_is_what_it_should_be() -> None:
    text = page.library()
    assert text.startswith("/*!\n * Chart.js v4.")
    assert "new Function" not in text and "eval(" not in text, "the page's policy forbids both"
