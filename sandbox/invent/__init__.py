"""Invented input for any project: raw data and labels made from its own config, plans and code schemes."""
