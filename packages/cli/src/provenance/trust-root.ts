import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { OpenedTrustRoot } from '@danube/verifier';
import {
  DocumentError,
  openPlainTrustRoot,
  openSignedTrustRoot,
  readTrustRootEnvelope,
  refuseRollback,
  type RememberedTrustRoot,
} from '@danube/verifier/documents';
import { isJsonObject, MalformedError, parseJson } from 'in-toto-attestation';
import { CliError, usageError } from '../exit-code.ts';
import { readInput, writeOutput } from '../file.ts';
import { readPublicKey } from './expectations.ts';
import type { TrustRootOptions } from './trust-root-options.ts';

/** More than any trust root has, in its envelope. */
const ROOT_BYTES = 8 * 1024 * 1024;
const STATE_BYTES = 4096;

/**
 * Opens the trust root that the options name, and remembers it when `--trust-state` says where.
 *
 * @throws CliError ERR_USAGE for a trust root that contradicts itself, or too few root keys; ERR_IO.
 */
export function loadTrustRoot(options: TrustRootOptions): OpenedTrustRoot | undefined {
  const path = options.trustRoot ?? options.plainTrustRoot;
  return path === undefined ? undefined : openTrustRootFile(options, true);
}

/** The same; without `remembers` what `--trust-state` says is only compared with. */
export function openTrustRootFile(options: TrustRootOptions, remembers: boolean): OpenedTrustRoot {
  const path = options.trustRoot ?? options.plainTrustRoot ?? '';
  const bytes = readInput(path, ROOT_BYTES);
  try {
    const opened = open(bytes, options);
    const document = options.trustRoot === undefined ? bytes : readTrustRootEnvelope(bytes).payload;
    return options.trustState === undefined
      ? opened
      : remember(opened, document, options.trustState, remembers);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw usageError(`the trust root ${path}: ${error.message}`, error.hint);
  }
}

function open(bytes: Uint8Array, options: TrustRootOptions): OpenedTrustRoot {
  if (options.trustRoot === undefined) return openPlainTrustRoot(bytes);
  const keys = (options.trustRootKey ?? []).map((path) => readPublicKey(path, '--trust-root-key'));
  const threshold = options.trustRootThreshold ?? 1;
  const distinct = new Set(keys.map(({ keyid }) => keyid)).size;
  if (threshold > distinct) {
    throw usageError(
      `--trust-root-threshold: ${threshold} is more than the ${distinct} distinct key(s) given`,
    );
  }
  return openSignedTrustRoot(bytes, keys, threshold);
}

/** An older trust root is refused; a newer one that has not expired takes the place of what was remembered. */
function remember(
  opened: OpenedTrustRoot,
  document: Uint8Array,
  path: string,
  remembers: boolean,
): OpenedTrustRoot {
  const sha256 = createHash('sha256').update(document).digest('hex');
  const remembered = existsSync(path) ? readState(path) : undefined;
  const judged = remembered === undefined ? opened : refuseRollback(opened, sha256, remembered);
  const { root } = judged;
  if (!remembers || root === undefined || root.expires < new Date() || root.version === remembered?.version)
    return judged;
  writeOutput(path, `${JSON.stringify({ version: root.version, sha256 })}\n`);
  return judged;
}

/** @throws CliError ERR_IO: who cannot know what was trusted before cannot refuse what is older. */
function readState(path: string): RememberedTrustRoot {
  const state = parseState(readInput(path, STATE_BYTES));
  if (state !== undefined) return state;
  throw new CliError('ERR_IO', `${path} does not say which trust root was trusted before`, {
    hint: 'if you know that the trust root is current, remove the file',
  });
}

function parseState(bytes: Uint8Array): RememberedTrustRoot | undefined {
  try {
    const value = parseJson(bytes);
    if (!isJsonObject(value) || Object.keys(value).length !== 2) return undefined;
    const { version, sha256 } = value;
    if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) return undefined;
    return typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? { version, sha256 } : undefined;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}
