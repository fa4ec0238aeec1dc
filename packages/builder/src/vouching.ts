import { isJsonArray, isJsonObject, joinPointer, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { compareText, withoutUndefined } from './json-object.ts';

/** The extension of `runDetails.metadata` in provenance that holds {@link Vouching}, with pointers into the predicate. */
export const VOUCHING_FIELD = 'danube_vouching';

/** Who says that a fact is so: the control plane saw it, or the tenant supplied it and nobody checked. */
export type Voucher = 'controlPlane' | 'tenant';

/**
 * Who vouches for which facts of a document, by JSON pointers (RFC 6901) into it. The longest pointer that leads to a fact
 * decides; what no pointer leads to is supplied by the tenant.
 */
export interface Vouching {
  readonly controlPlane?: readonly string[];
  readonly tenant?: readonly string[];
}

/** Answers for one {@link Vouching}, however many facts are asked about. */
export interface VouchingIndex {
  /** Who vouches for a fact and everything in it: the control plane only when it vouches for all of that. */
  voucherOf(pointer: string): Voucher;
}

/** Prepares {@link Vouching} for questions. */
export function indexVouching({ controlPlane = [], tenant = [] }: Vouching): VouchingIndex {
  const marks = new Map<string, Voucher>([
    ...controlPlane.map((pointer) => [pointer, 'controlPlane'] as const),
    ...tenant.map((pointer) => [pointer, 'tenant'] as const),
  ]);
  const aboveTenant = new Set(tenant.flatMap(ancestors));
  return {
    voucherOf: (pointer) => {
      const nearest = [pointer, ...ancestors(pointer)].find((candidate) => marks.has(candidate));
      if (nearest === undefined || aboveTenant.has(pointer)) return 'tenant';
      return marks.get(nearest) ?? 'tenant';
    },
  };
}

/** The pointers to what a value lies in, the innermost first, the whole document last. */
function ancestors(pointer: string): string[] {
  const found: string[] = [];
  for (let end = pointer.lastIndexOf('/'); end >= 0; end = pointer.lastIndexOf('/', end - 1)) {
    found.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return found;
}

/**
 * What a value of a predicate is made of: pointers into the record, all of which the control plane must vouch for. A list of
 * several means that the same value was found in several ways, one of which is enough.
 */
export type Origins = ReadonlyMap<string, readonly (readonly string[])[]>;

/**
 * Who vouches for the values of a predicate, as pointers into it, as few as say it all.
 *
 * @param origins by pointer into the predicate; a value below one without its own entry comes from the same place, and a
 * value without any is the tenant's.
 */
export function markPredicate(predicate: JsonObject, origins: Origins, record: VouchingIndex): Vouching {
  const marks = markValue(predicate, '', [], origins, record);
  const listed = [['', marks.voucher] as const, ...marks.exceptions];
  const of = (voucher: Voucher): string[] =>
    listed.flatMap(([pointer, found]) => (found === voucher ? [pointer] : [])).sort(compareText);
  return { controlPlane: of('controlPlane'), tenant: of('tenant') };
}

interface Marks {
  /** Who vouches for the value, but for the exceptions below it. */
  readonly voucher: Voucher;
  readonly exceptions: readonly (readonly [pointer: string, voucher: Voucher])[];
}

function markValue(
  value: JsonValue,
  pointer: string,
  inherited: readonly (readonly string[])[],
  origins: Origins,
  record: VouchingIndex,
): Marks {
  const own = origins.get(pointer) ?? inherited;
  const members = isJsonArray(value)
    ? value.map((item, index) => [String(index), item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  if (members.length === 0) {
    const isSeen = own.some(
      (facts) => facts.length > 0 && facts.every((fact) => record.voucherOf(fact) === 'controlPlane'),
    );
    return { voucher: isSeen ? 'controlPlane' : 'tenant', exceptions: [] };
  }
  const children = members.map(([key, member]) => {
    const below = joinPointer(pointer, key);
    return [below, markValue(member, below, own, origins, record)] as const;
  });
  const seen = children.filter(([, { voucher }]) => voucher === 'controlPlane').length;
  const voucher = seen * 2 > children.length ? 'controlPlane' : 'tenant';
  const exceptions = children.flatMap(([below, marks]) => [
    ...(marks.voucher === voucher ? [] : [[below, marks.voucher] as const]),
    ...marks.exceptions,
  ]);
  return { voucher, exceptions };
}

/** {@link Vouching} as it stands in a predicate: lists that are empty are left out. */
export function describeVouching({ controlPlane = [], tenant = [] }: Vouching): JsonObject {
  return withoutUndefined({
    controlPlane: controlPlane.length === 0 ? undefined : controlPlane,
    tenant: tenant.length === 0 ? undefined : tenant,
  });
}
