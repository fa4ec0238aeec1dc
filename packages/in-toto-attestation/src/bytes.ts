/** As much of Node's Buffer as is used here, so that the declarations need no types of Node. */
interface NodeBuffer extends Uint8Array {
  toString(encoding?: 'base64'): string;
  write(text: string, offset: number, encoding: 'base64'): number;
}
export interface BufferMaker {
  allocUnsafe(length: number): NodeBuffer;
  byteLength(text: string, encoding: 'utf8'): number;
  from(buffer: ArrayBufferLike, offset: number, length: number): NodeBuffer;
}

/** Node's Buffer where there is one. */
export const NODE_BUFFER: BufferMaker | undefined = globalThis.Buffer;
