"""Texts as token ids: order, pieces, cuts."""

import pytest

from broadsheet.embed.static.shipped import default_embedder, default_tokeniser
from broadsheet.embed.static.token_ids import MOST_TOKENS, Tokeniser
from broadsheet.embed.static.word_table import WordTable

TABLE = WordTable([b"graph", b"hyper", b"learning", b"##graph", b"##s"])
TOKENISER = Tokeniser(TABLE)


def test_title_first_pieces_in_order_unknown_words_left_out() -> None:
    tokens = TOKENISER.encode_papers(
        ["Hypergraphs, unheard", "", "Graph"], ["learning GRAPHS", "learning", ""]
    )
    assert tokens.ids.tolist() == [1, 3, 4, 2, 0, 4, 2, 0]
    assert tokens.starts.tolist() == [0, 6, 7, 8]
    assert tokens.titles.tolist() == [3, 0, 1]
    assert len(tokens) == 3


def test_a_paper_is_cut_wherever_its_words_are() -> None:
    tokens = TOKENISER.encode_papers(
        ["graphs " * 200, "graph"], ["learning", "hypergraph " * MOST_TOKENS]
    )
    assert tokens.starts.tolist() == [0, MOST_TOKENS, 2 * MOST_TOKENS]
    assert tokens.titles.tolist() == [MOST_TOKENS, 1]
    assert TOKENISER.encode_text("graph " * 300).tolist() == [0] * 300


def test_the_shipped_table_fits_and_names_itself() -> None:
    tokeniser = default_tokeniser()
    rows = tokeniser.encode_text("Graph neural networks").tolist()
    tokens = default_embedder().table.tokens
    assert [tokens[row] for row in rows] == [b"graph", b"neural", b"networks"]
    assert tokeniser.name != TOKENISER.name
    assert Tokeniser(WordTable(TABLE.tokens)).name == TOKENISER.name


def test_a_table_too_long_for_16_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="65536"):
        Tokeniser(WordTable([b"%d" % number for number in range(65_537)]))
