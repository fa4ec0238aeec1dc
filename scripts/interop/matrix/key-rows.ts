import { ed25519ph } from '@noble/curves/ed25519.js';
import {
  base64,
  envelope,
  pae,
  PAYLOAD_TYPE,
  sigstoreBundle,
  type EnvelopeJson,
} from '../../vectors/dsse.ts';
import {
  AUDITOR,
  BUILDER,
  P256,
  pem,
  sha256,
  sshEd25519,
  STRANGER,
  type FixedKey,
} from '../../vectors/fixed-keys.ts';
import { addOrder } from '../../vectors/malleable.ts';
import {
  APP,
  BUILDER_ID,
  DOCS,
  PROVENANCE_V02,
  provenance,
  provenanceV02,
  SOURCE_URI,
  statement,
  subject,
} from '../../vectors/statements.ts';
import { trustedBuilder, trustRoot } from '../../vectors/trust-roots.ts';
import type { Content } from '../../vectors/vector.ts';
import type { KeyFiles, PublicKeyFile } from './key-verifiers.ts';
import { KEY_VERIFIERS } from './key-verifiers.ts';
import { because, COSIGNS } from './reasons.ts';
import { type AnyTable, type Row, tableOf } from './table.ts';

const STATEMENT_V01 = 'https://in-toto.io/Statement/v0.1';
const RIGHT = JSON.stringify(statement());

function publicKeyOf(key: FixedKey): PublicKeyFile {
  return { pem: pem('PUBLIC KEY', key.spki), keyid: key.keyid };
}

/** The files of an envelope with one signature, in both forms. */
function signed(dsse: EnvelopeJson, payload: Content, parts: Partial<KeyFiles> = {}): KeyFiles {
  return {
    artifact: APP.content,
    bundle: JSON.stringify(sigstoreBundle(dsse)),
    envelope: JSON.stringify(dsse),
    statement: payload,
    publicKeys: [publicKeyOf(BUILDER)],
    type: 'slsaprovenance1',
    builderId: BUILDER_ID,
    sourceUri: SOURCE_URI,
    ...parts,
  };
}

/** What the builder signed: a right statement, or this one. */
function built(payload: Content = RIGHT, parts: Partial<KeyFiles> = {}, key: FixedKey = BUILDER): KeyFiles {
  return signed(envelope(payload, [key]), payload, { publicKeys: [publicKeyOf(key)], ...parts });
}

/** A right envelope, changed after it was signed. */
function changed(change: Partial<EnvelopeJson>): KeyFiles {
  return signed({ ...envelope(RIGHT, [BUILDER]), ...change }, RIGHT);
}

/** A right statement whose base64 has characters that the two alphabets write differently, and padding. */
const TELLING = JSON.stringify(statement({ subject: [{ ...subject(APP), name: 'app~~~???>>>.tgz' }] }));

/** The base64 of a right payload, changed. */
function changedPayload(change: (text: string) => string): KeyFiles {
  const dsse = envelope(TELLING, [BUILDER]);
  return signed({ ...dsse, payload: change(dsse.payload) }, TELLING);
}

/** Signed by the builder in some other way. */
function signedAs(sig: Uint8Array, parts: Partial<KeyFiles> = {}, keyid: string = BUILDER.keyid): KeyFiles {
  const dsse = { ...envelope(RIGHT, []), signatures: [{ keyid, sig: base64(sig) }] };
  return signed(dsse, RIGHT, parts);
}

/** Several signatures are in no bundle. */
function several(keys: readonly FixedKey[], trusted: readonly FixedKey[]): KeyFiles {
  const { bundle: _, ...files } = signed(envelope(RIGHT, keys), RIGHT);
  return { ...files, publicKeys: trusted.map(publicKeyOf), threshold: 2 };
}

/** Both forms as text, changed. */
function rewritten(change: (text: string) => string): KeyFiles {
  const files = built();
  return { ...files, bundle: change(String(files.bundle)), envelope: change(String(files.envelope)) };
}

const RIGHT_SIGNATURE = BUILDER.sign(pae(PAYLOAD_TYPE, RIGHT));

/** The neutral element as a key: S = 0 and R = the neutral element satisfy the equation for every message. */
const NEUTRAL = Buffer.concat([Buffer.of(1), Buffer.alloc(31)]);
const NEUTRAL_KEY: PublicKeyFile = {
  pem: pem('PUBLIC KEY', Buffer.concat([BUILDER.spki.subarray(0, 12), NEUTRAL])),
  keyid: `SHA256:${sha256(sshEd25519(NEUTRAL)).toString('base64').replace(/=+$/, '')}`,
};

function flippedByte(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(20) ^ 1, 20);
  return copy;
}

const SIGNATURES = ['@sigstore/verify', 'securesystemslib'] as const;
const FORM = 'in-toto-attestation';

