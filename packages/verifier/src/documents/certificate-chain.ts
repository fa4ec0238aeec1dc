import { decodeBase64, MalformedError } from 'in-toto-attestation';
import { DocumentError } from './errors.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n*/y;

/**
 * Takes a chain of certificates in PEM (RFC 7468) apart: blocks of certificates and nothing else. What is in them is read
 * by whoever knows certificates.
 *
 * @returns DER, in the order of the text.
 * @throws {DocumentError} `ERR_TRUST_ROOT`
 */
export function readCertificateChain(text: string, pointer: string): Uint8Array[] {
  const pem = text.replaceAll('\r\n', '\n');
  const certificates: Uint8Array[] = [];
  BLOCK.lastIndex = 0;
  for (let end = 0; end < pem.length; end = BLOCK.lastIndex) {
    const body = BLOCK.exec(pem)?.[1];
    if (body === undefined) throw new DocumentError('ERR_TRUST_ROOT', pointer, NOT_PEM);
    certificates.push(decodeBody(body, pointer));
  }
  return certificates;
}

const NOT_PEM = 'expected certificates in PEM, and nothing around them';

function decodeBody(body: string, pointer: string): Uint8Array {
  try {
    return decodeBase64(body.replaceAll('\n', ''), pointer);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new DocumentError('ERR_TRUST_ROOT', pointer, NOT_PEM, { cause });
  }
}
