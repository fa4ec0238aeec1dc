import type { Statement } from 'in-toto-attestation';
import type { Context } from '../../context.ts';
import { ExpectationError } from '../../errors.ts';
import { fail, notRun, pass } from '../../finding.ts';
import type { ArtifactInput } from '../../matching.ts';
import type { AskPolicies, Judgement, Policy } from '../../policy.ts';
import type { Check, Finding } from '../../report.ts';
import { vouchedLevel } from '../../trust-checks.ts';
import { neighboursOf } from './neighbours.ts';
import { parsePackage } from './selectors.ts';

/**
 * Asks every policy that is about the artifact; all of them have to be satisfied. Provenance that is judged without an
 * artifact stands for all its subjects: a policy must be about each of them.
 *
 * @throws {ExpectationError} for two policies of one name, and for one that demands a Build level without a trust root.
 */
export const askPolicies: AskPolicies = (policies, context): Judgement | undefined => {
  checkTogether(policies, context);
  if (context.found.kind === 'missing') return undefined;
  const artifacts = artifactsOf(context);
  if (artifacts === undefined) return { findings: { 'policy.match': notRun(reasonOf(context)) }, rules: [] };
  const pairs = artifacts.map((artifact) => ({ artifact, policies: select(policies, artifact) }));
  const checks = worstOfEach(
    pairs.flatMap((pair) => pair.policies.flatMap((policy) => ask(policy, pair.artifact, context))),
  );
  const rules = checks.filter(({ id }) => id.startsWith('policy.rule:'));
  const shared = checks.filter((check) => !rules.includes(check)).map((check) => [check.id, check]);
  return { findings: { 'policy.match': policyMatch(pairs, policies), ...Object.fromEntries(shared) }, rules };
};

/** What is judged: the artifact, or everything that trusted provenance without an artifact is about. */
export function artifactsOf({ found, opened }: Context): readonly ArtifactInput[] | undefined {
  return found.kind === 'artifact' ? [found.artifact] : subjectsOf(opened.statement);
}

/** Lists that were looked at: the same one serves every attestation of a verification. */
const CHECKED = new WeakSet<readonly Policy[]>();

function checkTogether(policies: readonly Policy[], { expected: { trustRoot } }: Context): void {
  const demanding = policies.find(({ needsTrustRoot }) => needsTrustRoot);
  if (demanding !== undefined && trustRoot === undefined) {
    throw new ExpectationError('policies', `${demanding.name} demands a Build level, which needs trustRoot`);
  }
  if (CHECKED.has(policies)) return;
  const names = policies.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ExpectationError('policies', `there are two policies called ${twice}`);
  CHECKED.add(policies);
}

function select(policies: readonly Policy[], artifact: ArtifactInput): readonly Policy[] {
  return policies.filter((policy) => policy.select(artifact));
}

/** What the subjects of a statement are called; only one that the caller's keys signed. */
function subjectsOf(statement: Context['opened']['statement']): readonly ArtifactInput[] | undefined {
  return statement.reached ? statement.value.subject.map(toArtifact) : undefined;
}

function toArtifact({ name = '', uri, digest }: Statement['subject'][number]): ArtifactInput {
  const purl = [name, uri].find((text) => text !== undefined && parsePackage(text) !== undefined);
  return { name, digest, ...(purl === undefined ? {} : { packageUrl: purl }) };
}

function reasonOf({ opened: { statement } }: Context): string {
  return statement.reached ? 'there is nothing to select by' : statement.reason;
}

interface Pair {
  readonly artifact: ArtifactInput;
  readonly policies: readonly Policy[];
}

/** Is a policy about the artifact? What nobody thought of is not accepted. */
function policyMatch(pairs: readonly Pair[], policies: readonly Policy[]): Finding {
  const unmatched = pairs.find((pair) => pair.policies.length === 0);
  const expected = 'a policy that is about this artifact';
  const names = policies.map(({ name }) => name).join(', ');
  if (unmatched !== undefined || pairs.length === 0) {
    return fail({
      expected,
      actual: `none of ${names} is about ${unmatched?.artifact.name ?? 'anything here'}`,
      hint: 'Write a policy that selects it, or add it to `artifacts` of one.',
    });
  }
  const matched = new Set(pairs.flatMap((pair) => pair.policies.map(({ name }) => name)));
  return pass({ expected, actual: [...matched].join(', ') });
}

function ask(policy: Policy, artifact: ArtifactInput, context: Context): readonly Check[] {
  const { opened, found, now } = context;
  if (
    opened.payload.reached &&
    opened.statement.reached &&
    opened.build.reached &&
    found.kind !== 'missing'
  ) {
    return policy.judge({
      artifact,
      envelope: opened.payload.value,
      statement: opened.statement.value,
      build: opened.build.value,
      signers: opened.signers,
      level: vouchedLevel(context),
      now,
      ...neighboursOf(context),
    });
  }
  const reason = opened.build.reached ? 'there is nothing to judge' : opened.build.reason;
  return policy.checkIds.map((id) => ({ id, ...notRun(reason) }));
}

/** One check of each id: the first that did not pass, else the first. */
function worstOfEach(checks: readonly Check[]): Check[] {
  const byId = new Map<Check['id'], Check>();
  for (const check of checks) {
    const known = byId.get(check.id);
    if (known === undefined || (known.status === 'pass' && check.status !== 'pass'))
      byId.set(check.id, check);
  }
  return [...byId.values()];
}
