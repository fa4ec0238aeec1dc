/**
 * Runs the commands in the documents, each document in an empty folder of its own.
 *
 *   npm run transcripts              writes what they print into the documents
 *   npm run transcripts -- --check   exits 1 where a document says something else
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { ROOT } from './repository.ts';
import { DOCUMENTS, matchOutput, replaceOutput, runDocument } from './transcript.ts';

const { check } = readArguments('transcripts', {
  options: { check: { type: 'boolean', default: false } },
}).values;
for (const name of DOCUMENTS) {
  const home = mkdtempSync(join(tmpdir(), 'danube-transcript-'));
  try {
    const before = readFileSync(join(ROOT, name), 'utf8');
    const wrong = runDocument(before, home).filter(
      ({ command, actual }) => !matchOutput(command.output, actual),
    );
    for (const { command, actual } of wrong) {
      console.log(
        `${name}:${command.line}: $ ${command.command}\n${actual.join('\n').replaceAll(/^/gm, '    ')}`,
      );
    }
    if (!check && wrong.length > 0) writeFileSync(join(ROOT, name), replaceOutput(before, wrong));
    if (check && wrong.length > 0) process.exitCode = 1;
    console.log(`${name}: ${wrong.length === 0 ? 'true' : check ? 'not true' : 'written'}`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
