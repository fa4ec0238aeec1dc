import type { KeyFileCase, Rejection } from './case-format.ts';
import { PRIVATE_PEM, readsKey, refusesKey } from './key-case.ts';
import { vector, type Vector } from './vector.ts';

const FILES: readonly Vector[] = [
  readsKey('private', 'file', 'A key file that only its owner can read.', PRIVATE_PEM, {
    file: { form: 'file', mode: '0600' },
  }),
  readsKey('private', 'file-read-only', 'A key file that its owner cannot write either.', PRIVATE_PEM, {
    file: { form: 'file', mode: '0400' },
  }),
  refusesKey(
    'private',
    'file-for-everybody',
    'A key file that everybody can read.',
    PRIVATE_PEM,
    'ERR_KEY_FILE_REFUSED',
    { file: { form: 'file', mode: '0644' } },
  ),
  refusesKey(
    'private',
    'file-for-group',
    'A key file that its group can read.',
    PRIVATE_PEM,
    'ERR_KEY_FILE_REFUSED',
    { file: { form: 'file', mode: '0640' } },
  ),
  refusesKey(
    'private',
    'file-symlink',
    'A symbolic link to a key file.',
    PRIVATE_PEM,
    'ERR_KEY_FILE_REFUSED',
    {
      file: { form: 'symlink', mode: '0600' },
    },
  ),
  refusesKey(
    'private',
    'file-fifo',
    'A named pipe, which would wait for a writer.',
    '',
    'ERR_KEY_FILE_REFUSED',
    { file: { form: 'fifo' } },
  ),
  refusesKey('private', 'file-directory', 'A directory.', '', 'ERR_KEY_FILE_REFUSED', {
    file: { form: 'directory' },
  }),
  refusesKey('private', 'file-missing', 'No such file.', '', 'ERR_KEY_FILE_READ', {
    file: { form: 'missing' },
  }),
  refusesKey('public', 'file-missing', 'No such file.', '', 'ERR_KEY_FILE_READ', {
    file: { form: 'missing' },
  }),
  refusesKey('public', 'file-directory', 'A directory.', '', 'ERR_KEY_FILE_REFUSED', {
    file: { form: 'directory' },
  }),
];

function writes(
  name: string,
  description: string,
  target: string,
  existing: readonly string[],
  expect: KeyFileCase['expect'],
): Vector {
  const input = '../../keys/builder.key';
  return vector(name, { description, kind: 'key-file', input, target, existing, expect });
}

const exists: Rejection = { verdict: 'rejected', code: 'ERR_KEY_FILE_EXISTS' };

const WRITTEN: readonly Vector[] = [
  writes('new', 'A key pair in an empty folder: the private key is for its owner alone.', 'signing.key', [], {
    verdict: 'accepted',
    modes: { 'signing.key': '0600', 'signing.key.pub': '0644' },
  }),
  writes('private-exists', 'A private key is never overwritten.', 'signing.key', ['signing.key'], exists),
  writes(
    'public-exists',
    'Neither is a public key, and then no private key is left without it.',
    'signing.key',
    ['signing.key.pub'],
    exists,
  ),
  writes('no-folder', 'The folder does not exist.', 'keys/signing.key', [], {
    verdict: 'rejected',
    code: 'ERR_KEY_FILE_WRITE',
  }),
];

/** Keys as files: what is opened, and what is written. */
export const KEY_FILE_VECTORS: readonly Vector[] = [...FILES, ...WRITTEN];
