import { DocumentError, lintPolicy, parsePolicyDocument, toPolicy } from '@danube/verifier/documents';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readInput } from '../file.ts';
import { POLICY_BYTES } from '../provenance/policies.ts';
import { print, printable, printJson } from '../terminal.ts';
import type { LintOptions } from './lint.ts';

interface Finding {
  readonly path: string;
  readonly severity: 'error' | 'warning';
  readonly pointer: string;
  readonly message: string;
}

/** Tells mistakes and open ends of policies. */
export function lintPolicies(paths: readonly string[], { format, strict }: LintOptions): ExitCode {
  const names = new Map<string, string>();
  const findings = paths.flatMap((path) => lintFile(path, names));
  if (format === 'json') printJson({ findings });
  else print([...findings.map(describe), summarize(paths.length, findings)].join('\n'));
  return findings.some(({ severity }) => strict === true || severity === 'error') ? EXIT.rejected : EXIT.ok;
}

function lintFile(path: string, names: Map<string, string>): Finding[] {
  const bytes = readInput(path, POLICY_BYTES);
  try {
    const document = parsePolicyDocument(bytes);
    toPolicy(document);
    const { name } = document.metadata;
    const other = names.get(name);
    names.set(name, path);
    return [
      ...(other === undefined
        ? []
        : [error(path, '/metadata/name', `${other} is called ${name} as well: they cannot go together`)]),
      ...lintPolicy(document).map((each): Finding => ({ path, severity: 'warning', ...each })),
    ];
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause;
    return [error(path, cause.pointer, cause.message)];
  }
}

function error(path: string, pointer: string, message: string): Finding {
  return { path, severity: 'error', pointer, message };
}

function describe({ path, severity, pointer, message }: Finding): string {
  const place = message.startsWith(pointer) ? '' : ` ${pointer}:`;
  return printable(`${severity.padEnd(7)}  ${path}:${place} ${message}`);
}

function summarize(files: number, findings: readonly Finding[]): string {
  const count = (wanted: string): number => findings.filter(({ severity }) => severity === wanted).length;
  return `${files} file(s), ${count('error')} error(s), ${count('warning')} warning(s)`;
}
