"""Reads and writes encrypted keys with the Python cryptography package.

python3 cryptography-key.py read KEY PASSPHRASE     prints the public key, as PEM
python3 cryptography-key.py write KEY PASSPHRASE    writes a new encrypted key, and prints its public key
"""

import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

mode, path, passphrase = sys.argv[1], Path(sys.argv[2]), sys.argv[3].encode()
if mode == "write":
    encryption = BestAvailableEncryption(passphrase)
    new = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(new)
public = load_pem_private_key(path.read_bytes(), passphrase).public_key()
sys.stdout.write(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
