/**
 * Names of container images, as people write them in pod specifications and on command lines. Pure: no files, no
 * network, nothing of Node.js, so that policies and browser pages read them by the same rules.
 */
import { ArtifactError, quote } from './errors.ts';

/** Where an image is and which one it is. All parts are in their one canonical form. */
export interface ImageReference {
  /** Host in lower case, with the port where one is written: `docker.io`, `registry.example.com:5000`, `[::1]:5000`. */
  readonly registry: string;
  /** Path segments in lower case: `library/nginx`, `shop/app`. */
  readonly repository: string;
  /** What the registry may move at any time. Not set when none is written, also not to `latest`. */
  readonly tag?: string;
  /** `sha256:` or `sha512:` and lower-case hex. Where there is one, it alone decides which image is meant. */
  readonly digest?: string;
}

/** Characters of a whole reference; of registry and repository together, as distribution has it. */
const MAX_LENGTH = 1024;
const MAX_NAME_LENGTH = 255;

const DOCKER_HUB = 'docker.io';
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/;
const IPV6 = /^\[[0-9A-Fa-f:.]+\]$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const SEGMENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;
const HEX_OF_A_DIGEST = /^[0-9a-f]{64}$/;

/**
 * Reads `[REGISTRY/]REPOSITORY[:TAG][@DIGEST]` by the grammar of distribution's `reference` package, with the rules
 * of Docker and Kubernetes for what is left out: the part before the first `/` is a registry when it has a `.`, a `:`
 * or is `localhost`; without a registry the image is at `docker.io`, and there a repository of one segment is below
 * `library/`. `index.docker.io` and `registry-1.docker.io` are `docker.io`.
 *
 * Stricter than that grammar where two readers could see different images: only SHA-256 and SHA-512 digests in
 * lower-case hex; an IP address only in its canonical form; no upper-case first segment, which some take for a host;
 * no image id in place of a name. Takes time proportional to the length of the text, which is limited.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_IMAGE_REFERENCE`
 */
export function parseImageReference(text: string): ImageReference {
  if (text.length > MAX_LENGTH) refuse(text, `is longer than ${MAX_LENGTH} characters`);
  const [beforeDigest, digest] = cutDigest(text);
  const [name, tag] = cutTag(beforeDigest, text);
  const [registry, repository] = splitName(name, text);
  if (registry.length + 1 + repository.length > MAX_NAME_LENGTH) {
    refuse(text, `has a name longer than ${MAX_NAME_LENGTH} characters`);
  }
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** The reference in full: with its registry, so that nothing depends on what a reader takes for granted. */
export function formatImageReference({ registry, repository, tag, digest }: ImageReference): string {
  const tagged = tag === undefined ? '' : `:${tag}`;
  return `${registry}/${repository}${tagged}${digest === undefined ? '' : `@${digest}`}`;
}

function cutDigest(text: string): [rest: string, digest: string | undefined] {
  const at = text.indexOf('@');
  if (at === -1) return [text, undefined];
  const digest = text.slice(at + 1);
  if (!DIGEST.test(digest)) refuse(text, 'has no sha256: or sha512: digest in lower-case hex after "@"');
  return [text.slice(0, at), digest];
}

function cutTag(text: string, whole: string): [name: string, tag: string | undefined] {
  const colon = text.lastIndexOf(':');
  if (colon === -1 || colon < text.lastIndexOf('/')) return [text, undefined];
  const tag = text.slice(colon + 1);
  if (!TAG.test(tag)) {
    refuse(whole, 'has no tag of 1 to 128 letters, digits, "_", "." and "-" after ":"');
  }
  return [text.slice(0, colon), tag];
}

function splitName(name: string, whole: string): [registry: string, repository: string] {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  if (slash === -1 || !isRegistry(first)) return [DOCKER_HUB, onDockerHub(checkRepository(name, whole))];
  const registry = readRegistry(first, whole);
  const repository = checkRepository(name.slice(slash + 1), whole);
  return [registry, registry === DOCKER_HUB ? onDockerHub(repository) : repository];
}

function isRegistry(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost';
}

function readRegistry(text: string, whole: string): string {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(text) ?? [];
  if (port !== undefined && (!PORT.test(port) || Number(port) > 65_535)) {
    refuse(whole, 'has a port that is no number from 1 to 65535');
  }
  if (!HOST.test(host) && !IPV6.test(host)) refuse(whole, 'has a registry that is no host name');
  const canonical = host.toLowerCase();
  if (canonicalHost(canonical) !== canonical) {
    refuse(whole, 'has a registry whose address is not in its canonical form');
  }
  const isDockerHub = canonical === 'index.docker.io' || canonical === 'registry-1.docker.io';
  return `${isDockerHub ? DOCKER_HUB : canonical}${port === undefined ? '' : `:${port}`}`;
}

/** What a client would connect to: `127.1` and `0x7f000001` are both 127.0.0.1. */
function canonicalHost(host: string): string | undefined {
  try {
    return new URL(`https://${host}/`).hostname;
  } catch {
    return undefined;
  }
}

function checkRepository(repository: string, whole: string): string {
  for (const segment of repository.split('/')) {
    if (!SEGMENT.test(segment)) {
      refuse(
        whole,
        'has a repository that is not lower-case letters and digits, with ".", "_", "__" or "-" between them',
      );
    }
  }
  if (HEX_OF_A_DIGEST.test(repository)) refuse(whole, 'is an image id, not a name');
  return repository;
}

function onDockerHub(repository: string): string {
  return repository.includes('/') ? repository : `library/${repository}`;
}

function refuse(text: string, why: string): never {
  const shown = quote(text.length > 200 ? `${text.slice(0, 200)}...` : text);
  throw new ArtifactError('ERR_ARTIFACT_IMAGE_REFERENCE', `the image reference ${shown} ${why}`, {
    hint: 'expected [REGISTRY/]REPOSITORY[:TAG][@sha256:HEX]',
  });
}
