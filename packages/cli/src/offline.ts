import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';
import { usageError } from './exit-code.ts';

/**
 * Makes this process one that opens no connection: whatever tries to, from here on, fails. Everything that speaks to
 * others goes through these functions in the end, `fetch`, TLS and HTTP/2 as well.
 */
export function goOffline(): void {
  Reflect.set(net.Socket.prototype, 'connect', refuse);
  Reflect.set(dgram, 'createSocket', refuse);
  for (const names of [dns, dns.promises]) {
    for (const name of Object.keys(names))
      if (/^(?:lookup|resolve|reverse)/.test(name)) Reflect.set(names, name, refuse);
  }
}

function refuse(): never {
  throw usageError(
    'a connection would be opened, and --offline forbids it',
    'leave --offline out, or name files',
  );
}
