import { base64, pae, type EnvelopeJson } from './dsse.ts';
import { AUDITOR, BUILDER, ed25519Key, pem, sha256, type FixedKey } from './fixed-keys.ts';
import { BUILDER_ID } from './statements.ts';
import { encodeText, type Content } from './vector.ts';

/** Keeps the trust roots of the vectors. */
export const ROOT: FixedKey = ed25519Key('root');

type Json = Record<string, unknown>;

/** A key of a trust root, for as long as the vectors are of use. */
export function trustedKey(key: FixedKey, parts: Json = {}): Json {
  return {
    name: key.name,
    publicKey: pem('PUBLIC KEY', key.spki),
    notBefore: '2026-01-01T00:00:00Z',
    notAfter: '2056-01-01T00:00:00Z',
    ...parts,
  };
}

/** The builder of the cases, at level 2. */
export function trustedBuilder(parts: Json = {}): Json {
  return { id: BUILDER_ID, keys: ['builder'], threshold: 1, maxLevel: 2, ...parts };
}

/** A trust root of the builder's and the auditor's key, with other parts where a case needs them. */
export function trustRoot(parts: Json = {}): Json {
  return {
    apiVersion: 'danube.dev/v1',
    kind: 'TrustRoot',
    version: 3,
    expires: '2056-01-01T00:00:00Z',
    keys: [trustedKey(BUILDER), trustedKey(AUDITOR)],
    builders: [trustedBuilder()],
    ...parts,
  };
}

const PAYLOAD_TYPE = 'application/vnd.danube.trust-root+json';

/** A trust root as its keeper signs it. */
function signedTrustRoot(document: Json, payloadType: string = PAYLOAD_TYPE): EnvelopeJson {
  const payload = encodeText(document);
  const sig = base64(ROOT.sign(pae(payloadType, payload)));
  return { payload: base64(payload), payloadType, signatures: [{ keyid: ROOT.keyid, sig }] };
}

function state(version: number, document: Json): string {
  return `${JSON.stringify({ version, sha256: sha256(encodeText(document)).toString('hex') })}\n`;
}

const EXPIRED = trustRoot({ expires: '2026-01-31T00:00:00Z' });

/** Files of trust roots, below test-vectors/keys/. */
export function trustRootFiles(): Record<string, Content> {
  return {
    'root.pub': pem('PUBLIC KEY', ROOT.spki),
    'trust-root.json': encodeText(signedTrustRoot(trustRoot())),
    'trust-root-expired.json': encodeText(signedTrustRoot(EXPIRED)),
    'trust-root-plain.json': encodeText(trustRoot()),
    'trust-root-plain-expired.json': encodeText(EXPIRED),
    'trust-state.json': state(3, trustRoot()),
    'trust-state-newer.json': state(4, trustRoot({ version: 4 })),
    'trust-state-fork.json': state(3, trustRoot({ builders: [trustedBuilder({ maxLevel: 1 })] })),
  };
}
