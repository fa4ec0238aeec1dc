import { envelope } from './dsse.ts';
import { AUDITOR, BUILDER } from './fixed-keys.ts';
import { parses, refusesParsing } from './parse-case.ts';
import { PAYLOAD, SIGNED } from './signed.ts';
import { APP, BUILDER_ID, FINISHED_ON, SOURCE_URI } from './statements.ts';
import { encodeText, type Vector } from './vector.ts';
import { accepts, KEYS, rejects, type Verification } from './verify-case.ts';

type Part = Record<string, unknown>;

/** What the build of the cases would be locked as. */
const ENTRY: Part = {
  builder: BUILDER_ID,
  source: SOURCE_URI,
  level: null,
  signers: [BUILDER.keyid],
  finishedOn: FINISHED_ON,
};

function lock(entry: Part = {}, name = 'app-*.tgz', parts: Part = {}): Part {
  return {
    apiVersion: 'danube.dev/v1',
    kind: 'ProvenanceLock',
    artifacts: { [name]: { ...ENTRY, ...entry } },
    ...parts,
  };
}

/** The build of the cases, held against what was locked. */
function by(
  description: string,
  document: Part,
  { evidence = SIGNED, expect = {} }: { readonly evidence?: object; readonly expect?: object } = {},
): Verification {
  return {
    description,
    evidence: { 'provenance.json': evidence },
    files: { [APP.name]: APP.content, 'provenance.lock': encodeText(document) },
    expectations: { lockfile: 'provenance.lock', ...expect },
  };
}

const TRUSTED = { publicKeys: [], plainTrustRoot: '../../keys/trust-root-plain.json' } as const;
const PASSES = [{ id: 'downgrade', status: 'pass' }] as const;

/** The build beside two lockfiles, of which one is asked. */
function byOther(description: string, lockfile: string): Verification {
  const input = by(description, lock());
  const newer = encodeText(lock({ finishedOn: '2027-01-01T00:00:00Z' }));
  return { ...input, files: { ...input.files, 'newer.lock': newer }, expectations: { lockfile } };
}

const CHECK_VECTORS: readonly Vector[] = [
  accepts('lock', by('The build is what was locked.', lock()), PASSES),
  accepts('lock-asked', byOther('The lockfile that is asked.', 'provenance.lock'), PASSES),
  rejects('lock-asked', byOther('Another lockfile is asked.', 'newer.lock'), ['downgrade']),
  accepts(
    'lock-newer',
    by('The build is newer than what was locked.', lock({ finishedOn: '2026-01-09T00:00:00Z' })),
    PASSES,
  ),
  accepts(
    'lock-level',
    by('The Build level is the locked one.', lock({ level: 2 }), { expect: TRUSTED }),
    PASSES,
  ),
  accepts(
    'lock-more-signers',
    by('Another key signed as well.', lock(), {
      evidence: envelope(PAYLOAD, [BUILDER, AUDITOR]),
      expect: { publicKeys: [KEYS.builder, KEYS.auditor] },
    }),
    PASSES,
  ),
  rejects('lock-other-name', by('Nothing of this name was locked.', lock({}, 'lib-*.tgz')), ['downgrade']),
  rejects('lock-name-prefix', by('A name that begins alike is another name.', lock({}, 'app-*.tg')), [
    'downgrade',
  ]),
  rejects('lock-builder', by('Another builder was locked.', lock({ builder: `${BUILDER_ID}/` })), [
    'downgrade',
  ]),
  rejects('lock-source', by('Another source was locked.', lock({ source: `${SOURCE_URI}-2` })), [
    'downgrade',
  ]),
  rejects('lock-source-unknown', by('No source was locked.', lock({ source: null })), ['downgrade']),
  rejects(
    'lock-level-lower',
    by('A higher Build level was locked.', lock({ level: 3 }), { expect: TRUSTED }),
    ['downgrade'],
  ),
  rejects(
    'lock-level-unknown',
    by('A Build level was locked, and no trust root is given.', lock({ level: 1 })),
    ['downgrade'],
  ),
  rejects(
    'lock-signer',
    by('A key that was locked did not sign.', lock({ signers: [BUILDER.keyid, AUDITOR.keyid] })),
    ['downgrade'],
  ),
  rejects('lock-older', by('A newer build was locked.', lock({ finishedOn: '2026-01-10T12:36:03Z' })), [
    'downgrade',
  ]),
];

function refusesLock(name: string, description: string, document: Part, pointer: string): Vector {
  return refusesParsing('lock', name, description, document, 'ERR_LOCK', pointer);
}

export const LOCK_VECTORS: readonly Vector[] = [
  ...CHECK_VECTORS,
  parses('lock', 'plain', 'A lockfile of one artifact.', lock()),
  refusesLock('empty', 'A lockfile that locks nothing.', lock({}, 'a', { artifacts: {} }), '/artifacts'),
  refusesLock(
    'misspelt',
    'A field that the format does not have.',
    lock({ signer: 'x' }, 'a'),
    '/artifacts/a/signer',
  ),
  refusesLock(
    'no-signers',
    'An entry that anybody could have signed.',
    lock({ signers: [] }, 'a'),
    '/artifacts/a/signers',
  ),
  refusesLock('level-0', 'A level of 0 is none.', lock({ level: 0 }, 'a'), '/artifacts/a/level'),
];
