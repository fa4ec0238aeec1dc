import { DANUBE } from '../../repository.ts';
import { runProgram } from '../case.ts';
import { ACCEPTS, type Answer, rejects } from './table.ts';

interface Report {
  readonly artifacts: readonly {
    readonly attestations: readonly {
      readonly checks: readonly { readonly id: string; readonly status: string }[];
    }[];
  }[];
}

/** Our command's answer: the checks that failed, or what it says of a call that it refuses. */
export function danubeAnswer(args: readonly string[], folder: string): Answer {
  const ran = runProgram(process.execPath, [DANUBE, 'provenance', 'verify', ...args, '--format', 'json']);
  if (ran.status === 0) return ACCEPTS;
  if (ran.status === 2) return rejects((ran.output.split('\n')[0] ?? '').replaceAll(`${folder}/`, ''));
  if (ran.status !== 1) throw new Error(`danube: exit code ${ran.status}\n${ran.output}`);
  const { artifacts } = JSON.parse(ran.stdout) as Report;
  const checks = artifacts.flatMap(({ attestations }) => attestations.flatMap(({ checks }) => checks));
  const failed = checks.filter(({ status }) => status === 'fail');
  return rejects([...new Set(failed.map(({ id }) => id))].join(', '));
}
