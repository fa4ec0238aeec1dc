import {
  type ImageAt,
  mayRunOn,
  type Platform,
  type PlatformImage,
  type RegistryClient,
} from '@danube/store/oci';
import type { ArtifactInput, EvidenceFile, Report } from '@danube/verifier';
import { formatImageReference, type ImageReference } from '@danube/artifact/image-reference';
import { usageError } from '../exit-code.ts';
import { imageName, isImage, readImageReference, withRegistry } from '../registry.ts';
import { expandEvidence, readEvidence } from './evidence-files.ts';
import { fetchEvidence } from './image-evidence.ts';
import type { VerifyOptions } from './verify.ts';

type Judge = (evidence: readonly EvidenceFile[], artifacts: readonly ArtifactInput[]) => Promise<Report>;

export interface JudgedImages {
  readonly report: Report;
  /** Some evidence that was met could not be read. */
  readonly isBlind: boolean;
}

interface Judged extends JudgedImages {
  readonly explain: () => Promise<void>;
}

/**
 * Judges images by the attestations in their registries. A tag is resolved once, and everything after is about that
 * digest.
 *
 * An image is accepted when an attestation of its very digest is. An index that has none is accepted when every image
 * in it is, of those for the wanted platform: what is for no platform at all is left out, and nothing else.
 *
 * @throws CliError ERR_USAGE for what cannot be judged together with images; StoreError for what registries do
 */
export async function judgeImages(
  paths: readonly string[],
  options: VerifyOptions,
  judge: Judge,
): Promise<JudgedImages> {
  refuseOthers(paths, options);
  const platform = options.platform === undefined ? undefined : readPlatform(options.platform);
  const judged: JudgedImages[] = [];
  for (const path of paths) judged.push(await judgeImage(path, platform, options, judge));
  const reports = judged.map(({ report }) => report);
  const [first] = reports;
  if (first === undefined) throw usageError('no image is named');
  return {
    report: {
      ...first,
      verdict: reports.every(({ verdict }) => verdict === 'accepted') ? 'accepted' : 'rejected',
      artifacts: reports.flatMap(({ artifacts }) => artifacts),
    },
    isBlind: judged.some(({ isBlind }) => isBlind),
  };
}

function refuseOthers(
  paths: readonly string[],
  { digest, checksums, job, provenance, store }: VerifyOptions,
): void {
  if (provenance !== undefined && store !== undefined) {
    throw usageError('--provenance and --store cannot both say where the attestations of an image are');
  }
  const other = paths.find((path) => !isImage(path));
  if (other !== undefined)
    throw usageError(`${other} is no image, and files and images are not judged together`);
  if (digest === undefined && checksums === undefined && job === undefined) return;
  throw usageError(
    '--digest, --checksums and --job are for files, and files and images are not judged together',
  );
}

async function judgeImage(
  path: string,
  platform: Platform | undefined,
  options: VerifyOptions,
  judge: Judge,
): Promise<Judged> {
  const reference = readImageReference(path);
  return withRegistry(options, reference, async (client) => {
    const judged = await judgeWithParts(client, reference, platform, options, judge);
    if (judged.report.verdict === 'rejected') await judged.explain();
    return judged;
  });
}

async function judgeWithParts(
  client: RegistryClient,
  reference: ImageReference,
  platform: Platform | undefined,
  options: VerifyOptions,
  judge: Judge,
): Promise<Judged> {
  const image = await client.resolve(reference);
  const name = imageName({ ...reference, ...image });
  const called = formatImageReference({ ...reference, ...image });
  const own = await judgeOne(client, image, { name, image: called }, options, judge);
  if (own.report.verdict === 'accepted') return own;
  const { platforms } = await readIndex(client, image, options);
  if (platforms === undefined) return own;
  const wanted = platforms.filter((entry) => platform === undefined || mayRunOn(entry.platform, platform));
  const parts: Judged[] = [];
  for (const entry of wanted)
    parts.push(await judgeOne(client, entry, { name: partName(name, entry), image: called }, options, judge));
  return combine(own, parts);
}

/** With evidence from files, an image that is named by its digest is judged without its registry. */
async function readIndex(
  client: RegistryClient,
  image: ImageAt,
  { provenance }: VerifyOptions,
): Promise<{ readonly platforms?: readonly PlatformImage[] }> {
  return provenance === undefined ? client.readImage(image) : {};
}

async function judgeOne(
  client: RegistryClient,
  image: ImageAt,
  called: Pick<ArtifactInput, 'name' | 'image'>,
  options: VerifyOptions,
  judge: Judge,
): Promise<Judged> {
  const { provenance, store } = options;
  const [algorithm = '', hex = ''] = image.digest.split(':');
  const artifact = { ...called, digest: { [algorithm]: hex } };
  if (provenance !== undefined) {
    const files = [...new Set(provenance.flatMap(expandEvidence))].map(readEvidence);
    return { report: await judge(files, [artifact]), isBlind: false, explain: async () => undefined };
  }
  if (store !== undefined) {
    const { findInStore } = await import('./stores.ts');
    const stored = await findInStore(store, [image.digest], options);
    const report = await judge(stored.files, [artifact]);
    return { report, isBlind: stored.isBlind, explain: async () => undefined };
  }
  const { files, isBlind, explain } = await fetchEvidence(client, image, called.name);
  return { report: await judge(files, [artifact]), isBlind, explain };
}

/** Every part must do; then the index does too. Otherwise all is shown, the index first. */
function combine(own: Judged, parts: readonly Judged[]): Judged {
  const isAccepted = parts.length > 0 && parts.every(({ report }) => report.verdict === 'accepted');
  const shown = isAccepted ? parts : [own, ...parts];
  return {
    report: {
      ...own.report,
      verdict: isAccepted ? 'accepted' : 'rejected',
      artifacts: shown.flatMap(({ report }) => report.artifacts),
    },
    isBlind: shown.some(({ isBlind }) => isBlind),
    explain: async () => {
      for (const { explain } of shown) await explain();
    },
  };
}

function partName(name: string, { platform, digest }: PlatformImage): string {
  const whole = name.replace(/@.*$/, '');
  const runsOn = platform === undefined ? '' : ` (${showPlatform(platform)})`;
  return `${whole}@${digest}${runsOn}`;
}

function showPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}

/** @throws CliError ERR_USAGE */
function readPlatform(text: string): Platform {
  const [, os, architecture, variant] = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9]+))?$/.exec(text) ?? [];
  if (os === undefined || architecture === undefined) {
    throw usageError(
      `--platform ${text}: expected OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT, as linux/arm64/v8`,
    );
  }
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}
