import { APP, DOCS, hex } from './statements.ts';
import { vector, type Content, type Vector } from './vector.ts';

type Entries = readonly { readonly name: string; readonly digest: Readonly<Record<string, string>> }[];

function reads(name: string, description: string, input: Content, entries: Entries): Vector {
  const expect = { verdict: 'accepted', entries } as const;
  return vector(name, { description, kind: 'checksums', input: 'SUMS', expect }, { SUMS: input });
}

function refuses(
  name: string,
  description: string,
  input: Content,
  code: string = 'ERR_ARTIFACT_CHECKSUMS',
): Vector {
  const expect = { verdict: 'rejected', code } as const;
  return vector(name, { description, kind: 'checksums', input: 'SUMS', expect }, { SUMS: input });
}

const app256 = hex('sha256', APP.content);
const app512 = hex('sha512', APP.content);
const docs256 = hex('sha256', DOCS.content);
const app = { name: APP.name, digest: { sha256: app256 } };

/** Checksum files, as sha256sum and its relatives write them. */
export const CHECKSUMS_VECTORS: readonly Vector[] = [
  reads('gnu', 'Text and binary lines of sha256sum.', `${app256}  ${APP.name}\n${docs256} *${DOCS.name}\n`, [
    app,
    { name: DOCS.name, digest: { sha256: docs256 } },
  ]),
  reads(
    'bsd',
    'Lines that name their algorithm.',
    `SHA256 (${APP.name}) = ${app256}\nSHA512 (${APP.name}) = ${app512}\n`,
    [{ name: APP.name, digest: { sha256: app256, sha512: app512 } }],
  ),
  reads('sha512', 'The length of a digest tells its algorithm.', `${app512}  ${APP.name}\n`, [
    { name: APP.name, digest: { sha512: app512 } },
  ]),
  reads('escaped', 'A name with a line feed, escaped.', `\\${app256}  a\\nb\n`, [
    { name: 'a\nb', digest: { sha256: app256 } },
  ]),
  refuses('empty', 'No line at all: never "nothing to complain about".', ''),
  refuses('short-digest', 'A digest that is cut off.', `${app256.slice(1)}  ${APP.name}\n`),
  refuses('upper-case', 'A digest in upper case.', `${app256.toUpperCase()}  ${APP.name}\n`),
  refuses('md5', 'An algorithm that is not accepted.', `MD5 (${APP.name}) = ${hex('md5', APP.content)}\n`),
  refuses('two-digests', 'Two digests of one name.', `${app256}  ${APP.name}\n${docs256}  ${APP.name}\n`),
  refuses('no-name', 'A digest without a name.', `${app256}\n`),
  refuses('not-utf8', 'A name that is not UTF-8.', Buffer.from(`${app256}  \xff\n`, 'latin1')),
];
