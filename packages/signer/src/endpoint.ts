/** Which addresses a credential or a message may be sent to. Everything here says no unless it knows better. */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SignError } from './errors.ts';

/** What may be reached beside public addresses by `https:`. */
export interface EndpointRules {
  readonly allowPrivateAddresses?: boolean;
  readonly allowLoopbackHttp?: boolean;
  readonly allowedHosts?: readonly string[];
}

/** A host, `.example.com` for all below it, `*` for any, or an expression that the whole host must match. */
export type HostPattern = string | RegExp;

/** A base URL that passed the rules, and the look-up through which its connections are made. */
export interface Endpoint {
  readonly url: URL;
  readonly lookup: LookupFunction;
}

/**
 * Metadata services answer on addresses that are otherwise refused, and by plain HTTP. Only these, and only where the
 * code asks for them; no configuration leads here.
 */
export const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  '169.254.169.254', // EC2, Azure, Google
  '169.254.170.2', // ECS
  '169.254.170.23', // EKS
  '[fd00:ec2::254]',
  '[fd00:ec2::23]',
]);

/** Ranges of addresses, one list a family: Node takes an IPv4 address for its mapped form when it looks at IPv6 ranges. */
interface Ranges {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

const LOOPBACK: Ranges = { ipv4: blockList('ipv4', ['127.0.0.0/8']), ipv6: blockList('ipv6', ['::1/128']) };

/** IANA's special-purpose registries: nothing that is reachable for everybody is in them. */
const PRIVATE: Ranges = {
  ipv4: blockList('ipv4', [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
  ]),
  // Of IPv6 only global unicast is public; of it, what carries an IPv4 address inside or is for documents is not.
  ipv6: blockList('ipv6', [
    '::/3',
    '4000::/2',
    '8000::/1',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
  ]),
};

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

function isIn(ranges: Ranges, address: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return ranges[family].check(address, family);
}

/** Whether an address may be connected to. */
export function matchAddress(address: string, rules: EndpointRules): boolean {
  if (isIP(address) === 0) return false;
  if (!isIn(PRIVATE, address)) return true;
  return (
    rules.allowPrivateAddresses === true || (rules.allowLoopbackHttp === true && isIn(LOOPBACK, address))
  );
}

/**
 * Reads a base URL and checks it against the rules.
 *
 * @param serviceHosts hosts that belong to the service; `*` where it has none of its own and the user names one.
 * @throws {SignError} ERR_SIGN_ENDPOINT. The message names the host, never the path or a user.
 */
export function parseEndpoint(
  text: string,
  serviceHosts: readonly HostPattern[],
  rules: EndpointRules,
  lookup: typeof systemLookup = systemLookup,
): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused('an endpoint that is no URL');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw refused(`the endpoint at ${url.host} with more than scheme, host and path`);
  }
  checkScheme(url, rules);
  checkHost(url, [...serviceHosts, ...(rules.allowedHosts ?? [])], rules);
  return { url, lookup: checkedLookup(url, rules, lookup) };
}

/** The endpoint of a metadata service: its fixed address, or a loopback address where those are allowed. */
export function metadataEndpoint(text: string, rules: EndpointRules): Endpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'http:' || !METADATA_ADDRESSES.has(url.hostname)) {
    return parseEndpoint(text, [], rules);
  }
  return { url, lookup: checkedLookup(url, rules, systemLookup) };
}

function checkScheme(url: URL, rules: EndpointRules): void {
  if (url.protocol === 'https:') return;
  if (url.protocol === 'http:' && rules.allowLoopbackHttp === true && isLoopback(url)) return;
  throw refused(
    `${url.protocol} to ${url.host}`,
    'use https:; http: is for a loopback address, where that is allowed explicitly',
  );
}

function checkHost(url: URL, allowed: readonly HostPattern[], rules: EndpointRules): void {
  const host = hostOf(url);
  if (isIP(host) !== 0 && !matchAddress(host, rules)) throw refusedAddress(url.host);
  if (isLoopback(url) && (rules.allowLoopbackHttp === true || rules.allowPrivateAddresses === true)) return;
  if (!allowed.some((pattern) => matchHost(host, pattern))) {
    throw refused(
      `${url.host} as an endpoint`,
      'it is not a host of this service; name it in allowedHosts of the key configuration if it is to be trusted',
    );
  }
}

/** Without brackets and the dot of the root, in lower case: `localhost.` is `localhost`. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$|\.$/g, '');
}

function isLoopback(url: URL): boolean {
  const host = hostOf(url);
  return host === 'localhost' || (isIP(host) !== 0 && isIn(LOOPBACK, host));
}

function matchHost(host: string, pattern: HostPattern): boolean {
  if (pattern instanceof RegExp) return pattern.test(host);
  return pattern === '*' || (pattern.startsWith('.') ? host.endsWith(pattern) : host === pattern);
}

/** Resolves a name once a connection; the connection goes to an address from this very answer, after all were checked. */
function checkedLookup(url: URL, rules: EndpointRules, lookup: typeof systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { all: true, family: options.family ?? 0 }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, []);
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => matchAddress(address, rules))) {
        return callback(refusedAddress(url.host), []);
      }
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

function refusedAddress(host: string): SignError {
  return refused(
    `${host}: a private, link-local or loopback address`,
    'set allowPrivateAddresses in the key configuration if the service is really there',
  );
}

function refused(what: string, hint?: string): SignError {
  return new SignError(
    'ERR_SIGN_ENDPOINT',
    `refused: ${what}; nothing was sent`,
    hint === undefined ? {} : { hint },
  );
}
