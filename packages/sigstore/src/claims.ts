import { SigstoreError } from './errors.ts';

/**
 * What the certificate authority says of the workload that signed (Fulcio, docs/oid-info.md). What the certificate does
 * not say is absent. The authority had it from the identity provider's token.
 */
export interface CertificateClaims {
  /** The trigger's name: `push`, `workflow_dispatch`. */
  readonly buildTrigger?: string;
  /** The workflow that ran the signing step, with its ref. */
  readonly buildSignerUri?: string;
  readonly buildSignerDigest?: string;
  /** `github-hosted` or `self-hosted`. */
  readonly runnerEnvironment?: string;
  readonly sourceRepositoryUri?: string;
  /** The commit that was built. */
  readonly sourceRepositoryDigest?: string;
  readonly sourceRepositoryRef?: string;
  /** The workflow at the top, with its ref. */
  readonly buildConfigUri?: string;
  readonly buildConfigDigest?: string;
  readonly runInvocationUri?: string;
}

/** An extension of a certificate: its object identifier and its value as it is in the certificate. */
export interface Extension {
  readonly oid: string;
  readonly value: Uint8Array;
}

const FULCIO = '1.3.6.1.4.1.57264.1';

/** Each claim with its extension, and the older one that said the same. */
const CLAIMS: readonly (readonly [claim: keyof CertificateClaims, current: number, older?: number])[] = [
  ['buildTrigger', 20, 2],
  ['buildSignerUri', 9],
  ['buildSignerDigest', 10],
  ['runnerEnvironment', 11],
  ['sourceRepositoryUri', 12, 5],
  ['sourceRepositoryDigest', 13, 3],
  ['sourceRepositoryRef', 14, 6],
  ['buildConfigUri', 18],
  ['buildConfigDigest', 19],
  ['runInvocationUri', 21],
];

const OLDER_ISSUER = 1;
const ISSUER = 8;
const OLDER_REPOSITORY = 5;

/** The issuer of the token that the certificate was given for. */
export function readIssuer(extensions: readonly Extension[]): string | undefined {
  return readText(extensions, ISSUER) ?? readText(extensions, OLDER_ISSUER);
}

/**
 * Reads the claims of a certificate.
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_CERTIFICATE` for an extension that is there twice or is no text.
 */
export function readClaims(extensions: readonly Extension[]): CertificateClaims {
  const claims: { -readonly [Claim in keyof CertificateClaims]: CertificateClaims[Claim] } = {};
  for (const [claim, current, older] of CLAIMS) {
    const value =
      readText(extensions, current) ?? (older === undefined ? undefined : readOlder(extensions, older));
    if (value !== undefined) claims[claim] = value;
  }
  return claims;
}

/** The older extension had the repository without its host, which was GitHub's. */
function readOlder(extensions: readonly Extension[], number: number): string | undefined {
  const value = readText(extensions, number);
  return number === OLDER_REPOSITORY && value !== undefined ? `https://github.com/${value}` : value;
}

/** From 8 on the value is a DER UTF8String, before it the bare text. */
function readText(extensions: readonly Extension[], number: number): string | undefined {
  const found = extensions.filter(({ oid }) => oid === `${FULCIO}.${number}`);
  const [extension] = found;
  if (extension === undefined) return undefined;
  if (found.length > 1) throw claimError(number, 'is there twice');
  try {
    const { value } = extension;
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      number < ISSUER ? value : readUtf8String(value, number),
    );
  } catch (error) {
    if (error instanceof SigstoreError) throw error;
    throw claimError(number, 'is not UTF-8', error);
  }
}

const UTF8_STRING = 0x0c;

function readUtf8String(der: Uint8Array, number: number): Uint8Array {
  const [tag, first = 0, second = 0, third = 0] = der;
  const [header, length] =
    first < 0x80
      ? [2, first]
      : first === 0x81 && second >= 0x80
        ? [3, second]
        : first === 0x82 && second > 0
          ? [4, second * 256 + third]
          : [0, -1];
  if (tag === UTF8_STRING && der.length === header + length) return der.subarray(header);
  throw claimError(number, 'is not a UTF8String');
}

function claimError(number: number, problem: string, cause?: unknown): SigstoreError {
  return new SigstoreError(
    'ERR_SIGSTORE_CERTIFICATE',
    `the certificate's extension ${FULCIO}.${number} ${problem}`,
    { cause },
  );
}
