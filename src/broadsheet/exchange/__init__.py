"""The calls that ``broadsheet --server`` makes, and their values as JSON: shared by both ends."""
