import { z } from 'zod';

/** Hex of either case in a vector file, as its bytes. */
export const hex: z.ZodType<Uint8Array> = z
  .string()
  .regex(/^(?:[0-9a-fA-F]{2})*$/)
  .transform((text) => Uint8Array.from(Buffer.from(text, 'hex')));

/** Whether two byte strings are the same. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
