import type { ImageReference } from '@danube/artifact/image-reference';
import { ACCEPTED, digestOf, type ResourceDescriptor } from 'in-toto-attestation';
import { fail, pass } from '../../finding.ts';
import type { PolicyInput } from '../../policy.ts';
import type { Finding } from '../../report.ts';
import { uriMatcher } from './patterns.ts';
import type { DependencySource, PolicySpec } from './schema.ts';
import { imageMatcher, packageMatcher, parseImage, parsePackage } from './selectors.ts';

/** Digests of which nobody can make a second thing. Git's own are what a repository can be held to. */
const DIGESTS = [...ACCEPTED, 'gitCommit', 'gitTree'];

/** Every dependency has a digest and comes from where it may; no image is one that a registry may change. @throws {PatternError} */
export function dependencyCheck({
  images,
  sources,
}: Exclude<PolicySpec['dependencies'], undefined>): (input: PolicyInput) => Finding {
  const matchers = sources?.map(sourceMatcher);
  const expected = [
    'resolved dependencies with digests',
    ...(images === 'pinned' ? ['images by digest'] : []),
    ...(sources === undefined
      ? []
      : [`all of ${sources.map((each) => Object.values(each).join('')).join(' or ')}`]),
  ].join(', ');
  return ({ build: { provenance, places } }) => {
    const { resolvedDependencies = [] } = provenance.buildDefinition;
    if (resolvedDependencies.length === 0)
      return fail({ expected, actual: 'the provenance names none', pointer: places.dependencies });
    for (const [index, dependency] of resolvedDependencies.entries()) {
      const problem = faultOf(dependency, images, matchers, provenance.version === '0.2');
      if (problem === undefined) continue;
      const name = dependency.uri ?? dependency.name ?? `number ${index + 1}`;
      return fail({ expected, actual: `${name} ${problem}`, pointer: `${places.dependencies}/${index}` });
    }
    return pass({ expected, actual: `${resolvedDependencies.length} of them`, pointer: places.dependencies });
  };
}

type SourceMatcher = (dependency: ResourceDescriptor, image: ImageReference | undefined) => boolean;

function faultOf(
  dependency: ResourceDescriptor,
  images: 'pinned' | 'resolved',
  matchers: readonly SourceMatcher[] | undefined,
  isV02: boolean,
): string | undefined {
  const { uri, digest = {} } = dependency;
  const algorithms = isV02 && uri?.startsWith('git+') === true ? [...DIGESTS, 'sha1'] : DIGESTS;
  if (!algorithms.some((algorithm) => digestOf(digest, algorithm) !== undefined)) return 'has no digest';
  const image = imageOf(uri);
  if (image === 'unreadable') return 'is an image whose name cannot be read';
  if (image !== undefined) {
    const sha256 = digestOf(digest, 'sha256');
    if (sha256 === undefined) return 'is an image without its sha256';
    if (image.digest === undefined && images === 'pinned')
      return 'is an image by tag, which its registry may move';
    if (image.digest !== undefined && image.digest !== `sha256:${sha256}`)
      return 'is named by another digest than it has';
  }
  if (matchers === undefined || matchers.some((match) => match(dependency, image))) return undefined;
  return 'does not come from where it may';
}

function sourceMatcher(source: DependencySource): SourceMatcher {
  if ('image' in source) {
    const match = imageMatcher(source.image);
    return (_, image) => image !== undefined && match(image);
  }
  if ('package' in source) {
    const match = packageMatcher(source.package);
    return ({ uri = '' }) => {
      const found = uri.startsWith('pkg:') ? parsePackage(uri) : undefined;
      return found !== undefined && match(found);
    };
  }
  const match = uriMatcher(source.uri);
  return ({ uri = '' }, image) => image === undefined && match(withoutRef(uri));
}

/** A source with its ref, `git+https://host/path@refs/heads/main`: the repository is what it comes from. */
export function withoutRef(uri: string): string {
  const mark = uri.indexOf('@refs/');
  return mark === -1 || mark !== uri.lastIndexOf('@refs/') ? uri : uri.slice(0, mark);
}

/** The image that a URI names: `oci://`, `docker://`, or a package URL of these types. */
export function imageOf(uri: string | undefined): ImageReference | 'unreadable' | undefined {
  if (uri === undefined) return undefined;
  const [, reference] = /^(?:oci|docker|docker-pullable):\/\/(.*)$/s.exec(uri) ?? [];
  if (reference !== undefined) return parseImage(reference) ?? 'unreadable';
  if (!/^pkg:\/{0,2}(?:oci|docker)\//i.test(uri)) return undefined;
  const found = parsePackage(uri);
  if (found === undefined) return 'unreadable';
  const { path, version, qualifiers } = found;
  const repository = qualifiers['repository_url'];
  const name =
    found.type === 'oci' ? repository : `${repository === undefined ? '' : `${repository}/`}${path}`;
  if (name === undefined) return 'unreadable';
  const isDigest = version?.startsWith('sha256:') === true;
  const tag = isDigest ? qualifiers['tag'] : (version ?? qualifiers['tag']);
  return (
    parseImage(`${name}${tag === undefined ? '' : `:${tag}`}${isDigest ? `@${version}` : ''}`) ?? 'unreadable'
  );
}
