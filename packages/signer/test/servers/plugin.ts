/** A Sigstore KMS plugin of our own, `sigstore-kms-testkms`, that lies where it is told to. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pem = (type: 'ed' | 'p256'): string => {
  const { privateKey } =
    type === 'ed' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};

/**
 * Writes the plugin into a folder, with new keys. Its key id says which key it uses and how it lies: `ed`, `p256`,
 * `ed-hangs`. What it was asked lies in the file `seen`, a line a call; the id of a process that hangs in `hangs`.
 */
export function writePlugin(folder: string): { readonly seen: string; readonly hangs: string } {
  const seen = join(folder, 'seen');
  const hangs = join(folder, 'hangs');
  writeFileSync(join(folder, 'plugin.cjs'), programOf(seen, hangs, { ed: pem('ed'), p256: pem('p256') }));
  // A shell in between: the first line of a script has little room for the path of a Node.
  writeFileSync(
    join(folder, 'sigstore-kms-testkms'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(folder, 'plugin.cjs')}" "$@"\n`,
    { mode: 0o755 },
  );
  return { seen, hangs };
}

function programOf(seen: string, hangs: string, keys: Readonly<Record<string, string>>): string {
  return `const { createPrivateKey, createPublicKey, createHash, randomBytes, sign } = require('node:crypto');
const { appendFileSync, readFileSync, renameSync, writeFileSync, writeSync } = require('node:fs');
const [version, text] = process.argv.slice(2);
const { initOptions, methodName, ...args } = JSON.parse(text);
const input = readFileSync(0);
appendFileSync(${JSON.stringify(seen)}, JSON.stringify({ version, initOptions, methodName, args, env: process.env }) + '\\n');
const [name, lie] = initOptions.keyResourceID.split('-');
const keys = ${JSON.stringify(keys)};
const key = createPrivateKey(keys[name]);
const answer = (value) => writeSync(1, JSON.stringify(value));
if (methodName === 'publicKey') {
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  answer({ publicKey: { publicKeyPEM: Buffer.from(lie === 'noKey' ? 'x' : pem).toString('base64') } });
} else {
  const hash = args.signMessage.signOptions.messageOptions.hashFunc;
  const digest = createHash('sha256').update(input).digest();
  let signature = hash === 0 ? sign(null, lie === 'digest' ? digest : input, key) : sign('sha256', input, key);
  if (lie === 'random') signature = randomBytes(64);
  if (lie === 'short') signature = signature.subarray(1);
  if (lie === 'hangs') {
    writeFileSync(${JSON.stringify(`${hangs}.new`)}, String(process.pid));
    renameSync(${JSON.stringify(`${hangs}.new`)}, ${JSON.stringify(hangs)});
    setInterval(() => {}, 1000);
  }
  else if (lie === 'floods') for (;;) writeSync(1, 'x'.repeat(65536));
  else if (lie === 'error') answer({ errorMessage: 'CANARY', signMessage: { signature: signature.toString('base64') } });
  else if (lie === 'noJson') writeSync(1, 'CANARY');
  else if (lie === 'nothing') answer({ signMessage: {} });
  else answer({ signMessage: { signature: signature.toString('base64') } });
  if (lie === 'exit') process.exitCode = 1;
}
`;
}
