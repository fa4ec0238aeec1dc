import {
  PROVENANCE_V02,
  PROVENANCE_V1,
  isJsonObject,
  parsePredicate,
  parseProvenance,
  parseStatement,
  parseVerificationSummary,
  readEnvelope,
  readResourceDescriptor,
  readSigstoreBundle,
  readStatement,
  type Envelope,
  type JsonObject,
  type JsonValue,
  type Statement,
} from 'in-toto-attestation';

/** Reads a document of one kind; throws MalformedError when it is not one. */
type Reader = (object: JsonObject) => void;

const PLACEHOLDER_BUILDER = { id: 'urn:placeholder:builder' } as const;

/**
 * What kind of document of the attestation family this is, told by its own fields, and how it is read. `undefined`
 * when it is none of them.
 */
export function readerFor(value: JsonValue): Reader | undefined {
  if (!isJsonObject(value)) return undefined;
  return READERS.find(([fields]) => fields.every((field) => Object.hasOwn(value, field)))?.[1];
}

/** By the fields that only this kind has, the most telling first. */
const READERS: readonly (readonly [readonly string[], Reader])[] = [
  [['verificationMaterial'], readBundleDocument],
  [['payload', 'signatures'], (object) => readSigned(readEnvelope(object, ''))],
  [['_type'], (object) => judgeStatement(readStatement(object, ''))],
  [['buildDefinition'], (object) => void parseProvenance(PROVENANCE_V1, object, '')],
  [['buildType', 'externalParameters'], readBuildDefinition],
  [['externalParameters'], readBuildDefinition],
  [['buildType'], readProvenanceV02],
  [['verificationResult'], (object) => void parseVerificationSummary(object, '')],
  [['uri'], (object) => void readResourceDescriptor(object, '')],
  [['digest'], (object) => void readResourceDescriptor(object, '')],
];

function readBundleDocument(object: JsonObject): void {
  const { dsseEnvelope } = readSigstoreBundle(object, '');
  if (dsseEnvelope !== undefined) readSigned(dsseEnvelope);
}

function readSigned({ payload }: Envelope): void {
  judgeStatement(parseStatement(payload));
}

// Provenance is told by its shape as well: a type such as `…/v1?draft` must not exempt it from the rules.
function judgeStatement(statement: Statement): void {
  const { predicateType, predicate } = statement;
  const isProvenance =
    predicateType.startsWith('https://slsa.dev/provenance/') && 'buildDefinition' in predicate;
  parsePredicate(isProvenance ? { ...statement, predicateType: PROVENANCE_V1 } : statement);
}

// Excerpts of specification pages leave out what another block of the same page shows; that part is filled in.
function readBuildDefinition(object: JsonObject): void {
  const buildDefinition = { buildType: 'urn:placeholder:buildType', ...object };
  parseProvenance(PROVENANCE_V1, { buildDefinition, runDetails: { builder: PLACEHOLDER_BUILDER } }, '');
}

function readProvenanceV02(object: JsonObject): void {
  parseProvenance(PROVENANCE_V02, { builder: PLACEHOLDER_BUILDER, ...object }, '');
}
