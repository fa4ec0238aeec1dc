/** Frames of the SSH agent protocol (draft-ietf-sshm-ssh-agent): a length, a type, strings with their length in front. */
import { brokenAnswer } from './local-call.ts';

/** Types of messages. */
export const SSH_AGENT = { failure: 5, listKeys: 11, keys: 12, sign: 13, signature: 14 } as const;

/** Longest frame that OpenSSH's agent reads (AGENT_MAX_LEN), its type included and its length not; nor do we read more. */
export const MAX_FRAME_BYTES: number = 256 * 1024;

/** How people call it. */
export const AGENT = 'the SSH agent';

/** A message with its length in front. */
export function encodeFrame(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat([Uint8Array.of(type), ...parts]);
  return Buffer.concat([encodeUint32(body.length), body]);
}

export function encodeString(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([encodeUint32(bytes.length), bytes]);
}

export function encodeUint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads a message's fields one after another. @throws {SignError} ERR_SIGN_BACKEND for one that is cut short. */
export class FrameReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  string(): Uint8Array {
    return this.#take(this.uint32());
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#offset !== this.#bytes.length)
      throw brokenAnswer(AGENT, 'answered with more than belongs there');
  }

  #take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw brokenAnswer(AGENT, 'answered with a message that is cut short');
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}
