"""Pseudo-relevance feedback: papers near the best ones so far are more likely wanted.

Input   vectors of the best k papers of a first ranking, shape (k, d), and their scores.
Output  their mean, weighted by the exponential of the score, as a unit vector, shape
        (d,): nearness to it is one more score for every candidate.
Source  Rocchio, "Relevance feedback in information retrieval", 1971, with the weights of
        Lavrenko & Croft, SIGIR 2001, doi:10.1145/383952.383972 (a query's likelihood).
"""

import numpy as np

from broadsheet.index.port import Scores, Vectors


def weigh_best(vectors: Vectors, scores: Scores) -> Vectors:
    """The point around which the best papers lie; zeros where none has a vector."""
    if not len(scores):
        return np.zeros(vectors.shape[1:], np.float32)
    weights = np.exp(scores - scores.max())
    centre = weights @ vectors
    length = float(np.linalg.norm(centre))
    centroid: Vectors = (centre / length if length else centre).astype(np.float32)
    return centroid
