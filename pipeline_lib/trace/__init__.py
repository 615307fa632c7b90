"""Traced objects: a chain of updates, each hashed with its past, so that a value's history can be told and proven.

The format is the predecessors' (semantics.md 0): an object is a line of JSON, its updates newest first.
"""
