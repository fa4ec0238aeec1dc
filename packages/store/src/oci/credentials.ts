/** What identifies us to one registry. Never in an error, a log or on a command line. */
export interface Credential {
  readonly username: string;
  readonly password: string;
  /** An OAuth 2 refresh token, which takes the place of both (distribution token specification). */
  readonly identityToken?: string;
}
