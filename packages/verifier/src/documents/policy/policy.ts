import type { ArtifactInput } from '../../matching.ts';
import type { Policy, PolicyInput } from '../../policy.ts';
import type { Check } from '../../report.ts';
import { DocumentError } from '../errors.ts';
import { describeIssue } from '../reading.ts';
import { askPolicies } from './ask.ts';
import { compile } from './compile.ts';
import { PatternError } from './patterns.ts';
import { policySchema, type PolicyDocument, type Selector } from './schema.ts';
import { artifactMatcher } from './selectors.ts';
import { parseYaml } from './yaml.ts';

/**
 * Reads a policy (`docs/policy.md`), YAML or JSON, as the value that a verification takes.
 *
 * @throws {DocumentError} `ERR_POLICY` with the pointer: not YAML in its plain form, an unknown or misspelt field, an
 * empty list, an entry that is there twice, a pattern or an expression that is none, a role that is never asked for, a
 * policy that demands nothing.
 */
export function parsePolicy(bytes: Uint8Array): Policy {
  return toPolicy(parsePolicyDocument(bytes));
}

/** The same as the document that was written, for those who change or explain it. @throws {DocumentError} `ERR_POLICY` */
export function parsePolicyDocument(bytes: Uint8Array): PolicyDocument {
  return checkPolicyDocument(parseYaml(bytes, 'ERR_POLICY'));
}

/** The same for a document that somebody else read, such as a cluster's. @throws {DocumentError} `ERR_POLICY` */
export function checkPolicyDocument(value: unknown): PolicyDocument {
  const result = policySchema.safeParse(value);
  if (result.success) return result.data;
  throw describeIssue(result.error, 'ERR_POLICY', 'policy');
}

/** @throws {DocumentError} `ERR_POLICY` */
export function toPolicy(document: PolicyDocument): Policy {
  const constraints = compile(document);
  const matchers = document.spec.artifacts.map(readSelector);
  const { builders = [] } = document.spec;
  return {
    name: document.metadata.name,
    needsTrustRoot: builders.some(({ level }) => level !== undefined),
    checkIds: constraints.map(({ id }) => id),
    ask: askPolicies,
    select: (artifact) => matchers.some((matches) => matches(artifact)),
    judge: (input: PolicyInput): readonly Check[] =>
      constraints.map(({ id, check }) => ({ id, ...check(input) })),
  };
}

function readSelector(selector: Selector, index: number): (artifact: ArtifactInput) => boolean {
  try {
    return artifactMatcher(selector);
  } catch (cause) {
    if (!(cause instanceof PatternError)) throw cause;
    const [field = ''] = Object.keys(selector);
    throw new DocumentError('ERR_POLICY', `/spec/artifacts/${index}/${field}`, cause.message, { cause });
  }
}
