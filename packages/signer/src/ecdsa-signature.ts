/** r || s of IEEE P1363, as some services sign, in the DER that envelopes carry (RFC 3279, 2.2.3). */
export function encodeEcdsaSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const integers = [raw.subarray(0, half), raw.subarray(half)].map(encodeInteger);
  const content = Buffer.concat(integers);
  return Buffer.concat([Uint8Array.of(0x30, content.length), content]);
}

function encodeInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = bytes.subarray(start === -1 ? bytes.length - 1 : start);
  const padded = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : [...digits];
  return Uint8Array.of(0x02, padded.length, ...padded);
}
