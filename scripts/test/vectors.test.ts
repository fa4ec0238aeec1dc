import { describe, it } from 'node:test';
import type { Case } from '../vectors/case-format.ts';
import { casesOf, type StoredCase } from './vectors/cases.ts';
import { judgeBuild, judgeSecrets, judgeSign } from './vectors/judge-attesting.ts';
import {
  judgeChecksums,
  judgeImageReference,
  judgeKeyBytes,
  judgeParse,
  judgeSignature,
} from './vectors/judge-bytes.ts';
import { judgeKeyFile, judgeKeyPair, judgeOciLayout, judgeStore, judgeTree } from './vectors/judge-files.ts';
import { verifyByCommand } from './vectors/verify-by-command.ts';
import { verifyByLibrary } from './vectors/verify-by-library.ts';

/** A suite of the cases of one kind, each by its own test. */
function suite<Kind extends Case['kind']>(
  kind: Kind,
  judge: (stored: StoredCase<Kind>) => void | Promise<void>,
): void {
  describe(`test-vectors/${kind}`, () => {
    for (const stored of casesOf(kind)) it(titleOf(stored), () => judge(stored));
  });
}

function titleOf({ name, content }: { readonly name: string; readonly content: Case }): string {
  return `${name}: ${content.description}`;
}

suite('parse', judgeParse);
suite('key', (stored) => (stored.content.file === undefined ? judgeKeyBytes(stored) : judgeKeyFile(stored)));
suite('key-file', judgeKeyPair);
suite('signature', judgeSignature);
suite('sign', judgeSign);
suite('build', judgeBuild);
suite('tree', judgeTree);
suite('checksums', judgeChecksums);
suite('oci-layout', judgeOciLayout);
suite('image-reference', judgeImageReference);
suite('store', judgeStore);
suite('secrets', judgeSecrets);
suite('verify', verifyByLibrary);

describe('test-vectors/verify, by the command', { concurrency: 2 }, () => {
  // Nothing sets the clock of the command.
  for (const stored of casesOf('verify').filter(({ content }) => content.now === undefined)) {
    it(titleOf(stored), () => verifyByCommand(stored));
  }
});
