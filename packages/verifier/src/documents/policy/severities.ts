import type { Vulnerability } from 'in-toto-attestation';
import { SEVERITIES, type CountCeiling, type SeverityName } from './schema.ts';

/** Words that scanners use. */
const WORDS: Readonly<Record<string, SeverityName | 'none'>> = {
  critical: 'critical',
  high: 'high',
  important: 'high',
  medium: 'medium',
  moderate: 'medium',
  low: 'low',
  negligible: 'low',
  none: 'none',
  unknown: 'unknown',
};

/** How many vulnerabilities there are of each severity; each is as severe as the worst of its scores. */
export function countFindings(result: readonly Vulnerability[]): ReadonlyMap<SeverityName, number> {
  const counts = new Map<SeverityName, number>();
  for (const { severity } of result) {
    const worst = worstOf(severity.map(({ score }) => severityOf(score)));
    if (worst !== 'none') counts.set(worst, (counts.get(worst) ?? 0) + 1);
  }
  return counts;
}

/** The first ceiling that is exceeded, worst first; a severity that is left out may not be there at all. */
export function exceeded(
  counts: ReadonlyMap<SeverityName, number>,
  ceiling: Readonly<Partial<Record<SeverityName, CountCeiling | undefined>>>,
): string | undefined {
  for (const severity of SEVERITIES) {
    const most = ceiling[severity] ?? 0;
    const count = counts.get(severity) ?? 0;
    if (most !== 'any' && count > most) return `${count} ${severity}, at most ${most} may be there`;
  }
  return undefined;
}

/** A score that nobody can read says nothing against another that can be; alone it is unknown. */
function worstOf(severities: readonly (SeverityName | 'none')[]): SeverityName | 'none' {
  const known = SEVERITIES.filter((severity) => severity !== 'unknown');
  const worst = known.find((severity) => severities.includes(severity));
  if (worst !== undefined) return worst;
  return severities.length > 0 && severities.every((severity) => severity === 'none') ? 'none' : 'unknown';
}

/** A word, or a CVSS base score (CVSS v3.1, section 5: qualitative severity rating scale). */
function severityOf(score: string): SeverityName | 'none' {
  if (!/^(?:[0-9]|10)(?:\.[0-9]+)?$/.test(score)) {
    const word = score.toLowerCase();
    return (Object.hasOwn(WORDS, word) ? WORDS[word] : undefined) ?? 'unknown';
  }
  const value = Number(score);
  if (value > 10) return 'unknown';
  if (value >= 9) return 'critical';
  if (value >= 7) return 'high';
  if (value >= 4) return 'medium';
  return value > 0 ? 'low' : 'none';
}
