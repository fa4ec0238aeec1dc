import type { ImageReferenceCase } from './case-format.ts';
import { hex } from './statements.ts';
import { vector, type Vector } from './vector.ts';

type Parts = Omit<Extract<ImageReferenceCase['expect'], { readonly verdict: 'accepted' }>, 'verdict'>;

function reads(name: string, description: string, reference: string, parts: Parts): Vector {
  const expect = { verdict: 'accepted', ...parts } as const;
  return vector(name, { description, kind: 'image-reference', reference, expect });
}

function refuses(name: string, description: string, reference: string): Vector {
  const expect = { verdict: 'rejected', code: 'ERR_ARTIFACT_IMAGE_REFERENCE' } as const;
  return vector(name, { description, kind: 'image-reference', reference, expect });
}

const sha256 = hex('sha256', 'an image');

/** Names of container images, and what resembles them. */
export const IMAGE_REFERENCE_VECTORS: readonly Vector[] = [
  reads('short', 'Without a registry, the image is one of Docker Hub.', 'nginx', {
    registry: 'docker.io',
    repository: 'library/nginx',
  }),
  reads('two-segments', 'A first segment without a dot or a port is no registry.', 'shop/app:v1', {
    registry: 'docker.io',
    repository: 'shop/app',
    tag: 'v1',
  }),
  reads('full', 'Registry with port, tag and digest.', `localhost:5000/shop/app:v1@sha256:${sha256}`, {
    registry: 'localhost:5000',
    repository: 'shop/app',
    tag: 'v1',
    digest: `sha256:${sha256}`,
  }),
  reads('host-case', 'Host names are the same in any case.', 'Registry.Example.COM/app', {
    registry: 'registry.example.com',
    repository: 'app',
  }),
  reads('hub-alias', 'Docker Hub has three names.', 'index.docker.io/nginx', {
    registry: 'docker.io',
    repository: 'library/nginx',
  }),
  refuses('empty', 'No name at all.', ''),
  refuses('upper-case', 'Upper case in the repository.', 'registry.example.com/App'),
  refuses('dot-segments', 'A repository that climbs.', 'registry.example.com/shop/../app'),
  refuses('scheme', 'A URL is no reference.', 'https://registry.example.com/app'),
  refuses('credentials', 'Credentials before the host.', 'user:password@registry.example.com/app'),
  refuses(
    'trailing-dot',
    'A host with a dot at its end is the same host under another name.',
    'example.com./app',
  ),
  refuses('ip-form', 'An IP address that is not in its canonical form.', '127.1/app'),
  refuses('port-zeros', 'A port that begins with a zero.', 'registry.example.com:05000/app'),
  refuses('digest-case', 'A digest in upper case.', `app@sha256:${sha256.toUpperCase()}`),
  refuses('digest-short', 'A digest that is cut off.', `app@sha256:${sha256.slice(1)}`),
  refuses('digest-path', 'A digest that is a path.', `app@sha256:../${sha256.slice(3)}`),
  refuses('image-id', 'An image id stands where a name should.', sha256),
  refuses('look-alike', 'A letter of another alphabet in the repository.', 'registry.example.com/\u0430pp'),
  refuses('control', 'A control character.', 'app\n'),
];
