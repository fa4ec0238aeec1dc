import type { Peer } from './case.ts';
import { TABLES } from './matrix/all.ts';
import { encodeTables, TABLES_HEADING } from './matrix/page.ts';
import type { Recorded } from './matrix/recorded.ts';

export interface Outcome {
  readonly peer: Pick<Peer, 'name' | 'source'>;
  readonly version: string | undefined;
  readonly what: string;
  /** `ok`, or a text that begins with `FAILED` or `not run`. */
  readonly result: string;
}

const HEAD = `# Interoperability

What other projects' tools make of our files, keys and signatures, and we of theirs. Written by \`npm run interop --
--record\`; \`npm run interop\` tries it again, and so does \`.ci/run\`. A refusal counts only when the tool gives the
reason that was provoked.

| tool | from | version | what it does | outcome |
| ---- | ---- | ------- | ------------ | ------- |
`;

const TAIL = `
## Known limits

None of them is ours to change:

- **cosign and Ed25519.** cosign verifies pure Ed25519, which is what we write, but signs with Ed25519ph, which neither it
  nor we verify in an envelope. Its own attestations are therefore tried with ECDSA P-256, its default.
- **openssl and encrypted keys.** Ours are made slow to guess by scrypt with 128 MiB. The \`openssl\` command stops at 32 MiB,
  and has no option to allow more. \`danube keys generate --derivation pbkdf2\` makes one that it opens.
- **slsa-verifier** takes no public key for provenance: it accepts certificates of GitHub and Google Cloud Build only, and
  provenance v1 of a closed list of builders. Whom to trust it asks Sigstore's TUF repository, by a root that is built in and that
  no option or variable replaces; without the network it ends with \`tuf refresh failed\`. What the tables have of it is therefore
  said by a program that \`.ci/peers\` builds of the same code with another root. For images it takes the cache that
  \`cosign initialize\` writes, and is the released program. An envelope without a bundle it looks up in the
  live log, which is not asked here; what it says of its own cases is compared by the conformance run
  ([conformance.md](conformance.md)). It reads our verification summaries.
- **The \`sigstore\` client for npm** offers no way to turn its timestamp threshold off; \`@sigstore/verify\`, below it, does.
`;

/** The page of outcomes. Nothing in it depends on when or where it was written. */
export function encodeOutcomes(outcomes: readonly Outcome[], recorded: Recorded): string {
  const rows = outcomes.map(({ peer, version, what, result }) => {
    const cells = [peer.name, peer.source, version ?? '-', what, result.split('\n')[0] ?? ''];
    return `| ${cells.join(' | ')} |\n`;
  });
  return `${HEAD}${rows.join('')}${encodeTables(TABLES, recorded)}${TAIL}`;
}

/** The page with other tables; the outcomes before them stay. */
export function replaceTables(page: string, recorded: Recorded): string {
  const begin = page.indexOf(TABLES_HEADING);
  const end = page.indexOf(TAIL);
  if (begin < 0 || end < begin) throw new Error('docs/interop.md has no tables: write all of it');
  return page.slice(0, begin) + encodeTables(TABLES, recorded) + page.slice(end);
}
