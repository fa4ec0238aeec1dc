/** Secrets that a configuration names instead of holding them. */
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SignError } from './errors.ts';

/** Where secrets are looked for. */
export interface SecretOptions {
  /** `process.env` when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where secrets are mounted, a file each; `/var/run/secrets` when left out. */
  readonly secretDirectory?: string;
}

const SECRET_DIRECTORY = '/var/run/secrets';
const MAX_BYTES = 64 * 1024;

/** Words of lower-case letters and digits with hyphens between: every such name has a variable of its own. */
const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 128;

/**
 * The environment variable of a secret: `danube-signing-passphrase` is DANUBE_SIGNING_PASSPHRASE.
 *
 * @throws {SignError} ERR_SIGN_CONFIG for a name that could share its variable with another, or leave the folder.
 */
export function secretVariable(name: string): string {
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new SignError('ERR_SIGN_CONFIG', 'a secret reference that is no name of a secret', {
      hint: 'a name is lower-case words with hyphens between, such as danube-signing-passphrase',
    });
  }
  return name.toUpperCase().replaceAll('-', '_');
}

/**
 * The value of a secret: of its environment variable, else of its mounted file. One line break at the end is dropped.
 * The bytes are the caller's to wipe.
 *
 * @throws {SignError} ERR_SIGN_CONFIG when it is in neither place (both are named), is empty, or cannot be read.
 */
export async function resolveSecret(name: string, options: SecretOptions = {}): Promise<Uint8Array> {
  const variable = secretVariable(name);
  const directory = options.secretDirectory ?? SECRET_DIRECTORY;
  const value = (options.environment ?? process.env)[variable];
  const [bytes, place] =
    value === undefined
      ? [await readMounted(directory, name, variable), `the file ${join(directory, name)}`]
      : [Buffer.from(value), `the environment variable ${variable}`];
  const secret = withoutLineBreak(bytes);
  if (secret.length === 0) throw new SignError('ERR_SIGN_CONFIG', `the secret ${name} is empty: ${place}`);
  return secret;
}

/** The secret as text, for protocols that put it into a header or a form. */
export async function resolveSecretText(name: string, options: SecretOptions): Promise<string> {
  const bytes = await resolveSecret(name, options);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be in it
    if (/[\u0000-\u001f\u007f]/.test(text)) throw new TypeError('control characters');
    return text;
  } catch {
    throw new SignError('ERR_SIGN_CONFIG', `the secret ${name} is not one line of text`);
  } finally {
    bytes.fill(0);
  }
}

async function readMounted(directory: string, name: string, variable: string): Promise<Buffer> {
  const path = join(directory, name);
  try {
    // Kubernetes mounts are links inside their folder, and nothing else is followed.
    const [root, target] = [await realpath(directory), await realpath(path)];
    if (!target.startsWith(root + sep)) {
      throw new SignError('ERR_SIGN_CONFIG', `${path} leads out of its folder`);
    }
    return await readRegular(target, path);
  } catch (error) {
    if (error instanceof SignError) throw error;
    throw new SignError('ERR_SIGN_CONFIG', `the secret ${name} is not there`, {
      hint: `set the environment variable ${variable}, or mount the file ${path}`,
      cause: error,
    });
  }
}

async function readRegular(target: string, path: string): Promise<Buffer> {
  const file = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new SignError('ERR_SIGN_CONFIG', `${path} is not a regular file`);
    const buffer = Buffer.allocUnsafeSlow(MAX_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_BYTES)
      throw new SignError('ERR_SIGN_CONFIG', `${path} is longer than ${MAX_BYTES} bytes`);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function withoutLineBreak(bytes: Buffer): Uint8Array {
  const end = bytes.at(-1) === 0x0a ? bytes.length - (bytes.at(-2) === 0x0d ? 2 : 1) : bytes.length;
  return bytes.subarray(0, end);
}
