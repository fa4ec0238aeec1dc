import { draftPolicy, encodePolicy, parsePolicy } from '@danube/verifier/documents';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { writeOutput } from '../file.ts';
import { readEvidence } from '../provenance/evidence-files.ts';
import { readProvenance } from '../provenance/diffing.ts';
import { printReport } from '../provenance/report.ts';
import type { InitOptions } from './init.ts';
import { judgeFiles, readTrust } from './judging.ts';

/** Writes the policy that this build, and the next like it, satisfies. */
export async function initPolicy(options: InitOptions): Promise<ExitCode> {
  const { from, name, output, buildLevel } = options;
  const statement = readProvenance(from);
  const trust = await readTrust(options);
  const files = [readEvidence(from)];
  const report = await judgeFiles(files, 'provenance-only', trust, new Date());
  if (report.verdict !== 'accepted') {
    printReport(report, [], 'text');
    return EXIT.rejected;
  }
  const text = encodePolicy(draftPolicy(statement, name, buildLevel));
  // It must mean something, and accept what it was made of.
  const policies = [parsePolicy(new TextEncoder().encode(text))];
  const judged = await judgeFiles(files, 'provenance-only', { ...trust, policies }, new Date());
  if (judged.verdict !== 'accepted') {
    printReport(judged, [], 'text');
    return EXIT.rejected;
  }
  writeOutput(output, text);
  return EXIT.ok;
}
