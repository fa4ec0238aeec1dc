import { type JsonObject, matchOffsetTimestamp } from 'in-toto-attestation';
import { z } from 'zod';
import type { TrustedCertificate, TrustedSigstore } from '../trust-root.ts';

/** What an envelope around a trust root says that it holds: never to be taken for a statement, nor the other way round. */
export const TRUST_ROOT_PAYLOAD_TYPE = 'application/vnd.danube.trust-root+json';

const line = (max: number): z.ZodType<string> =>
  z
    .string()
    .max(max, { error: `expected at most ${max} characters` })
    .regex(/^[^\s\p{Cc}\p{Cf}](?:[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*[^\s\p{Cc}\p{Cf}])?$/u, {
      error: 'expected one line of text that can be seen, without blanks around it',
    });

const time = z.string().refine(matchOffsetTimestamp, {
  error: 'expected a time with offset such as "2027-01-01T00:00:00Z" (RFC 3339)',
});

const name = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, {
  error: 'expected a short name in lower case such as "release-2026"',
});

const uri = line(2048).refine((text) => /^[a-z][a-z0-9+.-]*:[!-~]+$/.test(text), { error: 'expected a URI' });

const key = z
  .strictObject({
    name: name.describe('What builders call it in this document.'),
    publicKey: z.string().min(1).max(8192).describe('SubjectPublicKeyInfo in PEM, or an OpenSSH line.'),
    notBefore: time.describe('It can sign from this moment on.'),
    notAfter: time.describe('It can sign until this moment.'),
    revoked: z
      .strictObject({
        since: time.describe('Nothing that was signed from this moment on is believed.'),
        reason: line(512).describe('Why, for those who read the report.'),
      })
      .exactOptional(),
  })
  .describe('A key, and when it can sign.');

const pattern = line(2000).describe('Exact, or * for anything but / and @, and ** for anything.');

const certificate = z
  .strictObject({
    sigstore: name.describe('The Sigstore instance that must prove it.'),
    identity: pattern,
    issuer: pattern,
  })
  .describe('Whose certificate may sign.');

const builder = z
  .strictObject({
    id: uri.describe('runDetails.builder.id, compared exactly.'),
    keys: z.array(name).min(1).exactOptional().describe('Names of the keys that sign for it.'),
    certificates: z
      .array(certificate)
      .min(1)
      .exactOptional()
      .describe('Whose certificates sign for it; all of them together are one signer.'),
    threshold: z.int().min(1).describe('How many different signers there must be.'),
    maxLevel: z.int().min(1).max(3).describe('The highest SLSA Build level that it can reach.'),
    buildTypes: z.array(uri).min(1).exactOptional().describe('The only build types that it is trusted with.'),
    sources: z
      .array(line(2000))
      .min(1)
      .exactOptional()
      .describe('The only sources that it is trusted with: exact, or * within and ** across path segments.'),
  })
  .describe('A builder, and what its signatures are worth.');

const verifier = z
  .strictObject({
    id: uri.describe('verifier.id of a summary, compared exactly.'),
    keys: z.array(name).min(1).describe('Names of the keys that sign for it.'),
    threshold: z.int().min(1).describe('How many of them must have signed.'),
  })
  .describe('Whose verification summaries (VSA) are believed.');

const sigstore = z
  .strictObject({
    name: name.describe('What certificates of builders call it in this document.'),
    trustedRoot: z
      .custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
        error: 'expected the JSON of a trusted_root.json',
      })
      .meta({ type: 'object' })
      .describe('The content of its trusted_root.json.'),
  })
  .describe('An instance of Sigstore.');

const timestampAuthority = z
  .strictObject({
    name: name.describe('What reports call it.'),
    certificateChain: z
      .string()
      .min(1)
      .max(65_536)
      .describe('Certificates in PEM: the one that signs timestamps, then each that issued the one before.'),
    notBefore: time.describe('Its timestamps count from this moment on.'),
    notAfter: time.describe('Its timestamps count until this moment.'),
  })
  .describe('Who proves when something was signed (RFC 3161).');

/** A trust root as people write it. */
export interface TrustRootDocument {
  readonly $schema?: string;
  readonly apiVersion: 'danube.dev/v1';
  readonly kind: 'TrustRoot';
  readonly version: number;
  readonly expires: string;
  readonly keys?: readonly TrustedKeyEntry[];
  readonly builders?: readonly TrustedBuilderEntry[];
  readonly verifiers?: readonly TrustedVerifierEntry[];
  readonly sigstore?: readonly TrustedSigstore[];
  readonly timestampAuthorities?: readonly TimestampAuthorityEntry[];
}

export interface TrustedKeyEntry {
  readonly name: string;
  readonly publicKey: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly revoked?: { readonly since: string; readonly reason: string };
}

export interface TrustedBuilderEntry {
  readonly id: string;
  /** Names of keys of the same document. */
  readonly keys?: readonly string[];
  readonly certificates?: readonly TrustedCertificate[];
  readonly threshold: number;
  readonly maxLevel: number;
  readonly buildTypes?: readonly string[];
  readonly sources?: readonly string[];
}

export interface TrustedVerifierEntry {
  readonly id: string;
  /** Names of keys of the same document. */
  readonly keys: readonly string[];
  readonly threshold: number;
}

export interface TimestampAuthorityEntry {
  readonly name: string;
  /** PEM, the certificate that signs timestamps first. */
  readonly certificateChain: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export const trustRootSchema: z.ZodType<TrustRootDocument> = z
  .strictObject({
    $schema: z.string().exactOptional().describe('For editors.'),
    apiVersion: z.literal('danube.dev/v1'),
    kind: z.literal('TrustRoot'),
    version: z.int().min(1).describe('Grows with each change.'),
    expires: time.describe('After it nothing is trusted any more.'),
    keys: z.array(key).min(1).exactOptional(),
    builders: z.array(builder).min(1).exactOptional(),
    verifiers: z.array(verifier).min(1).exactOptional(),
    sigstore: z.array(sigstore).min(1).exactOptional(),
    timestampAuthorities: z.array(timestampAuthority).min(1).exactOptional(),
  })
  .describe('Who may say what, for how long.');

/** The JSON Schema (draft 2020-12) of a trust root; what its parts say about each other only `parseTrustRoot` checks. */
export function trustRootJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(trustRootSchema, { io: 'input', unrepresentable: 'any' });
  return {
    $schema,
    $id: 'https://danube.dev/schemas/trust-root.schema.json',
    ...schema,
    title: 'Trust root',
  };
}
