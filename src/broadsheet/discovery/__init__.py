"""Find papers without a query: newsworthiness, personal ranking, and when to stop screening."""
