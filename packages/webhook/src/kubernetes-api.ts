import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { WebhookError } from './errors.ts';

/** Where a pod finds what it is given. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Where the API server is, and who we are to it. */
export interface KubernetesAccess {
  readonly url: string;
  /** Certificates (PEM) of its authorities. */
  readonly authorities: () => Buffer;
  /** Read anew for each call: the token in a pod changes within the hour. */
  readonly token: () => string;
}

/** What a pod is given. @throws {WebhookError} `ERR_WEBHOOK_CONFIG` outside of one. */
export function accessOfPod(
  folder: string = SERVICE_ACCOUNT,
  environment: NodeJS.ProcessEnv = process.env,
): KubernetesAccess {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = environment;
  if (host === undefined || !existsSync(`${folder}/token`)) {
    throw new WebhookError('ERR_WEBHOOK_CONFIG', 'this is no pod with a service account token', {
      hint: 'customResources, pullSecrets and background need one: automountServiceAccountToken, and the roles of the chart',
    });
  }
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    authorities: () => readFileSync(`${folder}/ca.crt`),
    token: () => readFileSync(`${folder}/token`, 'utf8').trim(),
  };
}

/** The API server answered, and the answer is no. */
export class KubernetesRefusal extends WebhookError {
  /** Of HTTP. */
  readonly status: number;

  constructor(status: number, message: string) {
    super('ERR_WEBHOOK_KUBERNETES', message);
    this.status = status;
  }
}

/** A list, and from which version on changes are to be watched. */
export interface KubernetesList {
  readonly items: readonly JsonObject[];
  readonly resourceVersion: string;
}

const ANSWER_BYTES = 64 * 1024 * 1024;
const CALL_MS = 30_000;

/** The few calls that are made to an API server. Requests wait for none of them but those for pull secrets. */
export class KubernetesApi {
  readonly #access: KubernetesAccess;
  readonly #agent: Agent;

  constructor(access: KubernetesAccess) {
    this.#access = access;
    this.#agent = new Agent({ keepAlive: true, ca: access.authorities() });
  }

  /** @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES` */
  async list(path: string, signal: AbortSignal): Promise<KubernetesList> {
    const items: JsonObject[] = [];
    let next = '';
    let resourceVersion = '';
    do {
      const query = next === '' ? '?limit=500' : `?limit=500&continue=${encodeURIComponent(next)}`;
      const page = await this.#json('GET', `${path}${query}`, signal);
      const metadata = objectAt(page, 'metadata');
      items.push(...listAt(page, 'items'));
      resourceVersion = textAt(metadata, 'resourceVersion');
      next = textAt(metadata, 'continue');
    } while (next !== '');
    return { items, resourceVersion };
  }

  /** An object; `undefined` when there is none. @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES` */
  async get(path: string, signal: AbortSignal): Promise<JsonObject | undefined> {
    const response = await this.#call('GET', path, AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]));
    if (response.statusCode === 404) {
      response.resume();
      return undefined;
    }
    if (response.statusCode !== 200) throw await refusal(response, path);
    return parseObject(await readText(response, path), path);
  }

  /** Changes an object by a JSON Patch. @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES` */
  async patch(path: string, patch: readonly JsonObject[], signal: AbortSignal): Promise<void> {
    await this.#json('PATCH', path, signal, { body: patch, type: 'application/json-patch+json' });
  }

  /** Makes an object, or does nothing when one of this name is there. @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES` */
  async create(path: string, object: JsonObject, signal: AbortSignal): Promise<void> {
    await this.#json('POST', path, signal, { body: object, type: 'application/json', fine: [409] });
  }

  /** Makes an object what it should be (server-side apply). @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES` */
  async apply(path: string, object: JsonObject, signal: AbortSignal): Promise<void> {
    const query = '?fieldManager=danube-webhook&force=true';
    await this.#json('PATCH', `${path}${query}`, signal, {
      body: object,
      type: 'application/apply-patch+yaml',
    });
  }

  /**
   * The changes since a version, until the API server ends the watch or the signal is aborted.
   *
   * @throws {WebhookError} `ERR_WEBHOOK_KUBERNETES`
   */
  async *watch(path: string, resourceVersion: string, signal: AbortSignal): AsyncGenerator<JsonObject> {
    const query = `?watch=1&allowWatchBookmarks=true&timeoutSeconds=240&resourceVersion=${encodeURIComponent(resourceVersion)}`;
    const response = await this.#call('GET', `${path}${query}`, signal);
    if (response.statusCode !== 200) throw await refusal(response, path);
    let rest = '';
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > ANSWER_BYTES) throw unreadable(path, 'a line without end');
      for (const line of lines) if (line !== '') yield parseObject(line, path);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  async #json(
    method: string,
    path: string,
    signal: AbortSignal,
    sent?: {
      readonly body: JsonObject | readonly JsonObject[];
      readonly type: string;
      readonly fine?: readonly number[];
    },
  ): Promise<JsonObject> {
    const response = await this.#call(
      method,
      path,
      AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
      sent,
    );
    const status = response.statusCode ?? 0;
    if (sent?.fine?.includes(status)) {
      response.resume();
      return {};
    }
    if (status < 200 || status > 299) throw await refusal(response, path);
    return parseObject(await readText(response, path), path);
  }

  async #call(
    method: string,
    path: string,
    signal: AbortSignal,
    sent?: { readonly body: JsonObject | readonly JsonObject[]; readonly type: string },
  ): Promise<IncomingMessage> {
    const body = sent === undefined ? undefined : JSON.stringify(sent.body);
    const headers = {
      authorization: `Bearer ${this.#access.token()}`,
      accept: 'application/json',
      ...(sent === undefined ? {} : { 'content-type': sent.type }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const call = request(
      `${this.#access.url}${path}`,
      { method, headers, agent: this.#agent, signal },
      resolve,
    );
    call.on('error', (cause) =>
      reject(new WebhookError('ERR_WEBHOOK_KUBERNETES', `the API server: ${cause.message}`, { cause })),
    );
    call.end(body);
    return promise;
  }
}

async function readText(response: IncomingMessage, path: string): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > ANSWER_BYTES) throw unreadable(path, 'an answer without end');
  }
  return text;
}

async function refusal(response: IncomingMessage, path: string): Promise<KubernetesRefusal> {
  const text = await readText(response, path);
  const status = response.statusCode ?? 0;
  return new KubernetesRefusal(status, `the API server answers ${status} to ${path}: ${text.slice(0, 300)}`);
}

function unreadable(path: string, what: string): WebhookError {
  return new WebhookError('ERR_WEBHOOK_KUBERNETES', `the API server sent ${what} for ${path}`);
}

function parseObject(text: string, path: string): JsonObject {
  const value: JsonValue = parse(text, path);
  if (!isJsonObject(value)) throw unreadable(path, 'no object');
  return value;
}

function parse(text: string, path: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable(path, 'no JSON');
  }
}

/** The member as an object; an empty one when it is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return value !== undefined && isJsonObject(value) ? value : {};
}

/** The member as text; empty when it is none. */
export function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}

/** The objects in the member; none when it is no list. */
export function listAt(object: JsonObject, key: string): JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
