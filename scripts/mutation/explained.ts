/** A mutant that no test can notice, or need not, and why. */
export interface Explained {
  /** Below the repository. */
  readonly file: string;
  /** As the report prints it. */
  readonly what: string;
  readonly why: string;
}

export const EXPLAINED: readonly Explained[] = [
  {
    file: 'packages/verifier/src/time-checks.ts',
    what: 'age < 0  ->  age <= 0',
    why: 'An age of 0 passes, because no maximum is below 0: there is no hint to choose.',
  },
  {
    file: 'packages/verifier/src/evaluate.ts',
    what: 'artifacts.length > 0  ->  artifacts.length >= 0',
    why: 'No list is empty here: a verification without artifacts is refused before. It stands guard all the same.',
  },
  {
    file: 'packages/verifier/src/matching.ts',
    what: 'hits.length > 0  ->  hits.length >= 0',
    why: 'A list without hits adds none to the others: leaving it out only saves work.',
  },
  {
    file: 'packages/verifier/src/documents/policy/ask.ts',
    what: 'opened.payload.reached && opened.statement.reached  ->  opened.payload.reached || opened.statement.reached',
    why: 'The build is reached only through both; they are asked for the types.',
  },
  {
    file: 'packages/verifier/src/documents/policy/neighbours.ts',
    what: 'envelope instanceof MalformedError || statement instanceof MalformedError  ->  envelope instanceof MalformedError && statement instanceof MalformedError',
    why: 'What is found by its statement has one, and an envelope around it; they are asked for the types.',
  },
  {
    file: 'packages/verifier/src/documents/policy/cel.ts',
    what: 'steps > MAX_STEPS  ->  steps >= MAX_STEPS',
    why: 'The steps are an estimate from above: whether the bound itself belongs to it decides nothing.',
  },
  {
    file: 'packages/verifier/src/documents/policy/yaml.ts',
    what: "!isScalar(key) || typeof key.value !== 'string'  ->  !isScalar(key) && typeof key.value !== 'string'",
    why: 'The parser itself refuses keys that are no texts (stringKeys), so that no scalar is one. It stands guard all the same.',
  },
  {
    file: 'packages/verifier/src/documents/policy/attestation-constraints.ts',
    what: 'Number(actualLevel) >= Number(level)  ->  Number(actualLevel) > Number(level)',
    why: 'The same level of the same track is the same text, which is looked at before.',
  },
  {
    file: 'packages/sigstore/src/prove.ts',
    what: 'false  ->  true',
    why: 'A bundle without timestamps has none to verify: saying so at once only saves reading its certificate.',
  },
  {
    file: 'packages/webhook/src/platform.ts',
    what: 'ways.some((way) => way.length === 0)  ->  ways.every((way) => way.length === 0)',
    why: 'A way without demands is one that every platform goes: knowing it at once only spares the key.',
  },
  {
    file: 'packages/webhook/src/platform.ts',
    what: 'key.length > MAX_KEY  ->  key.length >= MAX_KEY',
    why: 'What is not followed restricts nothing: on which side the bound itself lies admits no image.',
  },
  {
    file: 'packages/webhook/src/images.ts',
    what: 'depth > MAX_DEPTH  ->  depth >= MAX_DEPTH',
    why: 'What lies deeper is refused: on which side the bound itself lies admits nothing.',
  },
  {
    file: 'packages/webhook/src/verdict-cache.ts',
    what: 'entries <= 0  ->  entries < 0',
    why: 'Where there is no room, what is put in is the oldest, and goes out again at once.',
  },
  {
    file: 'packages/keys/src/ed25519-profile.ts',
    what: 'difference < 0  ->  difference <= 0',
    why: 'It is asked of a difference that is not 0.',
  },
  {
    file: 'packages/in-toto-attestation/src/json-scan.ts',
    what: 'at < text.length  ->  at <= text.length',
    why: 'Behind the end stands no character, and none asks for nothing.',
  },
];
