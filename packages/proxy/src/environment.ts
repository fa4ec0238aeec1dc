/**
 * The proxies that an environment names, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, read as programs in Go read them
 * (x/net/http/httpproxy), so that a cluster or a CI says it once for all its tools.
 */
import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { ProxyError } from './errors.ts';

/** `process.env`, or the part of it that names proxies. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

export interface Proxy {
  /** `http:` or `https:`, without credentials: this may be shown. */
  readonly url: URL;
  /** For `Proxy-Authorization`. */
  readonly authorization?: string;
}

/** The proxy for a URL; undefined when it is reached directly. @throws {ProxyError} `ERR_PROXY_REFUSED` */
export type ProxyFor = (url: URL) => Proxy | undefined;

/**
 * The proxies of an environment. Reads nothing before it is asked for the first URL.
 *
 * @param env upper case goes before lower case, and what is empty is not set.
 */
export function readProxies(env: ProxyEnvironment): ProxyFor {
  let exceptions: readonly Exception[] | undefined;
  return (url) => {
    const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
    const text = valueOf(env, name);
    if (text === '') return undefined;
    exceptions ??= readExceptions(valueOf(env, 'NO_PROXY'));
    return isDirect(url, exceptions) ? undefined : readProxy(name, text);
  };
}

function valueOf(env: ProxyEnvironment, name: string): string {
  return env[name] || env[name.toLowerCase()] || '';
}

/** The value is in no message: it may hold a password. */
function readProxy(name: string, text: string): Proxy {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  const user = url === undefined ? undefined : userOf(url);
  if (url === undefined || user === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new ProxyError('ERR_PROXY_REFUSED', `refused: ${name} is no http: or https: URL; nothing was sent`);
  }
  const bare = new URL(`${url.protocol}//${url.host}`);
  if (user === ':') return { url: bare };
  return { url: bare, authorization: `Basic ${Buffer.from(user).toString('base64')}` };
}

/** `USER:PASSWORD`; undefined when they cannot be read. */
function userOf({ username, password }: URL): string | undefined {
  try {
    return `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    return undefined;
  }
}

/** Whether one entry of NO_PROXY is about a host and port. */
type Exception = (host: string, port: string) => boolean;

/** Never by a proxy, whatever it says: this machine itself. */
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

function isDirect({ protocol, hostname, port }: URL, exceptions: readonly Exception[]): boolean {
  const host = withoutBrackets(hostname);
  if (host === 'localhost' || matchAddress(LOOPBACK, host)) return true;
  const known = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return exceptions.some((isAbout) => isAbout(host, known));
}

function readExceptions(text: string): readonly Exception[] {
  return text
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map(readException);
}

/** `*`, `10.0.0.0/8`, `example.com` (and all below it), `.example.com` (only what is below it), each but `*` perhaps with a port. */
function readException(entry: string): Exception {
  if (entry === '*') return () => true;
  const range = readRange(entry);
  if (range !== undefined) return (host) => matchAddress(range, host);
  const [, named = entry, port] = /^([^:]*|\[.*\]):(\d+)$/.exec(entry) ?? [];
  const isPort = (other: string): boolean => port === undefined || port === other;
  const name = withoutBrackets(named);
  if (isIP(name) !== 0) {
    const address = new BlockList();
    address.addAddress(name, familyOf(name));
    return (host, other) => isPort(other) && matchAddress(address, host);
  }
  if (name === '') return () => false;
  const suffix = `.${domainToASCII(name.replace(/^\*?\./, ''))}`;
  const isWhole = !/^\*?\./.test(name);
  return (host, other) => isPort(other) && (host.endsWith(suffix) || (isWhole && host === suffix.slice(1)));
}

function readRange(entry: string): BlockList | undefined {
  const [, network = '', prefix = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const family = familyOf(network);
  if (isIP(network) === 0 || Number(prefix) > (family === 'ipv6' ? 128 : 32)) return undefined;
  const range = new BlockList();
  range.addSubnet(network, Number(prefix), family);
  return range;
}

function matchAddress(list: BlockList, host: string): boolean {
  return isIP(host) !== 0 && list.check(host, familyOf(host));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
