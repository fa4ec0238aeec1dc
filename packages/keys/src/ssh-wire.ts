/** The data types of the SSH protocol (RFC 4251, section 5) that OpenSSH's key formats are made of. */
import { KeyError } from './errors.ts';
import { concatBytes } from './secret.ts';

/** A byte string with its length in front. */
export function encodeSshString(content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concatBytes(length, bytes);
}

/** Reads fields one after another. Its byte strings are views: wiping what was read from wipes them. */
export class SshReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  take(length: number): Uint8Array {
    if (length > this.rest.length) throw new KeyError('ERR_KEY_FORMAT', 'the OpenSSH key is cut short');
    const taken = this.rest.subarray(0, length);
    this.#offset += length;
    return taken;
  }

  uint32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  }

  string(): Uint8Array {
    return this.take(this.uint32());
  }
}
