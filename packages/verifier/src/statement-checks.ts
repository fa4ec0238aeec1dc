import type { Expected } from './expectations.ts';
import { fail, malformed, notRun, pass } from './finding.ts';
import { PROVENANCE_TYPES } from './opening.ts';
import type { Finding } from './report.ts';
import type { Context } from './context.ts';

/** Are the verified bytes an in-toto statement? */
export function statementFormat({ opened: { statement } }: Context): Finding {
  const expected = 'an in-toto statement';
  if (statement.reached) return pass({ expected, actual: statement.value._type, pointer: '/_type' });
  return statement.error === undefined ? notRun(statement.reason) : malformed(expected, statement.error);
}

/** Is it the kind of attestation that was asked for? Type URIs are compared as opaque strings. */
export function predicateType({ opened: { statement }, expected }: Context): Finding {
  if (!statement.reached) return notRun(statement.reason);
  const types = demandedTypes(expected);
  const actual = statement.value.predicateType;
  const result = { expected: expected.predicateType ?? ANY_PROVENANCE, actual, pointer: '/predicateType' };
  return types.includes(actual) ? pass(result) : fail(result);
}

const ANY_PROVENANCE = PROVENANCE_TYPES.join(' or ');

/** The predicate types of which one will do. */
export function demandedTypes({ predicateType: type }: Expected): readonly string[] {
  return type === undefined ? PROVENANCE_TYPES : [type];
}

/** Whether the caller wants SLSA provenance, and not another predicate. */
export function provenanceDemanded({ predicateType }: Expected): boolean {
  return predicateType === undefined || PROVENANCE_TYPES.includes(predicateType);
}

/** Has the predicate the fields of SLSA provenance? */
export function predicateFormat({ opened: { statement, build } }: Context): Finding {
  if (!statement.reached) return notRun(statement.reason);
  const expected = 'SLSA provenance';
  const { predicateType } = statement.value;
  if (build.reached) return pass({ expected, actual: predicateType, pointer: '/predicate' });
  if (build.error !== undefined) return malformed(expected, build.error);
  return notRun(`the predicate is not provenance, and ${predicateType} is not looked into`);
}
