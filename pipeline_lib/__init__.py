"""Radio audience messages, from the sources to the tables that researchers open in the morning."""

__version__ = "0.2.0"
