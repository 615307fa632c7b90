"""What the demo and the tests find on a Drive: a service account with a key, and a shared drive."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SERVICE_ACCOUNT = "pipeline@radio-demo.iam.gserviceaccount.com"
SHARED_DRIVE = "Geedka Hoostiisa"


def service_account_key(email: str = SERVICE_ACCOUNT) -> dict[str, str]:
    """A key as Google writes it, of a private key that nobody else has."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "type": "service_account",
        "project_id": email.partition("@")[2].partition(".")[0],
        "private_key_id": "0",
        "private_key": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": email,
        "client_id": "100000000000000000001",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


def write_key(path: Path, email: str = SERVICE_ACCOUNT) -> None:
    """Writes a key to a file that only its owner reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(service_account_key(email)), encoding="utf-8")
