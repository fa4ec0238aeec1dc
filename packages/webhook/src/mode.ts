/**
 * What a failure means: `enforce` refuses the change; `warn` lets it pass with a warning to whoever made it; `audit` lets
 * it pass and only records it.
 */
export const MODES = ['enforce', 'warn', 'audit'] as const;

export type Mode = (typeof MODES)[number];

/** The strictest of them; `audit` of none. */
export function strictest(modes: readonly Mode[]): Mode {
  return MODES.find((mode) => modes.includes(mode)) ?? 'audit';
}

/** The mode, but no stricter than the limit. */
export function atMost(mode: Mode, limit: Mode): Mode {
  return MODES[Math.max(MODES.indexOf(mode), MODES.indexOf(limit))] ?? limit;
}
