import { parsePublicKey } from '@danube/keys';
import { parseTrustedRoot } from '@danube/sigstore';
import { loadEvidence, type RegistryKey } from '@danube/verifier';
import { MalformedError } from 'in-toto-attestation';
import { z } from 'zod';
import { UnreadableError, type Source, type VectorFolder } from './folder.ts';
import { judgePackage } from './npm-package.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';

const UNREAD =
  'the source takes its verifier away for this case: the signature in the file is no signature, and base64 that decoders read differently';

/** What npm's registry answers for the attestations of a package, whole and broken. */
export const npmProvenance: VectorFolder = { name: 'npm-provenance', exceptions: [UNREAD], judge };

const CASES = z.looseObject({
  cases: z.array(
    z.looseObject({ file: z.string(), registry_key: z.string().optional(), expect: z.string() }),
  ),
});
const NOT_USED = /^not used/;
const EXAMPLES = 'sigstore-go-examples/';

function* judge(source: Source): Generator<Outcome> {
  const { cases } = source.json('pacote/cases.json', CASES);
  for (const { file, registry_key: key = 'matching', expect } of cases) {
    const path = `pacote/${file}`;
    const isGood = expect.startsWith('PASS');
    const bytes = [source.bytes(path)];
    if (isGood && bytes.some(isUnreadable)) yield notApplicable(`${path} (${key})`, UNREAD);
    // Of a file that no test of the source uses, its name says what it is.
    else if (NOT_USED.test(expect) || !isGood)
      yield compare(`${path} (${key})`, 'rejected', judgeFiles(source, bytes, keysFor(source, key)));
    else yield compare(`${path} (${key})`, 'accepted', judgeFiles(source, bytes, keysFor(source, key)));
  }
  const known = new Set(cases.map(({ file }) => `pacote/${file}`));
  const others = source.files.filter((path) => path.endsWith('-attestations.json') && !known.has(path));
  for (const path of others)
    yield compare(path, 'accepted', judgeFiles(source, [source.bytes(path)], keysFor(source, 'matching')));
  const bundles = source.files.filter((path) => path.startsWith(`${EXAMPLES}bundle-`));
  if (bundles.length > 0) {
    const both = bundles.map((path) => source.bytes(path));
    yield compare(`${EXAMPLES}bundle-*`, 'accepted', judgeFiles(source, both, keysFor(source, 'matching')));
  }
}

/** The registry's key as the case has it: npm gives the day from which it does not count any more. */
function keysFor(source: Source, key: string): RegistryKey[] {
  const publicKey = parsePublicKey(source.bytes(`${EXAMPLES}publish_key.pub`));
  if (key.startsWith('matching keyid, expired')) return [{ publicKey, expires: new Date('2022-01-01') }];
  if (key.startsWith('matching')) return [{ publicKey }];
  if (key.startsWith('none')) return [{ publicKey: STRANGER }];
  throw new UnreadableError(`pacote/cases.json: no such key is known: ${key}`);
}

/** A good key that signed nothing here: the generator of P-256. */
const STRANGER = parsePublicKey(
  Buffer.from(`-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
`),
);

function isUnreadable(bytes: Uint8Array): boolean {
  return loadEvidence([{ path: 'answer', bytes }]).items.some(
    ({ envelope }) => envelope instanceof MalformedError && envelope.code === 'ERR_BASE64',
  );
}

function judgeFiles(
  source: Source,
  files: readonly Uint8Array[],
  registryKeys: readonly RegistryKey[],
): string {
  return judgePackage({
    files,
    root: parseTrustedRoot(source.bytes(`${EXAMPLES}trusted-root-public-good.json`)),
    registryKeys,
    certificateIdentity: 'https://github.com/**',
  }).verdict;
}
