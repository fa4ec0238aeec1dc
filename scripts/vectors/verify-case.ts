import type { ExpectedCheck, VerifyArtifacts, VerifyCase, VerifyExpectations } from './case-format.ts';
import { encodeText, vector, type Content, type Vector } from './vector.ts';
import { APP } from './statements.ts';

/** A verification of the vectors; what is left out is a build of APP that the builder's key signed. */
export interface Verification {
  readonly description: string;
  /** Evidence files by name: bytes, or a value that is written as JSON. */
  readonly evidence: Readonly<Record<string, Content | object>>;
  readonly artifacts?: VerifyArtifacts;
  /** Further files of the case by name. */
  readonly files?: Readonly<Record<string, Content>>;
  readonly expectations?: Partial<VerifyExpectations>;
  readonly now?: string;
}

/** Paths of the keys, as a case in its folder writes them. */
export const KEYS = {
  builder: '../../keys/builder.pub',
  builderOpenSsh: '../../keys/builder.ssh.pub',
  builderRaw: '../../keys/builder.raw.pub',
  auditor: '../../keys/auditor.pub',
  stranger: '../../keys/stranger.pub',
  p256: '../../keys/p256.pub',
} as const;

/** Checks that stand for "the right key signed the right thing". */
const BASICS: readonly ExpectedCheck[] = [
  { id: 'signature', status: 'pass' },
  { id: 'subject.digest', status: 'pass' },
];

export function accepts(
  name: string,
  input: Verification,
  checks: readonly ExpectedCheck[] = BASICS,
): Vector {
  return verification(name, input, { verdict: 'accepted', checks });
}

/** `failed` holds the ids of all checks that fail, and of no other. */
export function rejects(
  name: string,
  input: Verification,
  failed: readonly string[],
  checks?: readonly ExpectedCheck[],
): Vector {
  return verification(name, input, {
    verdict: 'rejected',
    failed: [...failed],
    ...(checks === undefined ? {} : { checks }),
  });
}

/** The expectation named cannot mean what it says, and nothing is judged. */
export function refuses(name: string, input: Verification, expectation: string): Vector {
  return verification(name, input, { verdict: 'refused', expectation });
}

function verification(name: string, input: Verification, expect: VerifyCase['expect']): Vector {
  const { description, artifacts = { files: [APP.name] }, now } = input;
  const files = input.files ?? { [APP.name]: APP.content };
  const evidence = Object.entries(input.evidence).map(([path, content]): [string, Content] => [
    path,
    typeof content === 'string' || content instanceof Uint8Array ? content : encodeText(content),
  ]);
  return vector(
    name,
    {
      description,
      kind: 'verify',
      artifacts,
      evidence: evidence.map(([path]) => path),
      expectations: { publicKeys: [KEYS.builder], ...input.expectations },
      ...(now === undefined ? {} : { now }),
      expect,
    },
    { ...files, ...Object.fromEntries(evidence) },
  );
}
