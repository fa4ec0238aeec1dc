import type { PolicyDocument, PolicySpec } from './schema.ts';

/** Something in a policy that is allowed and is seldom meant; `pointer` (RFC 6901) says where. */
export interface LintWarning {
  readonly pointer: string;
  readonly message: string;
}

/** What a policy leaves open that most should not. Nothing of it is an error. */
export function lintPolicy({ spec }: PolicyDocument): readonly LintWarning[] {
  return [
    ...lintArtifacts(spec),
    ...lintBuilders(spec),
    ...lintSource(spec),
    ...lintParameters(spec),
    ...lintAttestations(spec),
  ];
}

function lintArtifacts({ artifacts }: PolicySpec): LintWarning[] {
  return artifacts.flatMap((selector, index) => {
    const [field = '', pattern = ''] = Object.entries(selector)[0] ?? [];
    if (!/^[*?/]+$/.test(pattern)) return [];
    return [warning(`/spec/artifacts/${index}/${field}`, 'is about every artifact of its kind')];
  });
}

function lintBuilders({ builders }: PolicySpec): LintWarning[] {
  if (builders === undefined) {
    return [warning('/spec', 'names no builders: any that the caller trusts will do')];
  }
  return builders.flatMap(({ level }, index) =>
    level === undefined ? [warning(`/spec/builders/${index}`, 'demands no Build level')] : [],
  );
}

function lintSource({ source }: PolicySpec): LintWarning[] {
  if (source === undefined) return [warning('/spec', 'names no source: a build of any repository will do')];
  const { uris, refs, branches, tags, commits } = source;
  return [
    ...(uris === undefined ? [warning('/spec/source', 'names no uris: any repository will do')] : []),
    ...([refs, branches, tags, commits].every((list) => list === undefined)
      ? [warning('/spec/source', 'names no ref: any branch, also of a pull request, will do')]
      : []),
  ];
}

function lintParameters({ parameters = {} }: PolicySpec): LintWarning[] {
  return Object.entries(parameters).flatMap(([name, rule]) => {
    const isOpen = 'any' in rule || ('pattern' in rule && /^[*?/]+$/.test(rule.pattern));
    const at = name.replaceAll('~', '~0').replaceAll('/', '~1');
    return isOpen ? [warning(`/spec/parameters/${at}`, 'lets whoever starts the build set any value')] : [];
  });
}

/** What its own builder says of an artifact is no second opinion. */
function lintAttestations({ attestations = [] }: PolicySpec): LintWarning[] {
  return attestations.flatMap(({ type, signedBy }, index) => {
    if (signedBy !== undefined || (type !== 'review' && type !== 'summary')) return [];
    const when = type === 'summary' ? 'without a trust root, ' : '';
    const message = `has no signedBy: ${when}whoever signs the provenance can make one`;
    return [warning(`/spec/attestations/${index}`, message)];
  });
}

function warning(pointer: string, message: string): LintWarning {
  return { pointer, message };
}
