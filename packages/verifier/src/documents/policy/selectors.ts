import { parseImageReference, type ImageReference } from '@danube/artifact/image-reference';
import { ArtifactError } from '@danube/artifact/glob';
import { PackageURL } from 'packageurl-js';
import { ExpectationError } from '../../errors.ts';
import type { ArtifactInput } from '../../matching.ts';
import { type Matcher, pathMatcher, PatternError, textMatcher } from './patterns.ts';
import type { Selector } from './schema.ts';

/** @throws {PatternError} */
export function artifactMatcher(selector: Selector): (artifact: ArtifactInput) => boolean {
  if ('file' in selector) {
    const match = fileMatcher(selector.file);
    return ({ name }) => match(name);
  }
  if ('package' in selector) {
    const match = packageMatcher(selector.package);
    return ({ packageUrl }) => packageUrl !== undefined && match(readPackage(packageUrl));
  }
  const match = imageMatcher(selector.image);
  return ({ image }) => image !== undefined && match(readImage(image));
}

/** Without a `/` the pattern is about what the file is called, wherever it lies. */
function fileMatcher(pattern: string): Matcher {
  const match = pathMatcher(pattern);
  if (pattern.includes('/') || pattern === '**') return match;
  return (name) => match(name.slice(name.lastIndexOf('/') + 1));
}

/** A package's type and the parts of its name, decoded, and its version. */
export interface Package {
  readonly type: string;
  readonly path: string;
  readonly version: string | undefined;
}

/** The type is exact. @throws {PatternError} */
export function packageMatcher(pattern: string): (found: Package) => boolean {
  const [, type, path = '', version] = /^pkg:([a-z][a-z0-9.+-]*)\/(.+?)(?:@([^@/]+))?$/.exec(pattern) ?? [];
  if (type === undefined || /[?#%]/.test(path)) {
    throw new PatternError(
      'is no pattern of package URLs: pkg:TYPE/NAME or pkg:TYPE/NAMESPACE/NAME, decoded, with or without @VERSION',
    );
  }
  if (type === 'oci' || type === 'docker') throw new PatternError('is about an image; use image: instead');
  const matchPath = pathMatcher(path);
  const matchVersion = version === undefined ? undefined : textMatcher(version);
  return (found) =>
    found.type === type && matchPath(found.path) && (matchVersion?.(found.version ?? '') ?? true);
}

/** @returns `undefined` for a text that is no package URL. */
export function parsePackage(
  text: string,
): (Package & { readonly qualifiers: Readonly<Record<string, string>> }) | undefined {
  try {
    const { type, namespace, name, version, qualifiers } = PackageURL.fromString(text);
    const path = namespace === undefined ? name : `${namespace}/${name}`;
    return { type, path, version: version ?? undefined, qualifiers: { ...qualifiers } };
  } catch {
    return undefined;
  }
}

function readPackage(text: string): Package {
  const found = parsePackage(text);
  if (found === undefined) throw new ExpectationError('packageUrl', `${text} is no package URL`);
  return found;
}

/** The registry is exact, and so is a tag without wildcards; without one any tag and any digest will do. @throws {PatternError} */
export function imageMatcher(pattern: string): (found: ImageReference) => boolean {
  const [, host = '', path = '', tag] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(pattern) ?? [];
  if (/[*?]/.test(host)) throw new PatternError('has a wildcard in its registry, which must be exact');
  const registry = parseImage(`${host}/x/y`)?.registry;
  if (registry === undefined || registry !== host || path.includes('@')) {
    throw new PatternError(
      `is no pattern of images: REGISTRY/REPOSITORY or REGISTRY/REPOSITORY:TAG${registry === undefined || registry === host ? '' : `, and the registry is called ${registry}`}`,
    );
  }
  const matchPath = pathMatcher(path);
  const matchTag = tag === undefined ? undefined : textMatcher(tag);
  return (found) =>
    found.registry === registry && matchPath(found.repository) && (matchTag?.(found.tag ?? '') ?? true);
}

/** @returns `undefined` for a text that is no image reference. */
export function parseImage(text: string): ImageReference | undefined {
  try {
    return parseImageReference(text);
  } catch (error) {
    if (!(error instanceof ArtifactError)) throw error;
    return undefined;
  }
}

function readImage(text: string): ImageReference {
  const found = parseImage(text);
  if (found === undefined) throw new ExpectationError('image', `${text} is no image reference`);
  return found;
}
