declare module 'bcrypt-pbkdf' {
  /** Fills `key` and returns 0, or returns -1 for lengths that bcrypt_pbkdf does not take. */
  function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    key: Uint8Array,
    keyLength: number,
    rounds: number,
  ): number;
  const bcrypt: { readonly pbkdf: typeof pbkdf };
  // eslint-disable-next-line import/no-default-export -- this is how a CommonJS module appears
  export default bcrypt;
}
