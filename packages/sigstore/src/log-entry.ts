import type { SigstoreBundle, TransparencyLogEntry } from 'in-toto-attestation';
import { X509Certificate, createPublicKey } from 'node:crypto';
import { isJsonArray, isJsonObject, MalformedError, parseJson, type JsonValue } from 'in-toto-attestation';
import { SigstoreError } from './errors.ts';

/** Where each kind of entry keeps the signer: as PEM in base64 (Rekor v1) or as DER in base64 (Rekor v2). */
const SIGNER_PATHS: ReadonlyMap<string, readonly (string | number)[]> = new Map([
  ['hashedrekord/0.0.1', ['spec', 'signature', 'publicKey', 'content']],
  ['dsse/0.0.1', ['spec', 'signatures', 0, 'verifier']],
  ['intoto/0.0.2', ['spec', 'content', 'envelope', 'signatures', 0, 'publicKey']],
  ['hashedrekord/0.0.2', ['spec', 'hashedRekordV002', 'signature', 'verifier']],
  ['dsse/0.0.2', ['spec', 'dsseV002', 'signatures', 0, 'verifier']],
]);

/**
 * Requires each log entry of a bundle to be about the signer of the bundle: an entry about the same bytes by somebody
 * else proves nothing of this one. Signature and content are compared by the library; it leaves the signer out.
 *
 * @param signer the SubjectPublicKeyInfo (DER) that verified the signature, and the certificate (DER) if there is one.
 * @throws {SigstoreError} `ERR_SIGSTORE_TRANSPARENCY`
 */
export function requireLoggedSigner(
  { verificationMaterial: { tlogEntries } }: SigstoreBundle,
  signer: { readonly spki: Uint8Array; readonly certificate?: Uint8Array },
): void {
  for (const entry of tlogEntries) {
    const logged = loggedSigner(entry);
    if (logged === undefined || Buffer.compare(logged, signer.certificate ?? signer.spki) !== 0)
      throw notLogged('it was made for another signer');
  }
}

/**
 * Whom an entry is about: the DER of a certificate or of a SubjectPublicKeyInfo; `undefined` when it names nobody.
 *
 * @throws {SigstoreError} `ERR_SIGSTORE_TRANSPARENCY` for an entry of an unknown kind, or none that can be read
 */
export function loggedSigner({
  kindVersion,
  canonicalizedBody,
}: TransparencyLogEntry): Uint8Array | undefined {
  const kind = `${kindVersion?.kind}/${kindVersion?.version}`;
  const path = SIGNER_PATHS.get(kind);
  if (path === undefined || canonicalizedBody === undefined) throw notLogged(`${kind} is not known`);
  return readSigner(valueAt(readBody(canonicalizedBody), path));
}

function readBody(bytes: Uint8Array): JsonValue {
  try {
    return parseJson(bytes);
  } catch (error) {
    if (error instanceof MalformedError) throw notLogged('it cannot be read');
    throw error;
  }
}

function valueAt(document: JsonValue, path: readonly (string | number)[]): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const key of path) {
    if (typeof key === 'number') value = value !== undefined && isJsonArray(value) ? value[key] : undefined;
    else value = value !== undefined && isJsonObject(value) ? value[key] : undefined;
  }
  return value;
}

function readSigner(logged: JsonValue | undefined): Uint8Array | undefined {
  if (typeof logged === 'string') return readPem(Buffer.from(logged, 'base64').toString('utf8'));
  if (logged === undefined || !isJsonObject(logged)) return undefined;
  const holder = logged['x509Certificate'] ?? logged['publicKey'];
  const bytes = holder !== undefined && isJsonObject(holder) ? holder['rawBytes'] : undefined;
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : undefined;
}

function readPem(pem: string): Uint8Array | undefined {
  try {
    if (pem.includes('BEGIN CERTIFICATE')) return new X509Certificate(pem).raw;
    if (!pem.includes('BEGIN PUBLIC KEY')) return undefined;
    return createPublicKey(pem).export({ type: 'spki', format: 'der' });
  } catch {
    return undefined; // what cannot be read is not the signer
  }
}

function notLogged(reason: string): SigstoreError {
  return new SigstoreError(
    'ERR_SIGSTORE_TRANSPARENCY',
    `the log entry is not about this signature: ${reason}`,
  );
}
