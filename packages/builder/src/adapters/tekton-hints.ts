import { isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';
import type { Image } from '../image.ts';
import type { Input } from '../job-record.ts';
import type { EventReader } from './reading.ts';

/** What tasks themselves say that they took in and made: "type hints" of Tekton Chains (docs/slsa-provenance.md). */
export interface ArtifactHints {
  readonly inputs: readonly Input[];
  readonly images: readonly Image[];
}

/** The name that Chains gives to inputs of this kind. */
export const INPUT_RESULT = 'inputs/result';

/** @param holders a run, and steps of a TaskRun: whatever has results. @param run whose parameters may be hints, too. */
export function readArtifactHints(holders: readonly EventReader[], run: EventReader): ArtifactHints {
  const parameters = valuesOf(run.list('/spec/params'));
  const results = holders.map((holder) => valuesOf(listResults(holder)));
  const all = new Map([...parameters, ...results.flatMap((values) => [...values])]);
  return {
    inputs: [
      ...gitInput(all),
      ...objectHints(all, 'ARTIFACT_INPUTS').flatMap(({ uri, digest }) => asInput(uri, digest)),
    ],
    images: uniqueImages(results.flatMap(imagesOf)),
  };
}

/** `results` since v1, before that by the kind of the run. */
function listResults(holder: EventReader): EventReader[] {
  const status = holder.has('/status') ? holder.below('/status') : holder;
  for (const name of ['/results', '/taskResults', '/pipelineResults']) {
    const list = status.list(name);
    if (list.length > 0) return list;
  }
  return [];
}

function valuesOf(items: readonly EventReader[]): Map<string, JsonValue> {
  return new Map(items.map((item) => [item.need('/name'), item.value('/value') ?? '']));
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function gitInput(values: ReadonlyMap<string, JsonValue>): Input[] {
  const url = textOf(values.get('CHAINS-GIT_URL'));
  const commit = textOf(values.get('CHAINS-GIT_COMMIT'));
  return url === undefined || commit === undefined ? [] : asInput(spdxGit(url), `sha1:${commit}`);
}

/** As Chains writes repositories. */
function spdxGit(url: string): string {
  const prefixed = url.startsWith('git+') ? url : `git+${url}`;
  return prefixed.endsWith('.git') ? prefixed : `${prefixed}.git`;
}

interface Hint {
  readonly uri: string;
  readonly digest: string;
  readonly isBuildArtifact: boolean;
}

function objectHints(values: ReadonlyMap<string, JsonValue>, suffix: string): Hint[] {
  return [...values].flatMap(([name, value]) => {
    if (!name.endsWith(suffix) || !isJsonObject(value)) return [];
    const { uri, digest } = value;
    if (typeof uri !== 'string' || typeof digest !== 'string') return [];
    return [{ uri, digest, isBuildArtifact: isTrue(value) }];
  });
}

function isTrue({ isBuildArtifact }: JsonObject): boolean {
  return isBuildArtifact === 'true' || isBuildArtifact === true;
}

function asInput(uri: string, digest: string): Input[] {
  const [, algorithm, hex] = /^(sha1|sha256|sha384|sha512):([0-9a-f]+)$/.exec(digest) ?? [];
  return algorithm === undefined || hex === undefined
    ? []
    : [{ name: INPUT_RESULT, uri, digest: { [algorithm]: hex } }];
}

function imagesOf(values: ReadonlyMap<string, JsonValue>): Image[] {
  const pairs = [...values].flatMap(([name, url]) => {
    for (const [suffix, other] of [
      ['IMAGE_URL', 'IMAGE_DIGEST'],
      ['ARTIFACT_URI', 'ARTIFACT_DIGEST'],
    ] as const) {
      if (name.endsWith(suffix)) {
        const digest = textOf(values.get(name.slice(0, -suffix.length) + other));
        return asImage(textOf(url), digest);
      }
    }
    return [];
  });
  const listed = (textOf(values.get('IMAGES')) ?? '').split(/[,\n]/).flatMap((entry) => {
    const [name, digest] = entry.trim().split('@');
    return asImage(name, digest);
  });
  const marked = objectHints(values, 'ARTIFACT_OUTPUTS').filter((hint) => hint.isBuildArtifact);
  return [...pairs, ...listed, ...marked.flatMap(({ uri, digest }) => asImage(uri, digest))];
}

/** `registry/repository[:tag]` and `sha256:HEX`; without a digest it names nothing. */
function asImage(reference: string | undefined, digest: string | undefined): Image[] {
  const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(digest ?? '') ?? [];
  const [, name, tag] =
    /^(?:oci:\/\/)?(.+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/.exec(reference ?? '') ?? [];
  if (sha256 === undefined || name === undefined) return [];
  return [{ name, ...(tag === undefined ? {} : { tag }), digest: { sha256 } }];
}

function uniqueImages(images: readonly Image[]): Image[] {
  return [...new Map(images.map((image) => [`${image.name}:${image.tag ?? ''}`, image])).values()];
}
