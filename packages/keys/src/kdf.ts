/** Parameters of scrypt (RFC 7914, section 2). */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Parameters of PBKDF2 (RFC 8018, A.2) with HMAC of this hash. */
export interface Pbkdf2Cost {
  readonly iterations: number;
  readonly hash: 'sha1' | 'sha256' | 'sha384' | 'sha512';
}
