"""Verifies the DSSE envelope on standard input: python3 securesystemslib-threshold.py THRESHOLD KEYID=KEY...

Ends with 1 when too few of the keys signed it, or it cannot be read.
"""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

try:
    named = [argument.rsplit("=", 1) for argument in sys.argv[2:]]
    keys = [SSlibKey.from_crypto(load_pem_public_key(Path(path).read_bytes()), keyid) for keyid, path in named]
    Envelope.from_dict(json.load(sys.stdin)).verify(keys, threshold=int(sys.argv[1]))
except Exception as error:  # whatever it throws is its answer
    sys.exit(f"{type(error).__name__}: {error}")
