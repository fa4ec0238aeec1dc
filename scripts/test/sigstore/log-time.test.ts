import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePublicKey } from '@danube/keys';
import { type LogRoot, parseTrustedRoot, verifyLogTimes } from '@danube/sigstore';
import { parseSigstoreBundle, type SigstoreBundle } from 'in-toto-attestation';
import { BUILDER, pem, type FixedKey } from '../../vectors/fixed-keys.ts';
import { keyedBundle, keylessBundle, SIGNED_AT, trustedRoot } from '../../vectors/sigstore-instance.ts';
import { statement } from '../../vectors/statements.ts';

const keyOf = ({ spki }: FixedKey): LogRoot['keys'][number] =>
  parsePublicKey(Buffer.from(pem('PUBLIC KEY', spki)));
const instance = { name: 'vectors', root: parseTrustedRoot(Buffer.from(JSON.stringify(trustedRoot()))) };
const ROOT: LogRoot = { instances: [instance], keys: [keyOf(BUILDER)] };

interface Json {
  verificationMaterial: { tlogEntries: Record<string, unknown>[] };
}

function parsed(bundle: object): SigstoreBundle {
  return parseSigstoreBundle(Buffer.from(JSON.stringify(bundle)));
}

/** A right bundle whose log entries are changed. */
function withEntries(change: (entry: Record<string, unknown>) => readonly object[]): SigstoreBundle {
  const bundle = keyedBundle(statement(), BUILDER) as Json;
  const tlogEntries = bundle.verificationMaterial.tlogEntries.flatMap(change);
  return parsed({ ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries } });
}

const NOTHING = { times: [], problems: [] };

describe('verifyLogTimes', () => {
  it('takes the time that a log promised', () => {
    const time = new Date(SIGNED_AT);
    const proven = { by: 'transparency-log', name: 'vectors', time };
    assert.deepEqual(verifyLogTimes(parsed(keyedBundle(statement(), BUILDER)), ROOT), {
      times: [proven],
      problems: [],
    });
  });

  it('looks at no entry of a log that is not named, and at none of a certificate’s', () => {
    const bundle = parsed(keyedBundle(statement(), BUILDER));
    assert.deepEqual(verifyLogTimes(bundle, { ...ROOT, instances: [] }), NOTHING);
    assert.deepEqual(verifyLogTimes(parsed(keylessBundle(statement())), ROOT), NOTHING);
  });

  it('looks at no entry that names no log', () => {
    const unnamed = withEntries((entry) => [{ ...entry, logId: undefined }]);
    assert.deepEqual(verifyLogTimes(unnamed, ROOT), NOTHING);
  });

  it('knows each log of each instance of a root', () => {
    const bundle = parsed(keyedBundle(statement(), BUILDER));
    const ours = trustedRoot() as { readonly tlogs: readonly object[]; readonly ctlogs: readonly object[] };
    const elsewhere = { ...ours, tlogs: ours.ctlogs };
    for (const documents of [
      [{ ...ours, tlogs: [...ours.tlogs, ...ours.ctlogs] }],
      [{ ...ours, tlogs: [...ours.ctlogs, ...ours.tlogs] }],
      [ours, elsewhere],
      [elsewhere, ours],
    ]) {
      const lines = documents.map((document) => JSON.stringify(document)).join('\n');
      const instances = [{ name: 'several', root: parseTrustedRoot(Buffer.from(lines)) }];
      const { times, problems } = verifyLogTimes(bundle, { ...ROOT, instances });
      assert.deepEqual([times.length, problems.length], [1, 0]);
    }
  });

  it('says of an entry whose body is something else that it proves nothing', () => {
    for (const body of ['', '{', '[]', '{"a":1,"a":2}', '{"apiVersion":"0.0.1","kind":"dsse","spec":{}}']) {
      const canonicalizedBody = Buffer.from(body).toString('base64');
      const found = verifyLogTimes(
        withEntries((entry) => [{ ...entry, canonicalizedBody }]),
        ROOT,
      );
      assert.deepEqual([found.times.length, found.problems.length], [0, 1], body);
    }
    const kindVersion = { kind: 'helm', version: '0.0.1' };
    const unknown = withEntries((entry) => [{ ...entry, kindVersion }]);
    assert.match(verifyLogTimes(unknown, ROOT).problems[0] ?? '', /helm\/0\.0\.1 is not known/);
  });

  it('judges each entry by itself', () => {
    const two = withEntries((entry) => [{ ...entry, integratedTime: '1' }, entry]);
    const { times, problems } = verifyLogTimes(two, ROOT);
    assert.deepEqual([times.length, problems.length], [1, 1]);
  });
});
