"""Texts to vectors: the port, the shipped static model, models learned from the library."""
