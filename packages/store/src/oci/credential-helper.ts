/** Docker's credential helpers: programs called `docker-credential-NAME` that a user's configuration names. */
import { spawn } from 'node:child_process';
import { asObject, MalformedError, parseJson, requiredString } from 'in-toto-attestation';
import { StoreError } from '../errors.ts';
import { show } from '../show.ts';
import type { Credential } from './credentials.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TIMEOUT_MS = 30_000;
const MAX_OUTPUT = 1_048_576;
/** What the helpers of Docker print when there is nothing. */
const NOTHING = 'credentials not found';

/**
 * Asks a helper for the credential of a registry. What it prints is shown to nobody: it may be a secret.
 *
 * @throws {StoreError} `ERR_STORE_CREDENTIALS`; the signal's reason.
 */
export async function askCredentialHelper(
  name: string,
  registry: string,
  environment: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<Credential | undefined> {
  if (!NAME.test(name)) throw failed(show(name), 'is no plain name');
  const server = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;
  const { code, output } = await run(`docker-credential-${name}`, server, environment, signal);
  if (code !== 0) {
    if (output.toString('utf8').includes(NOTHING)) return undefined;
    throw failed(name, code === null ? 'did not end in time' : `ended with ${code}`);
  }
  return parseAnswer(output, name);
}

function parseAnswer(output: Buffer, name: string): Credential {
  try {
    const answer = asObject(parseJson(output), '');
    const [username, secret] = [requiredString(answer, 'Username', ''), requiredString(answer, 'Secret', '')];
    if (username === '<token>') return { username: '', password: '', identityToken: secret };
    return { username, password: secret };
  } catch (error) {
    throw error instanceof MalformedError ? failed(name, 'answered in another form than expected') : error;
  }
}

interface Ended {
  /** Null when it was stopped. */
  readonly code: number | null;
  readonly output: Buffer;
}

/** Our own secrets are none of its business. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('DANUBE_')));
}

async function run(
  program: string,
  input: string,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Ended> {
  signal?.throwIfAborted();
  const stop = AbortSignal.timeout(TIMEOUT_MS);
  const child = spawn(program, ['get'], {
    env: withoutOurs(environment),
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: signal === undefined ? stop : AbortSignal.any([signal, stop]),
    killSignal: 'SIGKILL',
  });
  const chunks: Buffer[] = [];
  let length = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > MAX_OUTPUT) child.kill('SIGKILL');
    else chunks.push(chunk);
  });
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks) }));
  // It may end without reading.
  child.stdin.on('error', () => undefined);
  child.stdin.end(`${input}\n`);
  try {
    return await promise;
  } catch (error) {
    signal?.throwIfAborted();
    if (stop.aborted) return { code: null, output: Buffer.alloc(0) };
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw failed(program.replace('docker-credential-', ''), `cannot be started (${code})`);
  }
}

function failed(name: string, what: string): StoreError {
  return new StoreError('ERR_STORE_CREDENTIALS', `the credential helper docker-credential-${name} ${what}`, {
    hint: 'the configuration of Docker names it: see credsStore and credHelpers there',
  });
}
