/** L, the order of the base point of edwards25519. */
export const ORDER_L: bigint = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The same R, and S + L: a signature that satisfies the same equation, and that RFC 8032, section 5.1.7, refuses. */
export function addOrder(signature: Uint8Array): Buffer {
  const [r, s] = [signature.subarray(0, 32), signature.subarray(32)];
  const sum = BigInt(`0x${Buffer.from(s).reverse().toString('hex')}`) + ORDER_L;
  return Buffer.concat([r, Buffer.from(sum.toString(16).padStart(64, '0'), 'hex').reverse()]);
}
