import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { accepts, runProgram, same, type Peer } from './case.ts';
import { danube, PASSPHRASE, signAndVerify } from './material.ts';

function sshKeygen(...args: readonly string[]): string {
  const found = findProgram('ssh-keygen');
  if (found === undefined) throw new Error('ssh-keygen is missing');
  return accepts(found, args);
}

/** `256 SHA256:... comment (ED25519)` */
function fingerprint(path: string): string {
  return sshKeygen('-l', '-f', path).split(' ')[1] ?? '';
}

export const sshKeygenPeer: Peer = {
  name: 'ssh-keygen',
  source: 'the system',
  version() {
    const ssh = findProgram('ssh');
    if (findProgram('ssh-keygen') === undefined || ssh === undefined) return undefined;
    return /^OpenSSH_(\S+)/.exec(runProgram(ssh, ['-V']).output)?.[1];
  },
  cases: [
    {
      what: 'shows our public key with the fingerprint that is our keyid',
      run: (m) => {
        const path = join(m.folder, 'ours.ssh.pub');
        writeFileSync(path, danube('keys', 'public', '--format', 'openssh', m.publicKey));
        same(m.envelope.signatures[0]?.keyid ?? '', fingerprint(path));
      },
    },
    {
      what: 'generates a key pair that we sign and verify with',
      run: (m) => {
        const key = join(m.folder, 'ssh.key');
        sshKeygen('-q', '-t', 'ed25519', '-N', '', '-C', 'somebody', '-f', key);
        signAndVerify(m, key, `${key}.pub`);
      },
    },
    {
      what: 'encrypts a private key that we sign with',
      run: (m) => {
        const key = join(m.folder, 'ssh-encrypted.key');
        sshKeygen('-q', '-t', 'ed25519', '-N', PASSPHRASE, '-f', key);
        signAndVerify(m, key, `${key}.pub`, '--passphrase-file', m.passphrase);
      },
    },
  ],
};
