import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../peers.ts';
import { runProgram, type Peer } from './case.ts';
import { DANUBE } from '../repository.ts';
import { type Material } from './material.ts';

/** Without it the program asks for a library of languages that it does not need. */
const NO_LANGUAGES = { DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' };

function program(): string {
  const found = findProgram('Sarif.Multitool');
  if (found === undefined) throw new Error('Sarif.Multitool is missing');
  return found;
}

/** What the validator has against a log: a line each, of the rules of the schema and of the specification. */
function faults(path: string): string[] {
  const { output } = runProgram(program(), ['validate', path], NO_LANGUAGES);
  if (!output.includes('Analysis completed successfully.')) throw new Error(output);
  return output.split('\n').filter((line) => line.includes(': error '));
}

function validate(m: Material, name: string, artifact: string, verdict: number): void {
  const args = ['--provenance', m.bundlePath, '--public-key', m.publicKey, '--format', 'sarif', artifact];
  const { status, stdout } = runProgram(process.execPath, [DANUBE, 'provenance', 'verify', ...args]);
  if (status !== verdict) throw new Error(`exit code ${status}, not ${verdict}`);
  const path = join(m.folder, name);
  writeFileSync(path, stdout);
  const found = faults(path);
  if (found.length > 0) throw new Error(found.join('\n'));
}

/** The program of those who wrote the format. */
export const sarifMultitool: Peer = {
  name: 'Sarif.Multitool',
  source: 'npm package @microsoft/sarif-multitool-linux',
  version() {
    const found = findProgram('Sarif.Multitool');
    return found === undefined
      ? undefined
      : /^SARIF Multitool (\d+(?:\.\d+)+)/m.exec(runProgram(found, ['help'], NO_LANGUAGES).output)?.[1];
  },
  cases: [
    {
      what: 'finds no fault in our report of an acceptance, by schema and specification',
      run: (m) => {
        validate(m, 'accepted.sarif', m.artifact, 0);
      },
    },
    {
      what: 'finds no fault in our report of a rejection',
      run: (m) => {
        validate(m, 'rejected.sarif', m.tamperedArtifact, 1);
      },
    },
    {
      what: 'finds the fault of a log that has one',
      run: (m) => {
        const path = join(m.folder, 'bad.sarif');
        writeFileSync(
          path,
          JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: {} }, results: [] }] }),
        );
        if (!faults(path).some((line) => line.includes('name'))) throw new Error('it found none');
      },
    },
  ],
};
