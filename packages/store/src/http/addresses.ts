/** Addresses that nobody but the operator of a network may lead us to. */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { StoreError } from '../errors.ts';

/** IANA's special-purpose registries: nothing that is reachable for everybody is in them. */
const PRIVATE_IPV4 = blockList('ipv4', [
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
]);
/** Of IPv6 only global unicast is public; of it, what carries an IPv4 address inside or is for documents is not. */
const PRIVATE_IPV6 = blockList('ipv6', [
  '::/3',
  '4000::/2',
  '8000::/1',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

/** Whether an address is one that everybody can reach. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return family === 6 ? !PRIVATE_IPV6.check(address, 'ipv6') : !PRIVATE_IPV4.check(address, 'ipv4');
}

/** Connects to public addresses only: every address of a name is looked at, and one of these very addresses is used. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { all: true, family: options.family ?? 0 }, (error, addresses: LookupAddress[]) => {
    if (error !== null) return callback(error, []);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(privateAddress(hostname), []);
    }
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

export function privateAddress(host: string): StoreError {
  return new StoreError(
    'ERR_STORE_REFUSED',
    `${host} is a private, link-local or loopback address that another host leads to; nothing was sent`,
    { hint: 'allow the host explicitly if it belongs to the registry' },
  );
}
