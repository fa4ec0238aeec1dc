import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { ArtifactError, fromSystemError, quote } from './errors.ts';
import { faultOf } from './fault.ts';
import { createLane, type Lane, type Opened } from './lane.ts';
import { asFolder, resolveLink, resolveRoot } from './link.ts';
import { newWork } from './work.ts';

/**
 * The bytes of a file below `root`, read with the same care as files that are hashed.
 *
 * @throws {ArtifactError} `ERR_ARTIFACT_LIMIT`, `_NOT_FOUND`, `_IO`, `_NOT_A_FILE`, `_CHANGED`, `_SYMLINK_*`
 */
export function readDocument(root: string, name: string, maxBytes: number): Uint8Array {
  const base = asFolder(resolveRoot(root));
  const work = newWork({ base, names: [], algorithms: [], maxBytes, bufferBytes: 0, batch: 1 });
  const lane = createLane(fs, crypto, work.shared);
  const path = join(root, name);
  try {
    const found = lane.open(name);
    const file = found.kind === 'link' ? lane.open(resolveLink(base, base + name).slice(base.length)) : found;
    if (file.kind !== 'opened') throw faultOf(base, path, file);
    return readOpened(lane, file, path, maxBytes);
  } catch (error) {
    throw fromSystemError(error, path);
  } finally {
    lane.end();
  }
}

function readOpened(lane: Lane, file: Opened, path: string, maxBytes: number): Uint8Array {
  try {
    if (file.size > maxBytes) {
      throw new ArtifactError('ERR_ARTIFACT_LIMIT', `${quote(path)} has more than ${maxBytes} bytes`, {
        path,
      });
    }
    const bytes = fs.readFileSync(file.fd);
    if (bytes.length !== file.size || !lane.isUnchanged(file)) throw faultOf('', path, { kind: 'changed' });
    return bytes;
  } finally {
    lane.close(file);
  }
}
