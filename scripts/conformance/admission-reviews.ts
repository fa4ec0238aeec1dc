import {
  ImageJudge,
  decide,
  encodeAdmissionResponse,
  findChange,
  imagesOf,
  isKnownKind,
  parseAdmissionReview,
  type AdmissionRequest,
  type Guard,
  type Rules,
} from '@danube/webhook';
import type { RegistryClient } from '@danube/store/oci';
import { z } from 'zod';
import type { Source, VectorFolder } from './folder.ts';
import { compare, type Outcome } from './outcome.ts';

const RECORDED = z.object({ path: z.string(), review: z.record(z.string(), z.json()) });

const DIGEST = `sha256:${'ab'.repeat(32)}`;

/** A registry in which every tag is the same image, and a policy that wants images of the recordings' own registry. */
const REGISTRY: RegistryClient = {
  resolve: ({ registry, repository }) => Promise.resolve({ registry, repository, digest: DIGEST }),
  readImage: () => Promise.reject(new Error('nobody asks for it')),
  findAttestations: () => Promise.resolve({ attestations: [], lookedAt: [], unreadable: [] }),
  attach: () => Promise.reject(new Error('nobody asks for it')),
  close: () => undefined,
};
const GUARD: Guard = {
  name: 'recorded',
  mode: 'enforce',
  isAddition: false,
  fingerprint: 'recorded',
  matchImage: () => true,
  judge: ({ registry }) =>
    registry === '127.0.0.1:5001'
      ? { verdict: 'accepted' }
      : { verdict: 'rejected', check: 'evidence.found', expected: null, actual: 'nothing', hint: null },
};
const RULES: Rules = {
  mode: 'enforce',
  noMatch: 'deny',
  workloads: 'enforce',
  guards: [GUARD],
  exemptions: [],
  knowsLevels: false,
};

/** Requests of real API servers: each is read, every image in it is found, and it is answered as it must be. */
export const admissionReviews: VectorFolder = { name: 'admission-reviews', exceptions: [], judge };

async function* judge(source: Source): AsyncGenerator<Outcome> {
  for (const path of source.files.filter((file) => file.endsWith('.json'))) {
    const { review } = source.json(path, RECORDED);
    const request = parseAdmissionReview(new TextEncoder().encode(JSON.stringify(review)));
    const name = path.split('/').at(-1) ?? '';
    yield compare(
      `${path} is read`,
      name.split('-').slice(0, 2).join('-'),
      `${request.operation}-${request.resource}`,
    );
    yield compare(`${path} images`, imagesAnywhere(request.object).join(' '), found(request));
    const phase = name.endsWith('-mutate.json') ? 'mutate' : 'validate';
    const context = {
      rules: RULES,
      judge: new ImageJudge(REGISTRY, NO_CACHE),
      signal: AbortSignal.timeout(60_000),
    };
    const { response } = await decide(phase, request, context);
    yield compare(`${path} uid`, request.uid, JSON.parse(encodeAdmissionResponse(response)).response.uid);
    yield compare(`${path} verdict`, expectedVerdict(phase, request), response.allowed ? 'accept' : 'reject');
  }
}

const NO_CACHE = { entries: 0, acceptedMilliseconds: 0, rejectedMilliseconds: 0 };

function found({ group, kind, object }: AdmissionRequest): string {
  if (object === undefined || !isKnownKind(group, kind)) return 'an unknown kind';
  return imagesOf(group, kind, object)
    .map(({ image }) => image)
    .sort()
    .join(' ');
}

/** Every text called `image`, wherever it is: what we must find, found in another way. */
function imagesAnywhere(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(imagesAnywhere).sort();
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .flatMap(([key, entry]) =>
      key === 'image' && typeof entry === 'string' ? [entry] : imagesAnywhere(entry),
    )
    .sort();
}

/** What anybody sees who reads the recordings: nothing new, or all of the new images are the registry's and pinned. */
function expectedVerdict(phase: string, request: AdmissionRequest): string {
  const before = new Set(imagesAnywhere(request.oldObject));
  const added = imagesAnywhere(request.object).filter((image) => !before.has(image));
  const isPod = ['Pod', 'EphemeralContainers'].includes(request.kind);
  const isFine = (image: string): boolean =>
    image.startsWith('127.0.0.1:5001/') && (!isPod || image.includes('@sha256:'));
  return phase === 'mutate' || added.every(isFine) || findChange(request).kind === 'nothing'
    ? 'accept'
    : 'reject';
}
