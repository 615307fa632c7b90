"""The mobile network of an author, derived from the number before it is de-identified (sources.md A.7)."""

from pipeline_lib.sources.addresses import Address

_PREFIX_DIGITS = 5
"""A country's three digits and a network's two, in Somalia."""

_LEAST_DIGITS = 8
"""The prefix of a shorter number, such as a short code, would be nearly the whole number, and not a network's."""


def operator_digits(address: Address) -> str:
    """The value of `operator_raw`: the first five digits of a phone number, else the type of the URN.

    A WhatsApp message does not come over the network of its sender's number, so the value is `whatsapp`, as the
    predecessors had it.
    """
    if address.urn_type == "tel" and len(address.address) >= _LEAST_DIGITS:
        return address.address[:_PREFIX_DIGITS]
    return address.urn_type
