"""A linear support vector machine with squared hinge loss, by the products of the examples.

Minimises  ½ |w|² + Σ cᵢ max(0, 1 − yᵢ w·xᵢ)²  over w = Σ βᵢ xᵢ, given the products xᵢ·xⱼ.
Method     finite Newton steps: only examples inside the margin (the active set A) count; each step
           solves (K_AA + diag(1 / 2c)) β_A = y_A by conjugate gradients, and is halved until the
           objective falls. Without a step's change of A the solution is exact.
Input      at least one example of each class. Nothing is random and nothing is kept between calls:
           equal input gives equal output.
Source     Keerthi & DeCoste, JMLR 6, 2005 (finite Newton); Chapelle, Neural Computation 19, 2007,
           doi:10.1162/neco.2007.19.5.1155 (by products).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_MOST_STEPS = 25
_MOST_PRODUCTS = 100
_TOLERANCE = 1e-4
"""Of the residual of a step's equations, relative to their right side."""


def train_svm(products: Floats, labels: Floats, costs: Floats) -> Floats:
    """Return β, shape (n,), of examples with ``products`` (n, n), ``labels`` ±1 and ``costs`` > 0.

    Add a constant to the products for an intercept that is regularised like the weights.
    """
    ridge = (1 / (2 * costs)).astype(np.float32)
    beta = np.zeros(len(labels), dtype=np.float32)
    margins = np.zeros(len(labels), dtype=np.float32)
    objective = float(costs.sum())
    active = np.ones(len(labels), dtype=np.bool_)
    for _ in range(_MOST_STEPS):
        goal = _solve_active(products, ridge, labels, active, beta)
        goal_margins = products @ goal
        step = 1.0
        while True:
            new_beta = beta + np.float32(step) * (goal - beta)
            new_margins = margins + np.float32(step) * (goal_margins - margins)
            loss = np.maximum(0, 1 - labels * new_margins)
            new_objective = float(0.5 * new_beta @ new_margins + costs @ loss**2)
            if new_objective <= objective or step < 1e-3:
                break
            step /= 2
        fall = objective - new_objective
        beta, margins, objective = new_beta, new_margins, new_objective
        now_active = labels * margins < 1
        if np.array_equal(now_active, active) or fall <= 1e-5 * abs(objective):
            break
        active = now_active
    return beta


def _solve_active(
    products: Floats, ridge: Floats, labels: Floats, active: NDArray[np.bool_], start: Floats
) -> Floats:
    """Solve the equations of the active examples by conjugate gradients; others get 0."""
    mask = active.astype(np.float32)
    scale = mask / (products.diagonal() + ridge)  # Jacobi preconditioner
    solution = start * mask
    residual = (labels - products @ solution - ridge * solution) * mask
    direction = scale * residual
    closeness = float(residual @ direction)
    enough = _TOLERANCE**2 * float((labels * mask) @ (scale * labels))
    for _ in range(_MOST_PRODUCTS):
        if closeness <= enough:
            break
        image = (products @ direction + ridge * direction) * mask
        length = np.float32(closeness / float(direction @ image))
        solution = solution + length * direction
        residual = residual - length * image
        preconditioned = scale * residual
        new_closeness = float(residual @ preconditioned)
        direction = preconditioned + np.float32(new_closeness / closeness) * direction
        closeness = new_closeness
    return solution
