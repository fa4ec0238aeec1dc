/** As much of Node's Buffer as is used here, so that the declarations need no types of Node. */
interface Encodable extends Uint8Array {
  toString(encoding?: 'base64'): string;
}
export interface BufferMaker {
  allocUnsafe(length: number): Uint8Array;
  byteLength(text: string, encoding: 'utf8'): number;
  from(text: string, encoding: 'base64'): Encodable;
  from(buffer: ArrayBufferLike, offset: number, length: number): Encodable;
}

/** Node's Buffer where there is one. */
export const NODE_BUFFER: BufferMaker | undefined = globalThis.Buffer;

/**
 * Bytes for a caller who writes every one of them: what they hold before that is not said. Node cuts short ones from a
 * pool, at a fraction of what memory of their own costs.
 */
export function allocateBytes(length: number): Uint8Array {
  if (NODE_BUFFER === undefined) return new Uint8Array(length);
  const { buffer, byteOffset } = NODE_BUFFER.allocUnsafe(length);
  return new Uint8Array(buffer, byteOffset, length);
}
