/** One question to the agent behind $SSH_AUTH_SOCK: a connection, a frame, an answer. */
import { realpathSync, statSync, type Stats } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { isAbsolute } from 'node:path';
import { SignError } from './errors.ts';
import type { ServiceOptions } from './key-service.ts';
import { brokenAnswer } from './local-call.ts';
import { AGENT, MAX_FRAME_BYTES } from './ssh-agent-wire.ts';

const START_HINT = 'start one with eval "$(ssh-agent)" and add the key with ssh-add';

/**
 * The socket of the agent, by its real path. It must be a socket that belongs to this very user: whoever owns it sees
 * what is signed and answers for the agent.
 *
 * @throws {SignError} ERR_SIGN_CONFIG without one, ERR_SIGN_ENDPOINT for one that is not ours.
 */
export function agentSocketPath({ environment = process.env }: ServiceOptions): string {
  const path = environment['SSH_AUTH_SOCK'] ?? '';
  if (!isAbsolute(path)) {
    const what = path === '' ? 'SSH_AUTH_SOCK is not set' : 'SSH_AUTH_SOCK is no absolute path';
    throw new SignError('ERR_SIGN_CONFIG', `${what}, so no agent is known`, { hint: START_HINT });
  }
  const { real, stats } = find(path);
  if (!stats.isSocket()) throw refused(path, 'is no socket');
  if (stats.uid !== process.geteuid?.()) throw refused(path, 'belongs to another user');
  return real;
}

function find(path: string): { readonly real: string; readonly stats: Stats } {
  try {
    const real = realpathSync(path);
    return { real, stats: statSync(real) };
  } catch (error) {
    throw new SignError('ERR_SIGN_UNAVAILABLE', `there is no agent at ${path}`, {
      hint: START_HINT,
      cause: error,
    });
  }
}

function refused(path: string, what: string): SignError {
  return new SignError('ERR_SIGN_ENDPOINT', `refused: the agent's socket ${path} ${what}; nothing was sent`);
}

/**
 * Sends a frame and reads the one that answers: its bytes without the length in front.
 *
 * @throws {SignError} ERR_SIGN_UNAVAILABLE, ERR_SIGN_BACKEND; the signal's reason.
 */
export async function askAgent(path: string, frame: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted();
  const socket = connect(path);
  const abort = (): void => void socket.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    socket.write(frame);
    return await readFrame(socket);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SignError) throw error;
    throw new SignError('ERR_SIGN_UNAVAILABLE', `${AGENT} at ${path} does not answer`, {
      hint: START_HINT,
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', abort);
    socket.destroy();
  }
}

async function readFrame(socket: Socket): Promise<Uint8Array> {
  let bytes = Buffer.of();
  for await (const chunk of socket) {
    bytes = Buffer.concat([bytes, chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk))]);
    if (bytes.length < 4) continue;
    const length = bytes.readUInt32BE();
    if (length === 0 || length > MAX_FRAME_BYTES)
      throw brokenAnswer(AGENT, `announces an answer of ${length} bytes`);
    if (bytes.length > 4 + length) throw brokenAnswer(AGENT, 'answered with more than belongs there');
    if (bytes.length === 4 + length) return bytes.subarray(4);
  }
  throw new Error('the connection was closed');
}
