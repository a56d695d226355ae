"""Acronyms that texts introduce."""

import pytest

from broadsheet.text.acronyms import find_acronyms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We train a generative adversarial network (GAN).", {"GAN": "generative adversarial network"}),
        ("Large Language Models (LLMs) are large.", {"LLM": "Large Language Models"}),
        ("by a bag of words (BoW) and by tf-idf", {"BoW": "bag of words"}),
        ("Markov chain Monte Carlo (MCMC)", {"MCMC": "Markov chain Monte Carlo"}),
        ("a variational autoencoder (VAE)", {"VAE": "variational autoencoder"}),
        ("k-nearest neighbours (KNN)", {"KNN": "k nearest neighbours"}),
        ("reinforcement learning (RL) and support vector machines (SVM)",
         {"RL": "reinforcement learning", "SVM": "support vector machines"}),
        ("a net (NN)", {}),
        ("in the year (2019) and in Figure (A)", {}),
        ("neural networks (see below)", {}),
        ("(GAN)", {}),
        ("nothing at all fits here (XQZ)", {}),
        ("autoencoder (AE)", {}),
        ("İİİ İstanbul networks (IN)", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_long_forms(text: str, expected: dict[str, str]) -> None:
    assert find_acronyms(text) == expected
