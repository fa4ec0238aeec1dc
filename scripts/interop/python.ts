import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from '../peers.ts';
import { cleanEnvironment } from '../repository.ts';
import { same, type Peer, type Ran } from './case.ts';
import { danube, type Material, PASSPHRASE, signAndVerify } from './material.ts';
import { attestPlatform, DESCRIPTIONS } from './platforms.ts';

/** Runs one of the Python programs beside this file. */
function runPython(module: string, program: string, args: readonly string[], input: Uint8Array): Ran {
  const python = findPython(module);
  if (python === undefined) throw new Error(`Python has no ${module}`);
  const options = { env: cleanEnvironment(), encoding: 'utf8', input } as const;
  const { status, stdout, stderr } = spawnSync(
    python,
    [join(import.meta.dirname, program), ...args],
    options,
  );
  return { status, stdout, output: `${stdout}${stderr}` };
}

function succeeded({ status, stdout, output }: Ran): string {
  if (status !== 0) throw new Error(output);
  return stdout;
}

function versionOf(module: string, distribution: string): string | undefined {
  const python = findPython(module);
  if (python === undefined) return undefined;
  const code = `from importlib.metadata import version; print(version(${JSON.stringify(distribution)}))`;
  return spawnSync(python, ['-c', code], { encoding: 'utf8' }).stdout.trim();
}

export const inTotoAttestation: Peer = {
  name: 'in-toto-attestation',
  source: 'PyPI',
  version: () => versionOf('in_toto_attestation', 'in-toto-attestation'),
  cases: [
    {
      what: 'parses and validates our statement and its provenance',
      run: (m) => {
        const ran = runPython('in_toto_attestation', 'in-toto-attestation.py', [], m.envelope.payload);
        same(`${m.sha256}\nhttps://ci.example.com/danube\n`, succeeded(ran));
      },
    },
    ...DESCRIPTIONS.map((description) => ({
      what: `parses and validates provenance of a job of ${description}`,
      run: (m: Material) => {
        const { payload, builderId } = attestPlatform(m, description);
        const ran = runPython('in_toto_attestation', 'in-toto-attestation.py', [], payload);
        same(`${m.sha256}\n${builderId}\n`, succeeded(ran));
      },
    })),
  ],
};

export const securesystemslib: Peer = {
  name: 'securesystemslib',
  source: 'PyPI',
  version: () => versionOf('securesystemslib.dsse', 'securesystemslib'),
  cases: [
    {
      what: 'verifies our Ed25519 envelope',
      run: (m) => {
        const keyid = m.envelope.signatures[0]?.keyid ?? '';
        const args = [m.publicKey, keyid];
        const bytes = readFileSync(m.provenance);
        succeeded(runPython('securesystemslib.dsse', 'securesystemslib-verify.py', args, bytes));
      },
    },
    {
      what: 'refuses our envelope with another public key',
      run: (m) => {
        const keyid = m.envelope.signatures[0]?.keyid ?? '';
        const args = [m.otherPublicKey, keyid];
        const bytes = readFileSync(m.provenance);
        const { status, output } = runPython(
          'securesystemslib.dsse',
          'securesystemslib-verify.py',
          args,
          bytes,
        );
        if (status !== 1 || !output.startsWith('refused')) throw new Error(output);
      },
    },
    {
      what: 'signs an Ed25519 envelope that we accept',
      run: (m) => {
        const [key, signed] = [
          join(m.folder, 'securesystemslib.pub'),
          join(m.folder, 'securesystemslib.json'),
        ];
        const ran = runPython('securesystemslib.dsse', 'securesystemslib-sign.py', [key], m.envelope.payload);
        writeFileSync(signed, succeeded(ran));
        danube('provenance', 'verify', '--provenance', signed, '--public-key', key, m.artifact);
      },
    },
  ],
};

export const cryptography: Peer = {
  name: 'cryptography',
  source: 'PyPI',
  version: () => versionOf('cryptography', 'cryptography'),
  cases: [
    {
      what: 'reads our encrypted private key',
      run: (m) => {
        const args = ['read', m.encryptedKey, PASSPHRASE];
        const publicKey = succeeded(runPython('cryptography', 'cryptography-key.py', args, Buffer.of()));
        same(readFileSync(m.encryptedPublicKey, 'utf8'), publicKey);
      },
    },
    {
      what: 'encrypts a private key that we sign with',
      run: (m) => {
        const key = join(m.folder, 'cryptography.key');
        const args = ['write', key, PASSPHRASE];
        const publicKey = succeeded(runPython('cryptography', 'cryptography-key.py', args, Buffer.of()));
        writeFileSync(`${key}.pub`, publicKey);
        signAndVerify(m, key, `${key}.pub`, '--passphrase-file', m.passphrase);
      },
    },
  ],
};
