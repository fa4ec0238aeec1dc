import canonicalize from 'canonicalize';
import { der, octets, sequence } from './der.ts';
import { p256Key, pem, sha256, type FixedKey } from './fixed-keys.ts';
import { pae, PAYLOAD_TYPE } from './dsse.ts';
import { certificateBody, certificateOf, extension, name, oid, TRUE } from './x509.ts';

/*
 * An instance of Sigstore whose authorities have keys of fixed seeds: a certificate authority, a log of certificates, a
 * transparency log. What they issue is the same in every run, and is made without the code under test.
 */

const AUTHORITY = p256Key('sigstore certificate authority');
const CERTIFICATE_LOG = p256Key('sigstore certificate log');
const LOG = p256Key('sigstore transparency log');
const WORKLOAD = p256Key('sigstore workload');
/** An authority of the same name that the root does not name. */
const FORGER = p256Key('sigstore forger');

const ORIGIN = 'log.danube.example.com';
/** When the workload signed, and the minutes for which its certificate was valid. */
export const SIGNED_AT = '2026-02-01T10:05:00Z';
const VALID: readonly [string, string] = ['2026-02-01T10:00:00Z', '2026-02-01T10:10:00Z'];
const AUTHORITY_VALID: readonly [string, string] = ['2025-01-01T00:00:00Z', '2049-12-31T23:59:59Z'];

export const ISSUER = 'https://token.actions.githubusercontent.com';
export const REPOSITORY = 'https://github.com/shop/app';
export const REF = 'refs/tags/v1.2.0';
export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01';
export const IDENTITY: string = `${REPOSITORY}/.github/workflows/release.yml@${REF}`;
export const RUN: string = `${REPOSITORY}/actions/runs/42/attempts/1`;

/** What a bundle differs in from a right one. */
export interface Mistakes {
  readonly identity?: string;
  readonly forged?: true;
  readonly usage?: 'server';
  readonly unlogged?: 'no log entry' | 'no certificate log';
  /** The entry is a right one for the same bytes, signed by another certificate. */
  readonly splicedSigner?: true;
  /** The entry is a right one for the same bytes and signature, of this key. */
  readonly loggedFor?: FixedKey;
  /** The log proves that it holds the entry, and promises no time. */
  readonly unpromised?: true;
  /** The log's time, changed after the log signed it. */
  readonly editedTime?: string;
  readonly signedAt?: string;
  /** What the log hashed as the whole envelope: its JSON, as a client sent it; the payload alone when left out. */
  readonly loggedEnvelope?: Buffer;
}