const NO_SIGNATURE = because([FORM], 'It reads the form of statements, and no signature.');
const NO_STATEMENT = because(SIGNATURES, 'It verifies signatures, and leaves the statement to its caller.');
const LENIENT_DECODER = 'Its decoder reads several texts as the same bytes; we take what an encoder writes.';
const LENIENT_BASE64 = because([...COSIGNS, '@sigstore/verify'], LENIENT_DECODER);
const NO_EXPECTATION = because(
  COSIGNS,
  'It compares digest and predicate type; what the predicate says is left to a policy of its caller.',
);
const NO_POLICY = {
  ...NO_STATEMENT,
  ...NO_EXPECTATION,
  ...because([FORM], 'It reads the form, and expects no values.'),
};
const ROWS: readonly Row<KeyFiles>[] = [
  { what: 'right, by an Ed25519 key', good: true, files: built() },
  { what: 'right, by an ECDSA P-256 key', good: true, files: built(RIGHT, {}, P256) },
  {
    what: 'right, SLSA provenance v0.2',
    good: true,
    files: built(
      JSON.stringify(
        statement({ _type: STATEMENT_V01, predicateType: PROVENANCE_V02, predicate: provenanceV02() }),
      ),
      { type: 'slsaprovenance02' },
    ),
    why: because([FORM], 'It knows version 1 of statements alone.'),
  },
  {
    what: 'right, with a field in the statement that no specification knows',
    good: true,
    files: built(JSON.stringify(statement({ extra: 1 }))),
    why: because(
      COSIGNS,
      'It refuses unknown fields of statements; in-toto says that readers must ignore them.',
    ),
  },
  {
    what: 'right, with a field in the predicate that no specification knows',
    good: true,
    files: built(JSON.stringify(statement({ predicate: { ...provenance(), extra: { a: [1] } } }))),
  },
  {
    what: 'right, the artifact under another name',
    good: true,
    files: built(JSON.stringify(statement({ subject: [{ ...subject(APP), name: 'other.tgz' }] }))),
  },
  {
    what: 'right, the keyid names another key',
    good: true,
    files: signedAs(RIGHT_SIGNATURE, {}, STRANGER.keyid),
    why: because(
      [...COSIGNS, 'securesystemslib'],
      'It verifies a signature only by the key that its keyid names; to DSSE the keyid is a hint.',
    ),
  },
  {
    what: 'right, no keyid',
    good: true,
    files: changed({ signatures: [{ sig: base64(RIGHT_SIGNATURE) }] }),
    why: because(['securesystemslib'], 'It demands a keyid; DSSE does not.'),
  },
  {
    what: 'right, two keys of two signed',
    good: true,
    files: several([BUILDER, AUDITOR], [BUILDER, AUDITOR]),
    why: because([...COSIGNS, '@sigstore/verify'], 'A Sigstore bundle has one signature.'),
  },
  {
    what: 'a threshold of two, one key signed twice',
    good: false,
    files: several([BUILDER, BUILDER], [BUILDER, AUDITOR]),
    why: {
      ...because([...COSIGNS, '@sigstore/verify'], 'A Sigstore bundle has one signature.'),
      ...NO_SIGNATURE,
    },
  },
  {
    what: 'a byte of the payload flipped',
    good: false,
    files: changed({ payload: base64(RIGHT.replace('app-release', 'app-releasf')) }),
    why: NO_SIGNATURE,
  },
  {
    what: 'a byte of the signature flipped',
    good: false,
    files: signedAs(flippedByte(RIGHT_SIGNATURE)),
    why: NO_SIGNATURE,
  },
  {
    what: 'another key',
    good: false,
    files: built(RIGHT, { publicKeys: [publicKeyOf(STRANGER)] }),
    why: NO_SIGNATURE,
  },
  {
    what: 'another artifact',
    good: false,
    files: built(RIGHT, { artifact: DOCS.content }),
    why: { ...NO_STATEMENT, ...because([FORM], 'It reads the form, and expects no values.') },
  },
  {
    what: 'another source than expected',
    good: false,
    files: built(RIGHT, { sourceUri: 'git+https://git.example.com/shop/other' }),
    why: NO_POLICY,
  },
  {
    what: 'another builder than expected',
    good: false,
    files: built(RIGHT, { builderId: `${BUILDER_ID}/x` }),
    why: NO_POLICY,
  },
  {
    what: 'a level demanded of a builder that is not trusted with it',
    good: false,
    files: built(RIGHT, { trustRoot: JSON.stringify(trustRoot()), buildLevel: 3 }),
    why: NO_POLICY,
  },
  {
    what: 'a level demanded of a builder that nobody knows',
    good: false,
    files: built(RIGHT, {
      trustRoot: JSON.stringify(trustRoot({ builders: [trustedBuilder({ id: `${BUILDER_ID}/x` })] })),
      buildLevel: 1,
    }),
    why: NO_POLICY,
  },
  {
    what: 'another predicate than provenance',
    good: false,
    files: built(JSON.stringify(statement({ predicateType: 'https://example.com/predicate' }))),
    why: {
      ...NO_STATEMENT,
      ...because(['cosign 2'], 'It compares no predicate type where it reads Sigstore bundles.'),
      ...because([FORM], 'It reads predicates of every type.'),
    },
  },
  {
    what: 'no subject',
    good: false,
    files: built(JSON.stringify(statement({ subject: [] }))),
    why: NO_STATEMENT,
  },
  {
    what: 'a subject without a digest',
    good: false,
    files: built(JSON.stringify(statement({ subject: [{ name: APP.name, digest: {} }] }))),
    why: NO_STATEMENT,
  },
  {
    what: 'a payload that is no JSON',
    good: false,
    files: built('app-1.2.0.tgz is good\n'),
    why: NO_STATEMENT,
  },
  {
    what: 'a member twice in the statement',
    good: false,
    files: built(RIGHT.replace('{', '{"predicateType":"https://example.com/first",')),
    why: NO_STATEMENT,
  },
  {
    what: 'a member twice in the envelope',
    good: false,
    files: rewritten((text) => text.replace('"payload":', '"payload":"e30=","payload":')),
    why: {
      ...because(
        SIGNATURES,
        'Its parser takes the last of two members of one name; one that takes the first sees another document.',
      ),
      ...NO_SIGNATURE,
    },
  },
  { what: 'no signature', good: false, files: changed({ signatures: [] }), why: NO_SIGNATURE },
  {
    what: 'a payload type that is no statement, signed',
    good: false,
    files: signed(envelope(RIGHT, [BUILDER], 'text/plain'), RIGHT),
    why: { ...NO_STATEMENT, ...NO_SIGNATURE },
  },
  {
    what: 'the payload type of provenance (`application/vnd.in-toto.provenance+json`), signed',
    good: true,
    files: signed(envelope(RIGHT, [BUILDER], 'application/vnd.in-toto.provenance+json'), RIGHT),
    why: because(
      COSIGNS,
      'It knows `application/vnd.in-toto+json` alone; in-toto lets a signer name the predicate as well.',
    ),
  },
  {
    what: 'the payload type changed after signing',
    good: false,
    files: changed({ payloadType: 'application/vnd.in-toto.provenance+json' }),
    why: NO_SIGNATURE,
  },
  {
    what: 'the payload in the base64 of URLs, with padding',
    good: true,
    files: changedPayload((payload) => payload.replaceAll('+', '-').replaceAll('/', '_')),
  },
  {
    what: 'the payload in base64 without its padding',
    good: false,
    files: changedPayload((payload) => payload.replace(/=+$/, '')),
    why: { ...LENIENT_BASE64, ...NO_SIGNATURE },
  },
  {
    what: 'a line feed inside the base64 of the payload',
    good: false,
    files: changed({ payload: base64(RIGHT).replace(/^.{64}/, '$&\n') }),
    why: { ...because(['@sigstore/verify'], LENIENT_DECODER), ...NO_SIGNATURE },
  },
  {
    what: 'signed by Ed25519ph',
    good: false,
    files: signedAs(ed25519ph.sign(pae(PAYLOAD_TYPE, RIGHT), BUILDER.seed)),
    why: NO_SIGNATURE,
  },
  {
    what: 'S + L in place of S: a second signature that anybody can make of the first',
    good: false,
    files: signedAs(addOrder(RIGHT_SIGNATURE)),
    why: NO_SIGNATURE,
  },
  {
    what: 'a public key of small order, whose signature anybody can make',
    good: false,
    files: signedAs(
      Buffer.concat([NEUTRAL, Buffer.alloc(32)]),
      { publicKeys: [NEUTRAL_KEY] },
      NEUTRAL_KEY.keyid,
    ),
    why: {
      ...because(
        [...COSIGNS, 'securesystemslib'],
        'Its library takes any point as a key, and for this one the equation always holds.',
      ),
      ...NO_SIGNATURE,
    },
  },
  {
    what: 'the signature without its payload type and length (no PAE)',
    good: false,
    files: signedAs(BUILDER.sign(Buffer.from(RIGHT))),
    why: NO_SIGNATURE,
  },
];

export const KEY_TABLE: AnyTable = tableOf({
  id: 'key',
  title: 'Signed by a key',
  intro: `A statement about one file, signed by a key that the reader has. We are asked for builder and source; cosign for file,
key and predicate type; the others for what they know: a bundle and a key, an envelope and keys, a statement.`,
  columns: KEY_VERIFIERS,
  rows: ROWS,
});
