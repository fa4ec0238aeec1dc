import { type Comparison, type Difference, compareBuilds } from '@danube/verifier';
import {
  MalformedError,
  PROVENANCE_V02,
  PROVENANCE_V1,
  parseAttestations,
  parseStatement,
  type Statement,
} from 'in-toto-attestation';
import { CliError, EXIT, type ExitCode } from '../exit-code.ts';
import { paint, print, printable, printJson, STDOUT } from '../terminal.ts';
import { readEvidence } from './evidence-files.ts';

/** Prints what differs between the builds of two files. */
export function diffFiles(a: string, b: string, format: 'text' | 'json'): ExitCode {
  const comparison = compareBuilds(readProvenance(a), readProvenance(b));
  if (format === 'json') printJson({ verified: false, a, b, ...comparison });
  else print(describeComparison(comparison));
  return comparison.differences.every(({ group }) => group === 'run') ? EXIT.ok : EXIT.rejected;
}

/**
 * The only provenance in a file.
 *
 * @throws CliError ERR_EVIDENCE, ERR_IO
 */
export function readProvenance(path: string): Statement {
  const { bytes } = readEvidence(path);
  try {
    const statements = parseAttestations(bytes).attestations.map((entry) => {
      if ('error' in entry) throw entry.error;
      return parseStatement(entry.envelope.payload);
    });
    const builds = statements.filter(({ predicateType }) => TYPES.includes(predicateType));
    const [only, ...others] = builds;
    if (only !== undefined && others.length === 0) return only;
    throw new CliError('ERR_EVIDENCE', `${path} holds ${builds.length} provenances, expected one`);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new CliError('ERR_EVIDENCE', `${path}: ${error.message}`, { cause: error });
  }
}

const TYPES: readonly string[] = [PROVENANCE_V1, PROVENANCE_V02];

function describeComparison({ differences, sameInputs, sameOutputs }: Comparison): string {
  const lines = [`${paint(STDOUT, 'yellow', 'UNVERIFIED')}: anyone can write such files`];
  let group = '';
  for (const difference of differences) {
    if (difference.group !== group) lines.push(`${(group = difference.group)}:`);
    lines.push(...describeDifference(difference));
  }
  return [...lines, conclude(sameInputs, sameOutputs)].join('\n');
}

function describeDifference({ name, a, b }: Difference): string[] {
  return [
    `  ${printable(name)}`,
    ...(a === null ? [] : [`    - ${printable(a)}`]),
    ...(b === null ? [] : [`    + ${printable(b)}`]),
  ];
}

function conclude(sameInputs: boolean, sameOutputs: boolean): string {
  if (!sameInputs) return `other inputs, ${sameOutputs ? 'the same outputs' : 'other outputs'}`;
  return sameOutputs
    ? 'the same inputs, the same outputs: reproduced'
    : 'the same inputs, other outputs: not reproducible';
}
