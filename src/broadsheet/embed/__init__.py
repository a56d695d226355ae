"""Text to vectors: the port, the registry, the shipped static model, plugged-in models."""