/** The trusted root of the instance, or of one whose certificate authority nobody here uses. */
export function trustedRoot(whose: 'ours' | 'other' = 'ours'): object {
  const log = (key: FixedKey): object => ({
    baseUrl: `https://${ORIGIN}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: base64(key.spki),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: AUTHORITY_VALID[0] },
    },
    logId: { keyId: base64(sha256(key.spki)) },
  });
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(LOG)],
    certificateAuthorities: [
      {
        subject: { organization: 'danube test vectors', commonName: 'authority' },
        uri: 'https://ca.danube.example.com',
        certChain: {
          certificates: [{ rawBytes: base64(authorityCertificate(whose === 'ours' ? AUTHORITY : FORGER)) }],
        },
        validFor: { start: AUTHORITY_VALID[0] },
      },
    ],
    ctlogs: [log(CERTIFICATE_LOG)],
    timestampAuthorities: [],
  };
}

/** A version 0.3 bundle of the statement, signed by a workload of the instance. */
export function keylessBundle(statement: object, mistakes: Mistakes = {}): object {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = Buffer.from(WORKLOAD.sign(pae(PAYLOAD_TYPE, payload)));
  const certificate = workloadCertificate(mistakes);
  const logged = mistakes.splicedSigner
    ? workloadCertificate({ ...mistakes, identity: 'https://other.example.com/' })
    : certificate;
  const entries =
    mistakes.unlogged === 'no log entry'
      ? []
      : [logEntry(payload, sig, pem('CERTIFICATE', logged), mistakes)];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { certificate: { rawBytes: base64(certificate) }, tlogEntries: entries },
    dsseEnvelope: {
      payload: base64(payload),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: base64(sig) }],
    },
  };
}

/** The same as cosign 2 keeps it: an envelope, and beside it, as annotations of its layer, what proves who signed. */
export interface CosignLayer {
  readonly envelope: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

interface KeylessJson {
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly {
      readonly logIndex: string;
      readonly logId: { readonly keyId: string };
      readonly integratedTime: string;
      readonly inclusionPromise: { readonly signedEntryTimestamp: string };
      readonly canonicalizedBody: string;
    }[];
  };
  readonly dsseEnvelope: object;
}

export function cosignLayer(statement: object, mistakes: Mistakes = {}): CosignLayer {
  const { dsseEnvelope } = keylessBundle(statement, mistakes) as KeylessJson;
  const envelope = Buffer.from(JSON.stringify(dsseEnvelope));
  // Signatures are the same each time: this is the same envelope, now with what the log makes of it.
  const logged = keylessBundle(statement, { ...mistakes, loggedEnvelope: envelope });
  const { verificationMaterial } = logged as KeylessJson;
  const { certificate, tlogEntries } = verificationMaterial;
  const bundles = tlogEntries.map(
    ({ logIndex, logId, integratedTime, inclusionPromise, canonicalizedBody }) => ({
      SignedEntryTimestamp: inclusionPromise.signedEntryTimestamp,
      Payload: {
        body: canonicalizedBody,
        integratedTime: Number(integratedTime),
        logIndex: Number(logIndex),
        logID: Buffer.from(logId.keyId, 'base64').toString('hex'),
      },
    }),
  );
  return {
    envelope,
    annotations: {
      'dev.cosignproject.cosign/signature': '',
      'dev.sigstore.cosign/certificate': pem('CERTIFICATE', Buffer.from(certificate.rawBytes, 'base64')),
      'dev.sigstore.cosign/chain': pem('CERTIFICATE', authorityCertificate(AUTHORITY)),
      ...(bundles[0] === undefined ? {} : { 'dev.sigstore.cosign/bundle': JSON.stringify(bundles[0]) }),
    },
  };
}

/** A version 0.3 bundle of the statement, signed by a key that lives on, and logged. */
export function keyedBundle(statement: object, key: FixedKey, mistakes: Mistakes = {}): object {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = Buffer.from(key.sign(pae(PAYLOAD_TYPE, payload)));
  const signer = pem('PUBLIC KEY', (mistakes.loggedFor ?? key).spki);
  const entry = logEntry(payload, sig, signer, mistakes);
  const tlogEntries = mistakes.unlogged === 'no log entry' ? [] : [entry];
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: key.keyid }, tlogEntries },
    dsseEnvelope: {
      payload: base64(payload),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: base64(sig), keyid: key.keyid }],
    },
  };
}

/** The form before bundles: the certificate beside the signature, no log entry. */
export function envelopeWithCertificate(statement: object): object {
  const payload = Buffer.from(JSON.stringify(statement));
  const sig = base64(WORKLOAD.sign(pae(PAYLOAD_TYPE, payload)));
  const cert = pem('CERTIFICATE', workloadCertificate({}));
  return { payload: base64(payload), payloadType: PAYLOAD_TYPE, signatures: [{ keyid: '', sig, cert }] };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const OIDS = {
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  subjectAltName: '2.5.29.17',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  timestamps: '1.3.6.1.4.1.11129.2.4.2',
} as const;

const ISSUER_NAME = name('authority');

function toBeSigned(
  serial: number,
  subject: Buffer,
  valid: readonly [string, string],
  spki: Uint8Array,
  extensions: readonly Buffer[],
): Buffer {
  return certificateBody({ serial, issuer: ISSUER_NAME, subject, valid, spki, extensions });
}

function authorityCertificate(key: FixedKey): Buffer {
  const tbs = toBeSigned(1, name('authority'), AUTHORITY_VALID, key.spki, [
    extension(OIDS.basicConstraints, sequence(TRUE), true),
    extension(OIDS.keyUsage, der(0x03, Buffer.of(2, 0x04)), true),
  ]);
  return certificateOf(tbs, key);
}

/** The claims of the workload, by the last number of Fulcio's extensions. Who signed (9) is added to them. */
const CLAIMS: Readonly<Record<number, string>> = {
  8: ISSUER,
  11: 'github-hosted',
  12: REPOSITORY,
  13: COMMIT,
  14: REF,
  18: IDENTITY,
  20: 'push',
  21: RUN,
};

function workloadCertificate({ identity = IDENTITY, forged, usage, unlogged }: Mistakes): Buffer {
  const authority = forged ? FORGER : AUTHORITY;
  const purpose = usage === 'server' ? OIDS.serverAuth : OIDS.codeSigning;
  const extensions = [
    extension(OIDS.keyUsage, der(0x03, Buffer.of(7, 0x80)), true),
    extension(OIDS.extendedKeyUsage, sequence(oid(purpose))),
    extension(OIDS.subjectAltName, sequence(der(0x86, Buffer.from(identity))), true),
    ...Object.entries({ ...CLAIMS, 9: identity }).map(([number, text]) =>
      extension(`1.3.6.1.4.1.57264.1.${number}`, der(0x0c, Buffer.from(text))),
    ),
  ];
  const build = (all: readonly Buffer[]): Buffer => toBeSigned(2, sequence(), VALID, WORKLOAD.spki, all);
  if (unlogged === 'no certificate log') return certificateOf(build(extensions), authority);
  const list = timestampList(build(extensions), authority);
  return certificateOf(build([...extensions, extension(OIDS.timestamps, octets(list))]), authority);
}

/** RFC 6962, section 3.2: what the certificate log signs before the certificate exists. */
function timestampList(tbs: Buffer, authority: FixedKey): Buffer {
  const at = Buffer.alloc(8);
  at.writeBigUInt64BE(BigInt(Date.parse(VALID[0])));
  const message = Buffer.concat([
    Buffer.of(0, 0),
    at,
    Buffer.of(0, 1),
    sha256(authority.spki),
    Buffer.of(0, tbs.length >> 8, tbs.length & 0xff),
    tbs,
    Buffer.of(0, 0),
  ]);
  const sig = Buffer.from(CERTIFICATE_LOG.sign(message));
  const sct = Buffer.concat([
    Buffer.of(0),
    sha256(CERTIFICATE_LOG.spki),
    at,
    Buffer.of(0, 0, 4, 3, 0, sig.length),
    sig,
  ]);
  return Buffer.concat([Buffer.of(0, sct.length + 2, 0, sct.length), sct]);
}

function logEntry(payload: Buffer, sig: Buffer, signer: string, mistakes: Mistakes): object {
  const hash = (bytes: Uint8Array): object => ({ algorithm: 'sha256', value: sha256(bytes).toString('hex') });
  const verifier = base64(Buffer.from(signer));
  const body = canonical({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      envelopeHash: hash(mistakes.loggedEnvelope ?? payload),
      payloadHash: hash(payload),
      signatures: [{ signature: base64(sig), verifier }],
    },
  });
  const integratedTime = Date.parse(mistakes.signedAt ?? SIGNED_AT) / 1000;
  const keyId = sha256(LOG.spki);
  const promise = canonical({
    body: base64(body),
    integratedTime,
    logID: keyId.toString('hex'),
    logIndex: 1,
  });
  const edited = mistakes.editedTime === undefined ? integratedTime : Date.parse(mistakes.editedTime) / 1000;
  return {
    logIndex: '1',
    logId: { keyId: base64(keyId) },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(edited),
    ...(mistakes.unpromised ? {} : { inclusionPromise: { signedEntryTimestamp: base64(LOG.sign(promise)) } }),
    inclusionProof: inclusionProof(body),
    canonicalizedBody: base64(body),
  };
}

/** What the log began with: sigstore-go takes an entry of index 0 for none. */
const FIRST_LEAF = leafOf(Buffer.from('danube test vector: first entry'));

/** RFC 6962, section 2.1. */
function leafOf(entry: Uint8Array): Buffer {
  return sha256(Buffer.concat([Buffer.of(0), entry]));
}

/** The entry is the second of a log of two. Rekor's checkpoints name the tree behind the origin. */
function inclusionProof(body: Buffer): object {
  const root = sha256(Buffer.concat([Buffer.of(1), FIRST_LEAF, leafOf(body)]));
  const note = `${ORIGIN} - 1\n2\n${base64(root)}\n`;
  const signature = Buffer.concat([sha256(LOG.spki).subarray(0, 4), LOG.sign(Buffer.from(note))]);
  return {
    logIndex: '1',
    rootHash: base64(root),
    treeSize: '2',
    hashes: [base64(FIRST_LEAF)],
    checkpoint: { envelope: `${note}\n— ${ORIGIN} ${base64(signature)}\n` },
  };
}

function canonical(value: object): Buffer {
  return Buffer.from(canonicalize(value) ?? '');
}
