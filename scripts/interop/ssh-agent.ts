import { join } from 'node:path';
import { openKey, signPayload } from '@danube/signer';
import { findProgram } from '../peers.ts';
import { accepts, runProgram, type Peer } from './case.ts';
import {
  cosignVerifies,
  differ,
  says,
  signByCommand,
  type Signed,
  verifies,
  whileRunning,
} from './key-service.ts';
import type { Material } from './material.ts';

const PROGRAMS = ['ssh-agent', 'ssh-add', 'ssh-keygen', 'ssh'] as const;

function program(name: (typeof PROGRAMS)[number]): string {
  const found = findProgram(name);
  if (found === undefined) throw new Error(`${name} is missing`);
  return found;
}

/** An agent of its own, that ends with the case. */
async function withAgent(
  m: Material,
  name: string,
  use: (socket: string) => Promise<void> | void,
): Promise<void> {
  const socket = join(m.folder, `${name}.sock`);
  const ready = async (child: Parameters<typeof says>[0]): Promise<void> => says(child, 'SSH_AUTH_SOCK=');
  await whileRunning(program('ssh-agent'), ['-D', '-a', socket], {}, ready, () => use(socket));
}

/** Makes a key, adds it and forgets its file; returns its URI. */
function addKey(m: Material, name: string, socket: string): string {
  const path = join(m.folder, `agent-${name}`);
  accepts(program('ssh-keygen'), ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
  accepts(program('ssh-add'), ['-q', path], { SSH_AUTH_SOCK: socket });
  return `ssh-agent:${accepts(program('ssh-keygen'), ['-l', '-f', `${path}.pub`]).split(' ')[1] ?? ''}`;
}

function sign(m: Material, name: string, socket: string): Signed {
  return signByCommand(m, `agent-${name}`, addKey(m, name, socket), { SSH_AUTH_SOCK: socket });
}

export const sshAgent: Peer = {
  name: 'ssh-agent',
  source: 'the system',
  version() {
    if (PROGRAMS.some((name) => findProgram(name) === undefined)) return undefined;
    return /^OpenSSH_(\S+)/.exec(runProgram(program('ssh'), ['-V']).output)?.[1];
  },
  cases: [
    {
      what: 'signs with a key that it holds; then with a new one, and both verify',
      run: (m) =>
        withAgent(m, 'rotate', (socket) => {
          const [old, next] = [sign(m, 'old', socket), sign(m, 'new', socket)];
          differ(old, next);
          verifies(m, old);
          verifies(m, next);
        }),
    },
    {
      what: 'signs a bundle that cosign accepts with the public key we print',
      run: (m) => withAgent(m, 'cosign', (socket) => cosignVerifies(m, sign(m, 'cosign', socket))),
    },
    {
      what: 'signs as many bytes as we say that an agent does',
      run: (m) =>
        withAgent(m, 'limit', async (socket) => {
          const service = { environment: { SSH_AUTH_SOCK: socket } };
          const key = await openKey(addKey(m, 'limit', socket), { service });
          const head = 'DSSEv1 1 x 262061 '.length;
          await signPayload('x', new Uint8Array(key.maxMessageBytes - head), key);
        }),
    },
  ],
};
