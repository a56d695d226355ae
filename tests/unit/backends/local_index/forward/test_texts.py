"""Stored readable text: its round trip, and its absence."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.backends.local_index.forward.texts import pack_text, unpack_text
from broadsheet.domain.paper import Paper
from broadsheet.index.documents import MAX_SENTENCES, IndexDocument, ReadableText, make_document
from broadsheet.text.latex.plain_text import to_text
from memory_library import make_paper

TEXT = st.text(alphabet='aB .!?\n"e1(,)é∀\0$\\{}_^', max_size=80) | st.text(max_size=40)


def read_back(document: IndexDocument, paper: Paper) -> ReadableText | None:
    packed = unpack_text(pack_text(document))
    return packed and packed.find_text(paper)


@given(TEXT, TEXT)
def test_what_comes_back_is_what_would_be_read_anew(title: str, abstract: str) -> None:
    paper = make_paper(1, title, abstract)
    read_text = read_back(make_document(paper), paper)
    assert read_text == ReadableText.of(to_text(title), to_text(abstract))


@given(TEXT, TEXT, TEXT, TEXT)
def test_nothing_comes_back_for_another_text(
    title: str, abstract: str, other_title: str, other_abstract: str
) -> None:
    stored = pack_text(make_document(make_paper(1, title, abstract)))
    other = make_paper(1, other_title, other_abstract)
    packed = unpack_text(stored)
    assert packed
    read_text = packed.find_text(other)
    assert (read_text is None) == ((title, abstract) != (other_title, other_abstract))


def test_readable_text_is_not_stored_again() -> None:
    title, abstract = "A title", "One sentence. " + "Another one. " * 40
    paper = make_paper(1, title, abstract.strip())
    assert len(pack_text(make_document(paper))) < len(abstract) / 2


def test_of_a_book_the_first_sentences() -> None:
    text = ReadableText.of("A book", "Some words here. " * 1_000)
    assert len(text.starts) == MAX_SENTENCES + 1
    assert {text.sentence(number) for number in range(MAX_SENTENCES)} == {"Some words here."}


def test_no_abstract_no_sentences() -> None:
    assert ReadableText.of("A title", "") == ReadableText("A title", "", (0,))


@pytest.mark.parametrize("cut", [4, 13, -1])
def test_what_is_cut_off_is_an_error(cut: int) -> None:
    paper = make_paper(1, "A $\\alpha$ title", "It ends é")
    stored = pack_text(make_document(paper))
    with pytest.raises((ValueError, struct.error)):
        unpack_text(stored[:cut])
