import { printable } from '@danube/verifier';

/** What the run says about one case of a vector folder. */
export type Outcome =
  | { readonly case: string; readonly result: 'agreed' }
  | {
      readonly case: string;
      readonly result: 'disagreed';
      readonly expected: string;
      readonly actual: string;
    }
  | { readonly case: string; readonly result: 'not-applicable'; readonly reason: string };

/** The source's verdict and ours, in the same words, compared. */
export function compare(name: string, expected: string, actual: string): Outcome {
  return expected === actual
    ? { case: name, result: 'agreed' }
    : { case: name, result: 'disagreed', expected, actual };
}

/** A case that does not apply here; `reason` is one of the folder's `exceptions`. */
export function notApplicable(name: string, reason: string): Outcome {
  return { case: name, result: 'not-applicable', reason };
}

/** One folder's outcomes, counted; disagreements keep their detail, reasons their number. */
export interface Summary {
  readonly name: string;
  readonly agreed: number;
  readonly disagreements: readonly (Outcome & { readonly result: 'disagreed' })[];
  readonly notApplicable: ReadonlyMap<string, number>;
}

export function summarise(name: string, outcomes: readonly Outcome[]): Summary {
  const reasons = new Map<string, number>();
  for (const outcome of outcomes) {
    if (outcome.result === 'not-applicable') {
      reasons.set(outcome.reason, (reasons.get(outcome.reason) ?? 0) + 1);
    }
  }
  return {
    name,
    agreed: outcomes.filter((outcome) => outcome.result === 'agreed').length,
    disagreements: outcomes.filter((outcome) => outcome.result === 'disagreed'),
    notApplicable: reasons,
  };
}

/** The one line a folder gets, and under it one line for each disagreement. */
export function formatSummary(summary: Summary): string {
  const lines = [headline(summary)];
  for (const { case: name, expected, actual } of summary.disagreements) {
    // Names and values come out of files that others wrote.
    lines.push(printable(`  ${name}: expected ${expected}, got ${actual}`));
  }
  return lines.join('\n');
}

function headline({ name, agreed, disagreements, notApplicable: reasons }: Summary): string {
  const skipped = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  const line = `${name}: ${agreed} agreed, ${disagreements.length} disagreed, ${skipped} not applicable`;
  return skipped === 0 ? line : `${line} (${formatReasons(reasons)})`;
}

function formatReasons(reasons: ReadonlyMap<string, number>): string {
  if (reasons.size === 1) return [...reasons.keys()].join('');
  return [...reasons].map(([reason, count]) => `${count}: ${reason}`).join('; ');
}
