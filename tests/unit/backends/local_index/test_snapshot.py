"""How the local index answers: the part of each file, and the state between two commits."""

from broadsheet.backends.local_index.snapshot import _split_filter
from broadsheet.domain.query import Field, Or, Word
from broadsheet.search.query.parse import parse
from broadsheet.search.query.plan import plan_query


def test_a_filter_is_split_by_the_part_that_can_apply_it() -> None:
    where = plan_query(parse("cat:cs.LG author:Bengio -survey -title:review").query).where
    parts = _split_filter(where)
    assert parts.columns == Field("cat", "cs.LG")
    assert parts.words == Field("author", "Bengio")
    assert parts.excluded == Or((Word("survey"), Field("title", "review")))
