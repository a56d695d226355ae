"""Sets of words, written as one reads them."""


def words(text: str) -> frozenset[str]:
    """The words of ``text``, which white space parts."""
    return frozenset(text.split())
