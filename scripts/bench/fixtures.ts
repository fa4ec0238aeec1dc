import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { encodeEnvelope, pae, PAYLOAD_TYPE, PROVENANCE_V1, STATEMENT_V1 } from 'in-toto-attestation';
import { encodePublicKeyPem, parsePublicKey, type PublicKey } from '@danube/keys';

export const BUILDER_ID = 'https://ci.example.com/danube';
export const SOURCE_URI = 'git+https://git.example.com/team/project';

export interface SigningKey {
  readonly publicKey: PublicKey;
  readonly publicKeyPem: string;
  readonly publicObject: KeyObject;
  readonly privateObject: KeyObject;
}

/** A signed envelope as it lies on a disk, and the parts that a bare signature check needs. */
export interface Signed {
  readonly bytes: Uint8Array;
  readonly payload: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly key: SigningKey;
  readonly subject: { readonly name: string; readonly digest: { readonly sha256: string } };
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A key from a fixed seed, so that two runs measure the same work. */
export function fixedKey(number: number): SigningKey {
  const seed = createHash('sha256').update(`bench key ${number}`).digest();
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const privateObject = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicObject = createPublicKey(privateObject);
  const publicKey = parsePublicKey(Buffer.from(publicObject.export({ format: 'pem', type: 'spki' })));
  return { publicKey, publicKeyPem: encodePublicKeyPem(publicKey), publicObject, privateObject };
}

/** Signs a statement about `subjects`; the first is the one that is verified. */
export function signProvenance(subjects: readonly Signed['subject'][], key: SigningKey): Signed {
  const [subject] = subjects;
  if (subject === undefined) throw new TypeError('a statement needs a subject');
  const payload = Buffer.from(JSON.stringify(statement(subjects)));
  const message = pae(PAYLOAD_TYPE, payload);
  const signature = sign(null, message, key.privateObject);
  const signatures = [{ keyid: key.publicKey.keyid, sig: signature }];
  const bytes = encodeEnvelope({ payloadType: PAYLOAD_TYPE, payload, signatures });
  return { bytes, payload, message, signature, key, subject };
}

/** A subject with a digest of its own. */
export function fakeSubject(number: number): Signed['subject'] {
  const sha256 = createHash('sha256').update(`bench artifact ${number}`).digest('hex');
  return { name: `packages/part-${number}/release-candidate-of-part-${number}.tar.gz`, digest: { sha256 } };
}

/** Enough dependencies and steps that an envelope about one subject is 4 kB long. */
function statement(subjects: readonly Signed['subject'][]): object {
  const images = ['node', 'golang', 'syft'].map((name) => ({
    uri: `pkg:oci/${name}?repository_url=registry.example.com/library/${name}`,
    digest: { sha256: createHash('sha256').update(name).digest('hex') },
  }));
  const steps = ['install', 'test', 'pack', 'scan'].map((name) => ({
    name: `logs/${name}.log`,
    digest: { sha256: createHash('sha256').update(`log of ${name}`).digest('hex') },
    annotations: {
      step: name,
      exitCode: 0,
      startedOn: '2026-01-02T03:04:05Z',
      finishedOn: '2026-01-02T03:05:05Z',
    },
  }));
  return {
    _type: STATEMENT_V1,
    subject: subjects,
    predicateType: PROVENANCE_V1,
    predicate: {
      buildDefinition: {
        buildType: 'https://danube.dev/buildtypes/pipeline/v1',
        externalParameters: {
          pipeline: '.danube/pipeline.yaml',
          source: `${SOURCE_URI}@refs/heads/main`,
          trigger: { kind: 'push' },
          parameters: { target: 'release', channel: 'stable' },
        },
        internalParameters: { attempt: 1, isolation: { namespace: 'jobs', ephemeral: true } },
        resolvedDependencies: [
          {
            uri: `${SOURCE_URI}@refs/heads/main`,
            digest: { gitCommit: '0123456789abcdef0123456789abcdef01234567' },
          },
          ...images,
        ],
      },
      runDetails: {
        builder: { id: BUILDER_ID, version: { danube: '1.0.0' } },
        metadata: {
          invocationId: 'https://ci.example.com/jobs/4711',
          startedOn: '2026-01-02T03:04:05Z',
          finishedOn: '2026-01-02T03:06:05Z',
        },
        byproducts: steps,
      },
    },
  };
}
