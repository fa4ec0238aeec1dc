import type { OciLayoutCase } from './case-format.ts';
import { hex } from './statements.ts';
import { encodeText, vector, type Content, type Vector } from './vector.ts';

type Files = Readonly<Record<string, Content>>;

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const LAYER = 'danube test vector: a layer\n';
const CONFIG = encodeText({ architecture: 'amd64', os: 'linux' });

/** What refers to a blob of these bytes. */
function descriptor(mediaType: string, content: string): object {
  return { mediaType, digest: `sha256:${hex('sha256', content)}`, size: Buffer.byteLength(content) };
}

const MANIFEST = encodeText({
  schemaVersion: 2,
  mediaType: MANIFEST_TYPE,
  config: descriptor('application/vnd.oci.image.config.v1+json', CONFIG),
  layers: [descriptor('application/vnd.oci.image.layer.v1.tar', LAYER)],
});
const INDEX = encodeText({
  schemaVersion: 2,
  mediaType: INDEX_TYPE,
  manifests: [descriptor(MANIFEST_TYPE, MANIFEST)],
});

const blob = (content: string): string => `layout/blobs/sha256/${hex('sha256', content)}`;
const index = (...manifests: object[]): string => encodeText({ schemaVersion: 2, manifests });

const FILES: Files = {
  'layout/oci-layout': encodeText({ imageLayoutVersion: '1.0.0' }),
  'layout/index.json': index(descriptor(MANIFEST_TYPE, MANIFEST)),
  [blob(MANIFEST)]: MANIFEST,
  [blob(CONFIG)]: CONFIG,
  [blob(LAYER)]: LAYER,
};

function layout(name: string, description: string, files: Files, expect: OciLayoutCase['expect']): Vector {
  return vector(name, { description, kind: 'oci-layout', directory: 'layout', expect }, files);
}

function refuses(name: string, description: string, changes: Files, code: string): Vector {
  return layout(name, description, { ...FILES, ...changes }, { verdict: 'rejected', code });
}

/** OCI image layouts (image-spec, image-layout.md): the digests that are attested, and what must fit to them. */
export const OCI_LAYOUT_VECTORS: readonly Vector[] = [
  layout('image', 'One image: the digest is the one of its manifest.', FILES, {
    verdict: 'accepted',
    sha256: [hex('sha256', MANIFEST)],
  }),
  layout(
    'index',
    'An image index: the digest is the one of the index, and what it refers to is checked.',
    { ...FILES, 'layout/index.json': index(descriptor(INDEX_TYPE, INDEX)), [blob(INDEX)]: INDEX },
    { verdict: 'accepted', sha256: [hex('sha256', INDEX)] },
  ),
  refuses(
    'layer-changed',
    'A layer was changed, and kept its length.',
    { [blob(LAYER)]: LAYER.replace('a layer', 'A LAYER') },
    'ERR_ARTIFACT_OCI_DIGEST',
  ),
  refuses(
    'layer-longer',
    'A layer has other bytes behind it.',
    { [blob(LAYER)]: `${LAYER}x` },
    'ERR_ARTIFACT_OCI_DIGEST',
  ),
  refuses(
    'manifest-changed',
    'The manifest was changed.',
    { [blob(MANIFEST)]: `${MANIFEST} ` },
    'ERR_ARTIFACT_OCI_DIGEST',
  ),
  refuses(
    'other-version',
    'A layout of a version that nobody has defined.',
    { 'layout/oci-layout': encodeText({ imageLayoutVersion: '2.0.0' }) },
    'ERR_ARTIFACT_OCI_LAYOUT',
  ),
  refuses(
    'no-image',
    'An index without any image: never "nothing to complain about".',
    { 'layout/index.json': index() },
    'ERR_ARTIFACT_OCI_LAYOUT',
  ),
  refuses(
    'digest-path',
    'A digest that climbs out of the layout.',
    {
      'layout/index.json': index({
        mediaType: MANIFEST_TYPE,
        digest: 'sha256:../../../../keys/builder.key',
        size: 1,
      }),
    },
    'ERR_ARTIFACT_OCI_LAYOUT',
  ),
  refuses(
    'duplicate-key',
    'Two lists of manifests in the index.',
    { 'layout/index.json': '{"schemaVersion":2,"manifests":[],"manifests":[]}' },
    'ERR_ARTIFACT_OCI_LAYOUT',
  ),
];
