import { StoreError } from '../errors.ts';
import { waitFor } from '../http/retry.ts';
import { type Document, expectStatus, getDocument, type Repository } from './content.ts';

/** What a tag should hold next. */
export interface NextDocument {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

const ATTEMPTS = 60;
/** How often what was written must be found again before it counts as written. */
const CONFIRMATIONS = 2;
const SHORTEST_PAUSE = 100;

/**
 * Changes what is under a tag. Registries cannot compare and swap, and two who read, change and write at the same time
 * lose the change of one: so it is read again, later than anybody who had read before would have written, and done
 * again when it is gone.
 *
 * @param next what should be there, given what is; undefined when that is as it should be.
 * @throws {StoreError} also `ERR_STORE_UNAVAILABLE` when others always win
 */
export async function changeTag(
  repository: Repository,
  tag: string,
  next: (current: Document | undefined) => Promise<NextDocument | undefined>,
): Promise<void> {
  let confirmations = CONFIRMATIONS;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const started = performance.now();
    const current = await getDocument(repository, tag);
    const changed = await next(current);
    if (changed === undefined) {
      if (confirmations >= CONFIRMATIONS) return;
      confirmations += 1;
    } else {
      confirmations = 0;
      await put(repository, tag, changed, current);
    }
    if (confirmations < CONFIRMATIONS)
      await waitFor(pauseAfter(performance.now() - started), repository.signal);
  }
  throw new StoreError(
    'ERR_STORE_UNAVAILABLE',
    `${repository.registry}/${repository.repository}:${tag} is changed by others all the time`,
    { hint: 'try again later' },
  );
}

/** A write that the registry refuses because somebody else was faster is found missing when it is read again. */
async function put(
  repository: Repository,
  tag: string,
  { bytes, mediaType }: NextDocument,
  current: Document | undefined,
): Promise<void> {
  const condition: Record<string, string> = current?.etag === undefined ? {} : { 'if-match': current.etag };
  const reply = await repository.transport.send({
    ...repository,
    method: 'PUT',
    path: `manifests/${tag}`,
    headers: { 'content-type': mediaType, ...condition },
    body: bytes,
    maxBytes: repository.limits.manifestBytes,
    actions: 'pull,push',
  });
  expectStatus(reply, [200, 201, 202, 409, 412], repository, `manifests/${tag}`);
}

/** Longer than others take from reading to writing, and never the same as theirs. */
function pauseAfter(elapsed: number): number {
  return Math.max(SHORTEST_PAUSE, 3 * elapsed) * (1 + Math.random());
}
