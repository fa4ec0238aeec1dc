import {
  type Attestation,
  type Attestations,
  type BrokenAttestation,
  type JsonObject,
  type JsonValue,
  LIMITS,
  MalformedError,
  type Provenance,
  type ResourceDescriptor,
  type Statement,
  joinPointer,
  parseAttestations,
  parseJson,
  parseProvenance,
  parseStatement,
} from 'in-toto-attestation';
import { indexVouching, parseVouching, type Voucher, type Vouching } from '@danube/builder';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readUpTo } from '../file.ts';
import { paint, print, printable, printJson, sayError, sayHint, STDOUT } from '../terminal.ts';

interface InspectedFile {
  readonly path: string;
  readonly format: Attestations['format'];
  readonly attestations: Attestations['attestations'];
}

/** Prints what attestation files say. Malformed ones are told, and the others shown. */
export function inspectFiles(paths: readonly string[], format: 'text' | 'json'): ExitCode {
  const files: InspectedFile[] = [];
  let malformed = false;
  for (const path of paths) {
    try {
      files.push({ path, ...parseAttestations(readUpTo(path, LIMITS.jsonLinesBytes + 1)) });
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      malformed = true;
      sayMalformed(path, error);
    }
  }
  if (format === 'json') printJson({ verified: false, files: files.map(fileJson) });
  else print([warning(), ...files.flatMap(describeFile)].join('\n'));
  const isBroken = files.some(({ attestations }) =>
    attestations.some((entry) => brokenPart(entry) !== undefined),
  );
  return malformed || isBroken ? EXIT.rejected : EXIT.ok;
}

function sayMalformed(path: string, error: MalformedError): void {
  sayError(`${path}: ${error.message} (${error.code})`);
  if (error.hint !== undefined) sayHint(error.hint);
}

function warning(): string {
  return `${paint(STDOUT, 'yellow', 'UNVERIFIED')}: anyone can write what follows; \`danube provenance verify\` checks it`;
}

/** What is wrong with an entry: the envelope, or the statement in it. */
function brokenPart(entry: Attestation | BrokenAttestation): MalformedError | undefined {
  if ('error' in entry) return entry.error;
  const statement = readStatementOf(entry);
  return statement instanceof MalformedError ? statement : undefined;
}

function readStatementOf({ envelope }: Attestation): Statement | MalformedError {
  return orMalformed(() => parseStatement(envelope.payload));
}

function orMalformed<T>(parse: () => T): T | MalformedError {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MalformedError) return error;
    throw error;
  }
}

function fileJson({ path, format, attestations }: InspectedFile): JsonObject {
  return { path, format, attestations: attestations.map(attestationJson) };
}

function attestationJson(entry: Attestation | BrokenAttestation): JsonObject {
  const line = entry.line === undefined ? {} : { line: entry.line };
  if ('error' in entry) return { ...line, error: errorJson(entry.error) };
  const { payloadType, signatures, payload } = entry.envelope;
  const statement = orMalformed(() => parseStatement(payload));
  return {
    ...line,
    payloadType,
    claimedKeyids: signatures.map(({ keyid }) => keyid ?? null),
    ...(statement instanceof MalformedError
      ? { error: errorJson(statement) }
      : { statement: parseJson(payload) }),
  };
}

function errorJson({ code, pointer, message }: MalformedError): JsonObject {
  return { code, pointer, message };
}

const FORMATS: Readonly<Record<Attestations['format'], string>> = {
  dsse: 'DSSE envelope',
  'sigstore-bundle': 'Sigstore bundle',
  'json-lines': 'JSON Lines',
  'npm-attestations': "npm registry's answer",
};

function describeFile({ path, format, attestations }: InspectedFile): string[] {
  return [
    '',
    `${paint(STDOUT, 'bold', printable(path))}: ${FORMATS[format]}`,
    ...attestations.flatMap(describeEntry),
  ];
}

function describeEntry(entry: Attestation | BrokenAttestation): string[] {
  const heading = entry.line === undefined ? [] : [`line ${entry.line}`];
  const broken = brokenPart(entry);
  if ('error' in entry) return [...heading, row('malformed', entry.error.message)];
  const keyids = entry.envelope.signatures.map(({ keyid }) => keyid ?? '(none)').join(', ');
  const statement = readStatementOf(entry);
  return [
    ...heading,
    row('payload type', entry.envelope.payloadType),
    row('claimed keys', keyids),
    ...(statement instanceof MalformedError
      ? [row('malformed', broken?.message ?? '')]
      : describeStatement(statement)),
  ];
}

