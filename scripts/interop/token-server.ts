/**
 * A token server for distribution's registry, run as a program of its own: `node token-server.ts PORT KEY CERTIFICATE`.
 * bob with the password "secret" may pull and push everything; nobody else may do anything.
 */
import { createPrivateKey, createSign, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , port = '0', keyPath = '', certificatePath = ''] = process.argv;
const key = createPrivateKey(readFileSync(keyPath));
const x5c = [readFileSync(certificatePath, 'utf8').replaceAll(/-----[^-]+-----|\s/g, '')];

function tokenFor(service: string, scope: string): string {
  const [, name = '', actions = ''] = /^repository:(.+):(.*)$/.exec(scope) ?? [];
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'tokens',
    sub: 'bob',
    aud: service,
    exp: now + 300,
    nbf: now - 10,
    iat: now,
    jti: randomUUID(),
    access: [{ type: 'repository', name, actions: actions.split(',') }],
  };
  const signed = `${encode({ typ: 'JWT', alg: 'RS256', x5c })}.${encode(claims)}`;
  return `${signed}.${createSign('sha256').update(signed).sign(key).toString('base64url')}`;
}

createServer(({ url = '', headers }, response) => {
  const query = new URL(url, 'http://tokens').searchParams;
  const isBob = headers.authorization === `Basic ${Buffer.from('bob:secret').toString('base64')}`;
  response.writeHead(isBob ? 200 : 401, { 'content-type': 'application/json' });
  const token = isBob ? tokenFor(query.get('service') ?? '', query.get('scope') ?? '') : undefined;
  response.end(JSON.stringify({ token }));
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
