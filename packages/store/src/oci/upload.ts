import { StoreError } from '../errors.ts';
import { digestOf, expectStatus, type Repository } from './content.ts';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A descriptor as it is written. */
export interface Stored {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Stores a blob, unless it is there. @throws {StoreError} */
export async function putBlob(repository: Repository, bytes: Uint8Array, mediaType: string): Promise<Stored> {
  const digest = digestOf(bytes);
  const stored = { mediaType, digest, size: bytes.length };
  const call = { ...repository, maxBytes: 65_536, actions: 'pull,push' } as const;
  const there = await repository.transport.send({ ...call, method: 'HEAD', path: `blobs/${digest}` });
  if (there.status === 200) return stored;
  expectStatus(there, [404], repository, `blobs/${digest}`);
  const opened = await repository.transport.send({ ...call, method: 'POST', path: 'blobs/uploads/' });
  expectStatus(opened, [202], repository, 'blobs/uploads/');
  const { location } = opened.headers;
  if (location === undefined || !URL.canParse(location, opened.url.href)) {
    throw new StoreError('ERR_STORE_PROTOCOL', `${repository.registry} opens an upload without saying where`);
  }
  const path = new URL(location, opened.url);
  path.searchParams.set('digest', digest);
  const headers = { 'content-type': 'application/octet-stream' };
  const done = await repository.transport.send({
    ...call,
    method: 'PUT',
    path,
    headers,
    body: bytes,
    once: true,
  });
  expectStatus(done, [201], repository, 'blobs/uploads/');
  return stored;
}
