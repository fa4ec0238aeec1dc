/** The first characters of a secret, never more than four nor than an eighth of it, and how long it is. */
export function maskSecret(secret: string): string {
  const shown = secret.slice(0, Math.min(4, secret.length >> 3)).replaceAll(/[^ -~]/g, '?');
  return `${shown}... (${secret.length} characters)`;
}
