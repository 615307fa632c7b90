"""What a label in Coda is: somebody's opinion, or a machine's suggestion."""

_MACHINES = frozenset({"External", "Automatic"})
"""What `OriginType` says of the labels of pipelines and of trained models; of a coder's it says `Manual`."""


def is_suggestion(origin_type: object, *, is_checked: bool) -> bool:
    """Whether a label is a machine's that nobody has checked; one of unknown origin is taken for somebody's."""
    return isinstance(origin_type, str) and origin_type in _MACHINES and not is_checked
