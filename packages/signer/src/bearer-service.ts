/** A JSON service that is asked with a bearer token. */
import { encodeJson, type JsonObject } from 'in-toto-attestation';
import type { BearerToken } from './bearer-credentials.ts';
import type { CredentialSource } from './credential-source.ts';
import { deadlinesOf, withinDeadline } from './deadline.ts';
import type { AuditRecord, ServiceCall, ServiceOptions } from './key-service.ts';
import { createServiceClient, type Judge, type ServiceClient, type ServiceReply } from './service-client.ts';
import type { Endpoint } from './endpoint.ts';

/** One request. */
export interface BearerRequest {
  readonly operation: string;
  readonly path: string;
  /** Sent by POST; without it the request is a GET. */
  readonly body?: JsonObject;
  readonly subject: Pick<AuditRecord, 'key' | 'version' | 'paeSha256'>;
  /** Does it once, because doing it twice would be two things. */
  readonly once?: boolean;
}

export class BearerService {
  readonly credentials: CredentialSource<BearerToken>;
  readonly #name: string;
  readonly #client: ServiceClient;
  readonly #judge: Judge;
  readonly #totalMs: number;

  /** @param name how to call the service in messages. */
  constructor(
    name: string,
    endpoint: Endpoint,
    credentials: CredentialSource<BearerToken>,
    judge: Judge,
    options: ServiceOptions & { readonly service: string },
  ) {
    this.credentials = credentials;
    this.#name = name;
    this.#client = createServiceClient(endpoint, options);
    this.#judge = judge;
    this.#totalMs = deadlinesOf(options).totalMs;
  }

  async ask(request: BearerRequest, { signal }: ServiceCall): Promise<ServiceReply> {
    const judge: Judge = (reply) => {
      const refusal = this.#judge(reply);
      return refusal !== undefined && request.once === true ? { ...refusal, temporary: false } : refusal;
    };
    const { operation, path, body, subject } = request;
    return withinDeadline(this.#name, this.#totalMs, signal, (signal) =>
      this.#client.call(
        async () => ({
          operation,
          path,
          subject,
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `Bearer ${(await this.credentials.get(signal)).token}`,
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: encodeJson(body) }),
        }),
        judge,
        signal,
      ),
    );
  }

  close(): void {
    this.#client.close();
  }
}
