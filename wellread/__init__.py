"""Wellread: cited answers from the books and videos you own."""

__version__ = "0.1.0"
