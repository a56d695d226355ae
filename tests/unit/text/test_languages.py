"""Texts in other languages are told from English ones with foreign names."""

import pytest

from broadsheet.text.languages import ends_as_foreign, find_language, has_foreign_ending


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Schätzung der Dichte und ihrer Ableitung", "German"),
        ("un modèle pour les flux de trafic dans la ville", "French"),
        ("estimación de la densidad mediante núcleos", "Spanish"),
        ("uma análise através de redes", "Portuguese"),
        ("stima della densità con metodi nucleari", "Italian"),
        ("het schatten van een dichtheid", "Dutch"),
        ("kernel density estimation", None),
        ("the van der Waals force", None),
        ("de novo protein design", None),
        ("Los Angeles traffic", None),
        ("EM algorithm for DES and DAS", None),
        ("", None),
    ],
)
def test_language(text: str, language: str | None) -> None:
    assert find_language(text) == language


def test_endings() -> None:
    assert has_foreign_ending("schätzung")
    assert not has_foreign_ending("young")
    assert ends_as_foreign("metodi", "method")
    assert not ends_as_foreign("metho", "method")  # a letter left out
    assert not ends_as_foreign("modle", "model")  # letters exchanged
