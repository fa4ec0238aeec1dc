"""Reads a statement from standard input as the Python in-toto-attestation package does, strictly, and validates it.

Prints the digest of the first subject, then the builder's id from the provenance predicate.
"""

import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2

statement = Statement.copy_from_pb(json_format.Parse(sys.stdin.buffer.read(), statement_pb2.Statement()))
statement.validate()
provenance = json_format.ParseDict(json_format.MessageToDict(statement.pb.predicate), provenance_pb2.Provenance())
print(statement.pb.subject[0].digest["sha256"])
print(provenance.run_details.builder.id)
