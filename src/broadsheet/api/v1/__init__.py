"""The native HTTP API under ``/api/v1``, described by OpenAPI 3.1."""

from broadsheet.api.v1.description import PREFIX, describe, router
from broadsheet.api.v1.problems import compose_problem

__all__ = ["PREFIX", "compose_problem", "describe", "router"]
