"""Writes the smallest supply chain that in-toto-verify accepts: one step, one link, one Ed25519 key.

python3 in-toto-layout.py FOLDER
"""

import sys
from pathlib import Path

from in_toto.models.layout import Layout, Step
from in_toto.models.link import Link
from in_toto.models.metadata import Metablock
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from securesystemslib.signer import CryptoSigner

folder = Path(sys.argv[1])
private = Ed25519PrivateKey.generate()
signer = CryptoSigner(private)
key = signer.public_key.to_dict()
key["keyid"] = signer.public_key.keyid

step = Step(name="build")
step.pubkeys = [key["keyid"]]
layout = Layout(steps=[step], keys={key["keyid"]: key})
layout.set_relative_expiration(days=1)

for name, body in [
    ("root.layout", layout),
    (f"build.{key['keyid'][:8]}.link", Link(name="build")),
]:
    block = Metablock(signed=body)
    block.create_signature(signer)
    block.dump(str(folder / name))

(folder / "layout.pub").write_bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
