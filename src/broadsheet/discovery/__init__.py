"""Find papers without a query: personal ranking, and when to stop screening."""
