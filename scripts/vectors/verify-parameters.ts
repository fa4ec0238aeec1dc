import { envelope } from './dsse.ts';
import { BUILDER } from './fixed-keys.ts';
import { statement } from './statements.ts';
import type { Vector } from './vector.ts';
import { accepts, rejects } from './verify-case.ts';
import { SIGNED } from './signed.ts';
import { met, unmet } from './verify-expectation.ts';

const ALLOWED = { allowParameters: ['/pipeline', '/source', '/trigger', 'replicas'] };

/** parameters: what whoever started the build could set. */
export const PARAMETER_VECTORS: readonly Vector[] = [
  met(
    'parameters-all-named',
    'Every external parameter is expected or allowed.',
    { parameters: { environment: 'production' }, ...ALLOWED, strict: true },
    'parameters',
  ),
  accepts(
    'parameters-unnamed',
    {
      description: 'External parameters that no expectation names are worth a warning.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { parameters: { environment: 'production' } },
    },
    [{ id: 'parameters', status: 'warn' }],
  ),
  unmet(
    'parameters-unnamed-strict',
    'With strict expectations an external parameter that none of them names fails.',
    { parameters: { environment: 'production' }, strict: true },
    'parameters',
  ),
  unmet(
    'parameters-not-allowed',
    'One external parameter is neither expected nor allowed.',
    {
      parameters: { environment: 'production' },
      allowParameters: ['/pipeline', '/source', '/trigger'],
      strict: true,
    },
    'parameters',
  ),
  unmet(
    'parameters-other-value',
    'A parameter has another value.',
    { parameters: { environment: 'staging' } },
    'parameters',
  ),
  unmet(
    'parameters-absent',
    'A parameter that is expected was not set.',
    { parameters: { region: 'eu' } },
    'parameters',
  ),
  met(
    'parameters-number',
    'A parameter that is a number is expected as one.',
    {
      parameters: { environment: 'production', replicas: 3 },
      allowParameters: ['/pipeline', '/source', '/trigger'],
      strict: true,
    },
    'parameters',
  ),
  unmet(
    'parameters-other-number',
    'A parameter is another number than expected.',
    { parameters: { environment: 'production', replicas: 4 } },
    'parameters',
  ),
  unmet(
    'parameters-number-as-text',
    'The text "3" is expected, and the parameter is the number 3.',
    { parameters: { replicas: '3' } },
    'parameters',
  ),
  met(
    'parameters-by-pointer',
    'Names that begin with a slash are JSON pointers below externalParameters.',
    {
      parameters: { '/parameters/environment': 'production', '/trigger': 'push' },
      allowParameters: ['/pipeline', '/source', '/parameters/replicas'],
      strict: true,
    },
    'parameters',
  ),
  rejects(
    'parameters-proto',
    {
      description:
        'An external parameter named __proto__ is a parameter like any other, and nobody named it.',
      evidence: {
        'provenance.json': envelope(
          JSON.stringify(statement()).replace('"pipeline":', '"__proto__":{"x":1},"pipeline":'),
          [BUILDER],
        ),
      },
      expectations: { parameters: { environment: 'production' }, ...ALLOWED, strict: true },
    },
    ['parameters'],
  ),
  rejects(
    'parameters-inherited-name',
    {
      description: 'An expected parameter whose name every JavaScript object inherits was not set.',
      evidence: { 'provenance.json': SIGNED },
      expectations: { allowParameters: [], parameters: { constructor: 'x' } },
    },
    ['parameters'],
  ),
];
