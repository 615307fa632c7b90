"""The mobile network by which somebody wrote, told from the number before it is de-identified (sources.md A.7)."""

from pipeline_lib.sources.rapid_pro.addresses import Address

_PREFIX_DIGITS = 5
"""A country's three digits and a network's two, in Somalia."""

_LEAST_DIGITS = 8
"""Of a shorter number, such as a short code, the prefix would be all or nearly all, and no network's."""


def operator_digits(address: Address) -> str:
    """What `operator_raw` says: the first five digits of a phone number, else the type of the URN.

    A WhatsApp message came over no network that its sender's number would name, so that it is `whatsapp`, as the
    predecessors had it.
    """
    if address.urn_type == "tel" and len(address.address) >= _LEAST_DIGITS:
        return address.address[:_PREFIX_DIGITS]
    return address.urn_type
