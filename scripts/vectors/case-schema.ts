import { z } from 'zod';
import type { Case } from './case-format.ts';

/*
 * Strict, so that a misspelt expectation of ours is an error and never a check less. The types and what the fields
 * mean: case-format.ts.
 */

const code = z.string().regex(/^ERR_[A-Z0-9_]+$/);
const pointer = z.string().regex(/^(?:\/.*)?$/s);
const path = z.string().min(1);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const texts = z.record(z.string(), z.string());

const rejected = z.strictObject({
  verdict: z.literal('rejected'),
  code,
  pointer: pointer.exactOptional(),
});

/** A kind of cases: its own fields, and what it says when the verdict is yes. */
function kindOf<Kind extends string, Fields extends z.ZodRawShape, Accepted extends z.ZodRawShape>(
  kind: Kind,
  fields: Fields,
  accepted: Accepted,
) {
  return z.strictObject({
    description: z.string().min(10),
    kind: z.literal(kind),
    ...fields,
    expect: z.union([z.strictObject({ verdict: z.literal('accepted'), ...accepted }), rejected]),
  });
}

const expectedCheck = z.strictObject({
  id: z.string(),
  status: z.enum(['pass', 'fail', 'warn', 'not-run']),
  line: z.int().min(1).exactOptional(),
  code: code.exactOptional(),
  pointer: pointer.exactOptional(),
});

const expectations = z.strictObject({
  publicKeys: z.array(path),
  sigstoreRoot: path.exactOptional(),
  certificateIdentity: z.string().exactOptional(),
  certificateIssuer: z.string().exactOptional(),
  trustRoot: path.exactOptional(),
  trustRootKeys: z.array(path).exactOptional(),
  trustRootThreshold: z.number().exactOptional(),
  plainTrustRoot: path.exactOptional(),
  trustState: path.exactOptional(),
  buildLevel: z.number().exactOptional(),
  verifierId: z.string().exactOptional(),
  resourceUri: z.string().exactOptional(),
  policies: z.array(path).exactOptional(),
  follow: z.number().exactOptional(),
  followAll: z.boolean().exactOptional(),
  followPolicies: z.array(z.string()).exactOptional(),
  dependencyEvidence: z.array(path).exactOptional(),
  lockfile: path.exactOptional(),
  as: z.string().exactOptional(),
  threshold: z.number().exactOptional(),
  builderId: z.string().exactOptional(),
  buildType: z.string().exactOptional(),
  sourceUri: z.string().exactOptional(),
  sourceRef: z.string().exactOptional(),
  sourceBranch: z.string().exactOptional(),
  sourceTag: z.string().exactOptional(),
  sourceCommit: z.string().exactOptional(),
  parameters: z.record(z.string(), z.json()).exactOptional(),
  allowParameters: z.array(z.string()).exactOptional(),
  predicateType: z.string().exactOptional(),
  maxAgeSeconds: z.number().exactOptional(),
  strict: z.boolean().exactOptional(),
  noExtra: z.boolean().exactOptional(),
  noMissing: z.boolean().exactOptional(),
});

const verify = z.strictObject({
  description: z.string().min(10),
  kind: z.literal('verify'),
  artifacts: z.union([
    z.strictObject({ files: z.array(path).min(1) }),
    z.strictObject({ directory: path }),
    z.strictObject({ digests: z.array(z.string()).min(1) }),
    z.strictObject({ checksums: path }),
    z.strictObject({ package: z.string(), tarball: path }),
    z.strictObject({ package: z.string(), packageLock: path }),
    z.literal('provenance-only'),
  ]),
  evidence: z.array(path),
  expectations,
  now: z.iso.datetime().exactOptional(),
  expect: z.union([
    z.strictObject({ verdict: z.literal('accepted'), checks: z.array(expectedCheck).min(1) }),
    z.strictObject({
      verdict: z.literal('rejected'),
      failed: z.array(z.string()).min(1),
      checks: z.array(expectedCheck).exactOptional(),
    }),
    z.strictObject({ verdict: z.literal('refused'), expectation: z.string() }),
  ]),
});

const signature = z.strictObject({
  description: z.string().min(10),
  kind: z.literal('signature'),
  publicKey: path,
  message: path,
  signature: path,
  expect: z.strictObject({ verdict: z.enum(['accepted', 'rejected']) }),
});

const parse = kindOf(
  'parse',
  {
    format: z.enum([
      'json',
      'statement',
      'provenance',
      'envelope',
      'sigstore-bundle',
      'attestations',
      'trust-root',
      'policy',
      'lock',
      'policy-test',
    ]),
    input: path,
  },
  {},
);

const key = kindOf(
  'key',
  {
    slot: z.enum(['public', 'private']),
    input: path,
    passphrase: z.string().exactOptional(),
    file: z
      .strictObject({
        form: z.enum(['file', 'symlink', 'fifo', 'directory', 'missing']),
        mode: z
          .string()
          .regex(/^0[0-7]{3}$/)
          .exactOptional(),
      })
      .exactOptional(),
  },
  { algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']), keyid: z.string(), spkiSha256: sha256 },
);

const keyFile = kindOf('key-file', { input: path, target: path, existing: z.array(path) }, { modes: texts });

const sign = kindOf(
  'sign',
  {
    keys: z.array(z.string()).min(1),
    statement: path.exactOptional(),
    envelope: path.exactOptional(),
  },
  { envelope: path },
);

const build = kindOf(
  'build',
  { jobRecord: path, directory: path.exactOptional(), allowFailed: z.boolean().exactOptional() },
  { statement: path.exactOptional() },
);

const tree = kindOf(
  'tree',
  {
    tree: z.array(
      z.union([
        z.strictObject({ path, text: z.string() }),
        z.strictObject({ path, symlink: z.string() }),
        z.strictObject({ path, directory: z.literal(true) }),
        z.strictObject({ path, fifo: z.literal(true) }),
        z.strictObject({ pathHex: z.string().regex(/^(?:[0-9a-f]{2})+$/), text: z.string() }),
      ]),
    ),
    root: path,
    include: z.array(z.string()).exactOptional(),
  },
  { files: z.array(z.strictObject({ name: path, sha256 })) },
);

const checksums = kindOf(
  'checksums',
  { input: path },
  { entries: z.array(z.strictObject({ name: z.string(), digest: texts })) },
);

const ociLayout = kindOf('oci-layout', { directory: path }, { sha256: z.array(sha256) });

const imageReference = kindOf(
  'image-reference',
  { reference: z.string() },
  {
    registry: z.string(),
    repository: z.string(),
    tag: z.string().exactOptional(),
    digest: z.string().exactOptional(),
  },
);

const store = kindOf(
  'store',
  {
    put: z.array(z.strictObject({ job: z.string(), files: texts })),
    read: z.string().exactOptional(),
  },
  { files: texts },
);

const foundSecrets = z.array(z.strictObject({ rule: z.string(), pointer: z.string() }));

const secrets = z.strictObject({
  description: z.string().min(10),
  kind: z.literal('secrets'),
  statement: path,
  allowlist: path.exactOptional(),
  now: z.string(),
  expect: z.union([
    z.strictObject({ verdict: z.literal('accepted'), allowed: foundSecrets }),
    rejected.extend({ findings: foundSecrets.exactOptional() }),
  ]),
});

/** Reads the content of a `case.json`. */
export const CASE: z.ZodType<Case> = z.discriminatedUnion('kind', [
  verify,
  parse,
  key,
  keyFile,
  signature,
  sign,
  build,
  tree,
  checksums,
  ociLayout,
  imageReference,
  store,
  secrets,
]);
