"""Reads a statement from standard input as the Python in-toto-attestation package does, strictly, and validates it.

The statement may hold no field that the package does not know. In the provenance there may be extension fields, which
SLSA tells readers to ignore. Prints the digest of the first subject, then the builder's id.
"""

import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1 import statement_pb2

statement = Statement.copy_from_pb(json_format.Parse(sys.stdin.buffer.read(), statement_pb2.Statement()))
statement.validate()
predicate = json_format.MessageToDict(statement.pb.predicate)
provenance = json_format.ParseDict(predicate, provenance_pb2.Provenance(), ignore_unknown_fields=True)
print(statement.pb.subject[0].digest["sha256"])
print(provenance.run_details.builder.id)
