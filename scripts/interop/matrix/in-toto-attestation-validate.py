"""Reads and validates the statement on standard input, and its provenance v1. Ends with 1 when they are none."""

import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2

try:
    statement = Statement.copy_from_pb(
        json_format.Parse(sys.stdin.buffer.read(), statement_pb2.Statement(), ignore_unknown_fields=True)
    )
    statement.validate()
    if statement.pb.predicate_type == "https://slsa.dev/provenance/v1":
        predicate = json_format.MessageToDict(statement.pb.predicate)
        json_format.ParseDict(predicate, provenance_pb2.Provenance(), ignore_unknown_fields=True)
except Exception as error:  # whatever it throws is its answer
    sys.exit(f"{type(error).__name__}: {error}".replace("\n", " "))
