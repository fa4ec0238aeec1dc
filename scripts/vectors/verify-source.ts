import {
  EXTERNAL_PARAMETERS,
  OTHER_COMMIT,
  SOURCE_COMMIT,
  SOURCE_REF,
  SOURCE_URI,
  provenance,
} from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';
import { signedPredicate } from './signed.ts';
import { met, unmet } from './verify-expectation.ts';

const dependency = (commit: string): object => ({
  uri: EXTERNAL_PARAMETERS.source,
  digest: { gitCommit: commit },
});

/** source.uri, source.ref and source.commit: from what it was built. */
export const SOURCE_VECTORS: readonly Vector[] = [
  met('source-uri', 'The source repository is the expected one.', { sourceUri: SOURCE_URI }, 'source.uri'),
  unmet(
    'source-uri-other',
    'Another repository is expected.',
    { sourceUri: 'git+https://git.example.com/shop/other' },
    'source.uri',
  ),
  unmet(
    'source-uri-prefix',
    'The expected repository is a beginning of the real one.',
    { sourceUri: SOURCE_URI.slice(0, -1) },
    'source.uri',
  ),
  unmet(
    'source-uri-with-ref',
    'The expected URI includes the ref, which has an expectation of its own.',
    { sourceUri: EXTERNAL_PARAMETERS.source },
    'source.uri',
  ),
  met('source-ref', 'The ref is the expected one.', { sourceRef: SOURCE_REF }, 'source.ref'),
  unmet('source-ref-other', 'Another ref is expected.', { sourceRef: 'refs/heads/release' }, 'source.ref'),
  unmet('source-ref-short', 'The short name of a branch is no ref.', { sourceRef: 'main' }, 'source.ref'),
  met('source-branch', 'The branch is the expected one.', { sourceBranch: 'main' }, 'source.ref'),
  unmet('source-branch-other', 'Another branch is expected.', { sourceBranch: 'release' }, 'source.ref'),
  accepts(
    'source-tag',
    {
      description: 'The tag is the expected one.',
      evidence: {
        'provenance.json': signedPredicate(
          provenance({
            buildDefinition: {
              externalParameters: { ...EXTERNAL_PARAMETERS, source: `${SOURCE_URI}@refs/tags/v1.2.0` },
            },
          }),
        ),
      },
      expectations: { sourceTag: 'v1.2.0' },
    },
    [{ id: 'source.ref', status: 'pass' }],
  ),
  unmet(
    'source-tag-of-branch',
    'A tag is expected, and a branch of that name was built.',
    { sourceTag: 'main' },
    'source.ref',
  ),
  met('source-commit', 'The commit is the expected one.', { sourceCommit: SOURCE_COMMIT }, 'source.commit'),
  unmet(
    'source-commit-other',
    'Another commit is expected.',
    { sourceCommit: OTHER_COMMIT },
    'source.commit',
  ),
  rejects(
    'source-commit-absent',
    {
      description: 'The provenance names no commit of its source.',
      evidence: {
        'provenance.json': signedPredicate(provenance({ buildDefinition: { resolvedDependencies: [] } })),
      },
      expectations: { sourceCommit: SOURCE_COMMIT },
    },
    ['source.commit'],
  ),
  rejects(
    'source-commit-ambiguous',
    {
      description: 'The provenance names two commits of its source.',
      evidence: {
        'provenance.json': signedPredicate(
          provenance({
            buildDefinition: {
              resolvedDependencies: [dependency(SOURCE_COMMIT), dependency(OTHER_COMMIT)],
            },
          }),
        ),
      },
      expectations: { sourceCommit: SOURCE_COMMIT },
    },
    ['source.commit'],
  ),
  rejects(
    'source-commit-of-other-repository',
    {
      description: 'The expected commit is the one of another dependency.',
      evidence: {
        'provenance.json': signedPredicate(
          provenance({
            buildDefinition: {
              resolvedDependencies: [
                dependency(OTHER_COMMIT),
                {
                  uri: 'git+https://git.example.com/shop/lib@refs/heads/main',
                  digest: { gitCommit: SOURCE_COMMIT },
                },
              ],
            },
          }),
        ),
      },
      expectations: { sourceCommit: SOURCE_COMMIT },
    },
    ['source.commit'],
  ),
  rejects(
    'source-two-refs',
    {
      description: 'The source holds "@refs/" twice: where its ref starts is a matter of opinion.',
      evidence: {
        'provenance.json': signedPredicate(
          provenance({
            buildDefinition: {
              externalParameters: {
                ...EXTERNAL_PARAMETERS,
                source: `${SOURCE_URI}@${SOURCE_REF}@refs/heads/x`,
              },
            },
          }),
        ),
      },
      expectations: { sourceUri: SOURCE_URI, sourceRef: SOURCE_REF },
    },
    ['source.uri', 'source.ref'],
  ),
];
