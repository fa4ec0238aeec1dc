/** Both lines of releases. */
export const COSIGNS = ['cosign', 'cosign 2'] as const;

/** One reason for several verifiers. */
export function because(names: readonly string[], reason: string): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, reason]));
}