const LABEL_WIDTH = 14;
const LISTED = 20;

/** Everything that comes from the file is made printable here. */
function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${printable(text)}`;
}

function rows(label: string, texts: readonly string[]): string[] {
  const lines = texts.slice(0, LISTED).map((text, index) => row(index === 0 ? label : '', text));
  return texts.length > LISTED ? [...lines, row('', `and ${texts.length - LISTED} more`)] : lines;
}

function describeStatement({ _type, subject, predicateType, predicate }: Statement): string[] {
  const provenance = orMalformed(() => parseProvenance(predicateType, predicate));
  return [
    row('statement', _type),
    row('predicate', predicateType),
    ...rows('subjects', subject.map(describeResource)),
    ...(provenance instanceof MalformedError
      ? describePredicate(predicate)
      : describeProvenance(provenance, predicate)),
  ];
}

function describeResource({ name, uri, digest = {} }: ResourceDescriptor): string {
  const digests = Object.entries(digest).map(([algorithm, value]) => `${algorithm}:${value}`);
  return [name ?? uri ?? '(unnamed)', ...digests].join('  ');
}

function describePredicate(predicate: JsonObject): string[] {
  return rows('content', JSON.stringify(predicate, null, 2).split('\n'));
}

function describeProvenance({ buildDefinition, runDetails }: Provenance, predicate: JsonObject): string[] {
  const vouching = orMalformed(() => parseVouching(predicate));
  const by = vouchers(vouching instanceof MalformedError ? undefined : vouching);
  const { metadata = {} } = runDetails;
  const facts: readonly (readonly [label: string, pointer: string, text: string | undefined])[] = [
    ['builder', '/runDetails/builder/id', runDetails.builder.id],
    ['build type', '/buildDefinition/buildType', buildDefinition.buildType],
    ['invocation', '/runDetails/metadata/invocationId', metadata.invocationId],
    ['started', '/runDetails/metadata/startedOn', metadata.startedOn],
    ['finished', '/runDetails/metadata/finishedOn', metadata.finishedOn],
  ];
  const listed = (label: string, pointer: string, resources: readonly ResourceDescriptor[] = []): string[] =>
    rows(
      label,
      resources.map((resource, index) => by(`${pointer}/${index}`) + describeResource(resource)),
    );
  const parameters = (label: string, pointer: string, values: JsonObject = {}): string[] =>
    rows(
      label,
      Object.entries(values).map((entry) => by(joinPointer(pointer, entry[0])) + describeParameter(entry)),
    );
  return [
    ...describeVouching(vouching),
    ...facts.flatMap(([label, pointer, text]) =>
      text === undefined ? [] : [row(label, by(pointer) + text)],
    ),
    ...parameters('parameters', '/buildDefinition/externalParameters', buildDefinition.externalParameters),
    ...parameters('internal', '/buildDefinition/internalParameters', buildDefinition.internalParameters),
    ...listed('dependencies', '/buildDefinition/resolvedDependencies', buildDefinition.resolvedDependencies),
    ...listed('byproducts', '/runDetails/byproducts', runDetails.byproducts),
  ];
}

const VOUCHERS: Readonly<Record<Voucher, string>> = { controlPlane: 'control plane', tenant: 'tenant' };

/** In front of a fact, where its text cannot forge it: who vouches for it and all that is in it. */
function vouchers(vouching: Vouching | undefined): (pointer: string) => string {
  if (vouching === undefined) return () => '';
  const index = indexVouching(vouching);
  return (pointer) => `[${VOUCHERS[index.voucherOf(pointer)]}] `.padEnd('[control plane] '.length);
}

function describeVouching(vouching: Vouching | undefined | MalformedError): string[] {
  if (vouching instanceof MalformedError) return [row('vouching', `malformed: ${vouching.message}`)];
  return vouching === undefined ? [row('vouching', 'not stated: who saw the facts that follow')] : [];
}

function describeParameter([name, value]: readonly [string, JsonValue]): string {
  return `${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`;
}
