/** Whether dotted text is a JWS or JWE in compact form: its first part is a header that names an algorithm (RFC 7515). */
export function isJwt(text: string): boolean {
  const [header = ''] = text.split('.', 1);
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    return (
      typeof value === 'object' && value !== null && ('alg' in value || 'typ' in value || 'enc' in value)
    );
  } catch {
    return false;
  }
}
