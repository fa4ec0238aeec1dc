/** One call of a Sigstore KMS plugin: a process, one JSON document from it, and nothing of what it may do besides. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { isJsonObject, type JsonObject, parseJson } from 'in-toto-attestation';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';

/** Linux takes 128 KiB for one argument; a plugin's arguments are small. */
const MAX_ARGUMENT_BYTES = 64 * 1024;
const MAX_OUTPUT_BYTES = 1024 * 1024;

/**
 * The absolute path of a plugin, from the absolute entries of PATH only.
 *
 * @throws {SignError} ERR_SIGN_CONFIG for one that others can write to.
 */
export function findPlugin(name: string, { environment = process.env }: ServiceOptions): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const path = folders.map((folder) => join(folder, name)).find(isProgram);
  if (path !== undefined && (statSync(path).mode & 0o022) !== 0) {
    throw new SignError('ERR_SIGN_CONFIG', `refused: the plugin ${path} can be written to by others`, {
      hint: `chmod go-w ${path}`,
    });
  }
  return path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a plugin once and reads its answer. Its exit code means nothing in this protocol; its standard error is the user's.
 *
 * @throws {SignError} ERR_SIGN_BACKEND for an answer that is none, ERR_SIGN_LIMIT; the signal's reason.
 */
export async function runPlugin(
  path: string,
  request: JsonObject,
  input: Uint8Array,
  { environment = process.env }: ServiceOptions,
  signal: AbortSignal,
): Promise<JsonObject> {
  const text = JSON.stringify(request);
  if (Buffer.byteLength(text) > MAX_ARGUMENT_BYTES)
    throw new SignError('ERR_SIGN_LIMIT', 'the key URI is too long for a plugin');
  signal.throwIfAborted();
  // A group of its own, so that whatever it started ends with it.
  const child = spawn(path, ['v1', text], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: pluginEnvironment(environment),
    detached: true,
  });
  const kill = (): void => killGroup(child.pid);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const { promise: failed, reject } = Promise.withResolvers<never>();
    child.on('error', reject);
    child.stdin.on('error', () => {}); // It need not read its input.
    child.stdin.end(input);
    return readAnswer(await Promise.race([readOutput(child.stdout), failed]));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SignError) throw error;
    throw broken('cannot be run', error);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}

/** Our own secrets are none of its business. */
function pluginEnvironment(
  environment: NonNullable<ServiceOptions['environment']>,
): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('DANUBE_')));
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

async function readOutput(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk));
    length += bytes.length;
    if (length > MAX_OUTPUT_BYTES) throw broken(`wrote more than ${MAX_OUTPUT_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function readAnswer(output: Uint8Array): JsonObject {
  let answer;
  try {
    answer = parseJson(output);
  } catch (error) {
    throw broken('answered with no JSON', error);
  }
  if (!isJsonObject(answer)) throw broken('answered with another JSON value than an object');
  // Its words may quote a credential, so they are left to its standard error.
  if ((answer['errorMessage'] ?? '') !== '') throw broken('reports an error');
  return answer;
}

export function broken(what: string, cause?: unknown): SignError {
  return new SignError('ERR_SIGN_BACKEND', `the plugin ${what}`, {
    hint: 'run it by itself to see what it says; nothing was written',
    cause,
  });
}
