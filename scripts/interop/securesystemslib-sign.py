"""Signs standard input as an in-toto statement with a new Ed25519 key: python3 securesystemslib-sign.py KEY_OUT

Writes the public key to KEY_OUT and the DSSE envelope to standard output.
"""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner

private = Ed25519PrivateKey.generate()
pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
Path(sys.argv[1]).write_bytes(pem)
envelope = Envelope(sys.stdin.buffer.read(), "application/vnd.in-toto+json", {})
envelope.sign(CryptoSigner(private))
json.dump(envelope.to_dict(), sys.stdout)
