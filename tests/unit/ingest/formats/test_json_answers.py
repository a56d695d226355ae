import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.domain.ingest import RawRecord
from broadsheet.ingest.formats import json_answers
from broadsheet.ingest.formats.json_answers import split_answers

NOT = "!a JSON object is expected, not "


def cut(text: str | bytes, *paths: tuple[str, ...]) -> list[str]:
    """Elements as text; rejections as "!reason"."""
    stream = io.BytesIO(text.encode() if isinstance(text, str) else text)
    return [
        piece.raw.decode() if isinstance(piece, RawRecord) else f"!{piece.reason}"
        for piece in split_answers(stream, *paths)
    ]


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("", []),
        ("[]", []),
        (" [ ] ", []),
        ('[{"a": 1}, {"b": [2, {"c": 3}]}]', ['{"a": 1}', '{"b": [2, {"c": 3}]}']),
        (
            '[null, 3, "x, y", [1]]',
            [f"{NOT}null", f"{NOT}a number", f"{NOT}a text", f"{NOT}a list"],
        ),
        ('{"a": [1]}', ['{"a": [1]}']),
        ('{"a": 1}\n{"a": 2}\n', ['{"a": 1}', '{"a": 2}']),
        (
            '{"messages": [{"n": 1}], "found": [{"a": 1}, null], "b": [{}]}',
            ['{"a": 1}', f"{NOT}null"],
        ),
        ('{"found": {"a": [1]}}', ['{"found": {"a": [1]}}']),
        ('{"a": {"found": [{"b": 1}]}}', ['{"a": {"found": [{"b": 1}]}}']),
        ('{"deep": {"n": 1, "er": {"x": [0], "list": [{"a": 1}]}}, "z": {}}', ['{"a": 1}']),
        (
            '{"a": 1}\n{"found": [{"a": 2}, {"a": 3}]}\n[{"a": 4}]\n',
            [f'{{"a": {n}}}' for n in (1, 2, 3, 4)],
        ),
        ('[{"a": "] } \\" ["}]', ['{"a": "] } \\" ["}']),
    ],
)
def test_elements_are_cut(text, elements):
    assert cut(text, ("found",), ("deep", "er", "list")) == elements


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ('[{"a": 1}, {"b": 2', ['{"a": 1}', "!the input ends inside this record"]),
        ('[{"a": 1}', ['{"a": 1}', "!the input ends early: a bracket is not closed"]),
        (
            '[{"a": 1} rubbish, {"b": 2}]',
            ['{"a": 1}', "!not valid JSON: Expecting value at character 1", '{"b": 2}'],
        ),
        ('{"a": 1}\n{"b": [{"c": \n{"d": 4}\n', ['{"a": 1}', '{"b": [{"c":', '{"d": 4}']),
        ('[{"a": "never closed}]', ['{"a": "never closed}']),
        ("<html>502</html>", ["!neither a JSON array nor an object"]),
    ],
)
def test_damage_stays_where_it_is(text, pieces):
    assert cut(text) == pieces


def test_an_endless_element_is_rejected_and_the_rest_comes(monkeypatch):
    monkeypatch.setattr(json_answers, "RECORD_LIMIT", 1000)
    monkeypatch.setattr(json_answers, "_CHUNK", 64)
    long = json.dumps({"a": ["x" * 20] * 300})
    pieces = cut(f'[{{"a": 1}}, {long}, {{"b": 2}}]')
    assert [piece[:10] for piece in pieces] == ['{"a": 1}', "!more than", '{"b": 2}']


def test_records_come_out_before_the_rest_is_read():
    record = json.dumps({"a": "x" * 1000})
    stream = io.BytesIO(f'{{"found": [{", ".join([record] * 9000)}]}}'.encode())
    assert len(stream.getvalue()) > 2 * json_answers.RECORD_LIMIT
    pieces = split_answers(stream, ("found",))
    assert next(pieces).raw.decode() == record
    assert stream.tell() < 2 * json_answers.RECORD_LIMIT
    assert sum(piece.raw.decode() == record for piece in pieces) == 8999


def test_positions_say_the_line_where_lines_are_apart():
    lines = b'{"a": 1}\n{"found": [{"a": 2}, 3]}\n{"a": 4}\n'
    pieces = split_answers(io.BytesIO(lines), ("found",), what="paper")
    assert [piece.position for piece in pieces] == [
        "line 1",
        "line 2, paper 1",
        "line 2, paper 2",
        "line 3",
    ]


class Slow(io.BytesIO):
    """Gives a few bytes at a time."""

    def __init__(self, content: bytes, chunk: int) -> None:
        super().__init__(content)
        self.chunk = chunk

    def read(self, size: int = -1) -> bytes:
        return super().read(self.chunk)


values = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(
    elements=st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=5),
    chunk=st.integers(1, 9),
    ascii_only=st.booleans(),
)
def test_what_was_written_is_cut_whatever_the_chunks(elements, chunk, ascii_only):
    text = json.dumps(elements, ensure_ascii=ascii_only)
    stream = Slow(text.encode("utf-8", "surrogatepass"), chunk)
    records = [json.loads(piece.raw) for piece in split_answers(stream)]
    assert records == json.loads(text)
