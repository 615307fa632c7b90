"""Google's token endpoint: for service accounts' signed requests, and for what a person once agreed to."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from itertools import count

from sandbox.drive.model import Account, Refusal
from sandbox.drive.store import Store

DRIVE_SCOPE = "https://www.googleapis.com/auth/drive"

_SIGNED = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class GrantError(Exception):
    """No token is given; the word says why, as OAuth spells it."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass
class Tokens:
    """Who is given a token, and whose a token is."""

    store: Store
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    """Of people, by token: their e-mail address. One that is taken out was revoked."""
    delegations: set[tuple[str, str]] = field(default_factory=set)
    """Which service account may act as whom."""
    revoked_keys: set[str] = field(default_factory=set)
    """Service accounts whose key is accepted no more."""
    _accounts: dict[str, str] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def grant(self, form: dict[str, str]) -> str:
        """An access token for what a form of the token endpoint asks.

        Raises:
            GrantError: There is none for that.
        """
        if form.get("grant_type") == _SIGNED:
            email = self._of_claims(_claims(form.get("assertion", "")))
        elif form.get("grant_type") == "refresh_token":
            email = self.refresh_tokens.get(form.get("refresh_token", ""), "")
            if not email:
                raise GrantError("invalid_grant")
        else:
            raise GrantError("unsupported_grant_type")
        return self.give(email)

    def give(self, email: str) -> str:
        """A new access token of an account."""
        token = f"canary-access-token-{next(self._numbers)}"
        self._accounts[token] = email
        return token

    def account(self, authorization: str) -> Account:
        """Whose the token of an `Authorization` header is.

        Raises:
            Refusal: Nobody's.
        """
        email = self._accounts.get(authorization.removeprefix("Bearer "))
        if email is None:
            raise Refusal(401, "authError", "Invalid Credentials")
        return self.store.accounts[email]

    def forget(self) -> None:
        """Accept no token any more that was given so far."""
        self._accounts.clear()

    def _of_claims(self, claims: dict[str, str]) -> str:
        issuer, subject = claims.get("iss", ""), claims.get("sub")
        if issuer not in self.store.accounts or issuer in self.revoked_keys:
            raise GrantError("invalid_grant")
        if DRIVE_SCOPE not in claims.get("scope", "").split():
            raise GrantError("invalid_scope")
        if subject in {None, issuer}:
            return issuer
        if (issuer, subject) not in self.delegations:
            raise GrantError("unauthorized_client")
        return str(subject)


def _claims(assertion: str) -> dict[str, str]:
    """What a signed request says; the signature is not looked at."""
    try:
        payload = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        raise GrantError("invalid_grant") from None
    return claims if isinstance(claims, dict) else {}
