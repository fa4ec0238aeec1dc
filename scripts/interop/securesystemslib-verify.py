"""Verifies the DSSE envelope on standard input: python3 securesystemslib-verify.py KEY KEYID

Ends with 1 when the signature is not the key's.
"""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

public = load_pem_public_key(Path(sys.argv[1]).read_bytes())
envelope = Envelope.from_dict(json.load(sys.stdin))
try:
    envelope.verify([SSlibKey.from_crypto(public, keyid=sys.argv[2])], threshold=1)
except VerificationError as error:
    sys.exit(f"refused: {error}")
print("verified")
