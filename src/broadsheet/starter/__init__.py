"""The starter library: landmark papers for an installation without network or files."""
