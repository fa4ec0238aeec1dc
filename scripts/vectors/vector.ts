import type { Case } from './case-format.ts';

/** The bytes of a file of a case: text is UTF-8. */
export type Content = string | Uint8Array;

/** One case as the writer makes it: its folder below test-vectors/, its `case.json`, and the files beside that. */
export interface Vector {
  /** `<kind>/<name>`; the name ends in `_fail` exactly when the case must be rejected. */
  readonly folder: string;
  readonly case: Case;
  readonly files: Readonly<Record<string, Content>>;
}

/** A case in the folder of its kind, named by its verdict. */
export function vector(name: string, content: Case, files: Readonly<Record<string, Content>> = {}): Vector {
  const suffix = content.expect.verdict === 'accepted' ? '' : '_fail';
  return { folder: `${content.kind}/${name}${suffix}`, case: content, files };
}

/** JSON as it is written into vectors: indented, one line feed at the end. */
export function encodeText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
