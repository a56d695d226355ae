"""A reader's ranking, learned from the papers they like and dislike; see docs/personal-ranking.md."""
