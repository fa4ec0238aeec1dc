import { KeyError, parsePublicKey, type PublicKey } from '@danube/keys';
import {
  type Expectations,
  ExpectationError,
  type Lock,
  type OpenedTrustRoot,
  type Policy,
} from '@danube/verifier';
import { type JsonValue, MalformedError, parseJson } from 'in-toto-attestation';
import { usageError } from '../exit-code.ts';
import { readUpTo } from '../file.ts';
import type { VerifyOptions } from './verify.ts';

/**
 * What the options demand.
 *
 * @param trustRoot opened, when the options name one.
 * @param policies read, when the options name some.
 * @param lock what was accepted before.
 * @throws CliError ERR_USAGE; KeyError for a public key that cannot be read.
 */
export function readExpectations(
  options: VerifyOptions,
  trustRoot?: OpenedTrustRoot,
  policies?: readonly Policy[],
  lock?: Lock,
): Expectations {
  checkCertificateOptions(options);
  if (options.publicKey === undefined && options.sigstoreRoot === undefined && trustRoot === undefined) {
    throw usageError(
      'no --public-key is given, so nothing can be trusted',
      'name the key of the builder you trust, for example --public-key /var/lib/danube/keys/signing.key.pub',
    );
  }
  const parameters = readParameters(options);
  return withoutUndefined({
    publicKeys: (options.publicKey ?? []).map((path) => readPublicKey(path)),
    certificateIdentity: options.certificateIdentity,
    certificateIssuer: options.certificateIssuer,
    trustRoot,
    buildLevel: options.buildLevel,
    summary: readSummary(options),
    threshold: options.threshold,
    builderId: options.builderId,
    sourceUri: options.sourceUri,
    sourceRef: options.sourceRef,
    sourceBranch: options.sourceBranch,
    sourceTag: options.sourceTag,
    sourceCommit: options.sourceCommit,
    buildType: options.buildType,
    parameters: parameters.size === 0 ? undefined : Object.fromEntries(parameters),
    allowParameters: options.allowParameter,
    policies,
    lock,
    follow: undefined,
    npmPackage: undefined,
    predicateType: options.predicateType,
    maxAgeSeconds: options.maxAge,
    strict: options.strict,
    noExtra: options.extra ? undefined : true,
    noMissing: options.missing ? undefined : true,
  });
}

/** The summary that is expected; with `--vsa` the same options say what is written. */
function readSummary({ vsa, verifierId, resourceUri }: VerifyOptions): Expectations['summary'] | undefined {
  if (vsa !== undefined || (verifierId === undefined && resourceUri === undefined)) return undefined;
  if (verifierId === undefined) throw usageError('--resource-uri needs --verifier-id');
  if (resourceUri === undefined) throw usageError('--verifier-id needs --resource-uri');
  return { verifierId, resourceUri };
}

/** A root trusts whole authorities, which certify anybody: without an identity it would decide nothing, and the other way round. */
function checkCertificateOptions(options: VerifyOptions): void {
  const given = CERTIFICATE_OPTIONS.filter(([name]) => options[name] !== undefined);
  if (given.length === 0 || given.length === CERTIFICATE_OPTIONS.length) return;
  const missing = CERTIFICATE_OPTIONS.filter(([name]) => options[name] === undefined);
  throw usageError(
    `${given.map(([, flag]) => flag).join(' and ')} needs ${missing.map(([, flag]) => flag).join(' and ')}`,
  );
}

const CERTIFICATE_OPTIONS = [
  ['sigstoreRoot', '--sigstore-root'],
  ['certificateIdentity', '--certificate-identity'],
  ['certificateIssuer', '--certificate-issuer'],
] as const;

/** More than any public key has. */
const KEY_BYTES = 65_536;

/** @throws CliError ERR_USAGE for a file that is no public key */
export function readPublicKey(path: string, flag: string = '--public-key'): PublicKey {
  const bytes = readUpTo(path, KEY_BYTES);
  try {
    return parsePublicKey(bytes);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw usageError(`${flag} ${path}: ${error.message}`, error.hint);
  } finally {
    bytes.fill(0); // it may be a private key that came to the wrong place
  }
}

type Optional<T> = { readonly [K in keyof T]: T[K] | undefined };

/** The verifier takes an expectation that is present but `undefined` for a mistake; here it is an option not given. */
function withoutUndefined(
  given: Optional<Required<Expectations>> & Pick<Expectations, 'publicKeys'>,
): Expectations {
  const { publicKeys, ...others } = given;
  return {
    publicKeys,
    ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)),
  };
}

function readParameters({ parameter = [], parameterJson = [] }: VerifyOptions): Map<string, JsonValue> {
  const parameters = new Map<string, JsonValue>();
  for (const text of parameter) addParameter(parameters, '--parameter', text, (value) => value);
  for (const text of parameterJson) addParameter(parameters, '--parameter-json', text, parseValue);
  return parameters;
}

function addParameter(
  parameters: Map<string, JsonValue>,
  flag: string,
  text: string,
  parse: (value: string) => JsonValue,
): void {
  const equals = text.indexOf('=');
  if (equals < 1) throw usageError(`${flag} ${text}: expected NAME=VALUE`);
  const name = text.slice(0, equals);
  if (parameters.has(name)) throw usageError(`the parameter ${name} is given twice`);
  parameters.set(name, parse(text.slice(equals + 1)));
}

function parseValue(text: string): JsonValue {
  try {
    return parseJson(Buffer.from(text));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw usageError(`--parameter-json: ${text} is not JSON: ${error.message}`, 'for a text use --parameter');
  }
}

const FLAGS: Readonly<Record<string, string>> = {
  publicKeys: '--public-key',
  parameters: '--parameter',
  allowParameters: '--allow-parameter',
  policies: '--policy',
  packageUrl: '--as',
  image: '--as',
  maxAgeSeconds: '--max-age',
  npmPackage: '--public-key',
  summary: '--verifier-id',
  lock: '--lockfile',
};

/** An expectation that the verifier calls impossible, in the words of the command line. Other errors stay as they are. */
export function inFlags(error: unknown): unknown {
  if (!(error instanceof ExpectationError)) return error;
  const { field, message } = error;
  const flag = FLAGS[field] ?? `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return usageError(message.startsWith(`${field}: `) ? `${flag}${message.slice(field.length)}` : message);
}
