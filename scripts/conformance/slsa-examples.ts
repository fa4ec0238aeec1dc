import { isJsonObject, parseJson, type JsonValue } from 'in-toto-attestation';
import { attempt, describeAttempt, type Attempt } from './attempt.ts';
import { readerFor } from './attestation-document.ts';
import type { Source, VectorFolder } from './folder.ts';
import { compare, notApplicable, type Outcome } from './outcome.ts';
import { fillPlaceholders } from './placeholders.ts';

const NOT_AN_ATTESTATION = 'a schema, a layout or a fragment, no attestation';
const INCOMPLETE = 'test data that leaves out runDetails or its builder, which the specification requires';
const OFFSET = 'a time with an offset, where the specification demands UTC with Z';

/** Example predicates and statements of SLSA's own pages and of projects that write SLSA provenance. */
export const slsaExamples: VectorFolder = {
  name: 'slsa-examples',
  exceptions: [NOT_AN_ATTESTATION, INCOMPLETE, OFFSET],
  judge,
};

function* judge(source: Source): Generator<Outcome> {
  for (const path of source.files) {
    if (path.endsWith('/SOURCE') || path === 'SOURCE') continue;
    if (path.endsWith('.json')) yield judgeDocument(path, source.bytes(path), isNegative(source, path));
    else yield notApplicable(path, NOT_AN_ATTESTATION);
  }
}

/** The folder's SOURCE says so when its example must not be accepted. */
function isNegative(source: Source, path: string): boolean {
  const folders = path.split('/').map((_, depth, names) => names.slice(0, depth).join('/'));
  const notes = folders.map((folder) => (folder === '' ? 'SOURCE' : `${folder}/SOURCE`));
  return notes.some((note) => source.files.includes(note) && /\bNEGATIVE example\b/.test(source.text(note)));
}

function judgeDocument(path: string, bytes: Uint8Array, negative: boolean): Outcome {
  const parsed = attempt(() => fillPlaceholders(parseJson(bytes)));
  if (parsed.verdict !== 'accepted') return compare(path, 'accepted', describeAttempt(parsed));
  const { value } = parsed;
  const read = readerFor(value);
  if (read === undefined || !isJsonObject(value)) return notApplicable(path, NOT_AN_ATTESTATION);
  const end = attempt(() => read(value));
  if (negative)
    return compare(path, 'rejected', end.verdict === 'rejected' ? 'rejected' : describeAttempt(end));
  const exception = exceptionFor(end, value);
  return exception === undefined
    ? compare(path, 'accepted', describeAttempt(end))
    : notApplicable(path, exception);
}

function exceptionFor(end: Attempt<void>, value: JsonValue): string | undefined {
  if (end.verdict !== 'rejected') return undefined;
  if (end.code === 'ERR_MISSING' && /\/(?:runDetails|runDetails\/builder)$/.test(end.pointer))
    return INCOMPLETE;
  const offset = JSON.stringify(value).match(/"\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d"/);
  return end.code === 'ERR_VALUE' && end.pointer.endsWith('On') && offset ? OFFSET : undefined;
}
