import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type Answer, answerWith, type Fault, type SeenRequest } from './fault.ts';
import { listen, readBody, seen } from './server.ts';
import type { TokenServer } from './token-server.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

export interface RegistryOptions {
  /** The referrers API; true when left out. */
  readonly referrers?: boolean;
  /** The answer to a manifest with a subject says OCI-Subject; as `referrers` when left out. */
  readonly subjectHeader?: boolean;
  /** Answers to manifests say Docker-Content-Digest; true when left out. */
  readonly digestHeader?: boolean;
  /** ETag, and If-Match is obeyed; false when left out, as in most registries. */
  readonly etags?: boolean;
  /** Referrers on one page; all when left out. */
  readonly pageSize?: number;
  /** By HTTPS, with this certificate and its key, PEM. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
  /** Who may come in: users with passwords, or a token server. */
  readonly auth?: { readonly users: Readonly<Record<string, string>> } | { readonly tokens: TokenServer };
}

export interface StoredImage {
  readonly digest: string;
  readonly bytes: Buffer;
  readonly mediaType: string;
}

interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Everything that was asked, in order. */
  readonly requests: SeenRequest[];
  /** Asked before every request; what it returns goes wrong. */
  misbehave: ((request: SeenRequest) => Fault | undefined) | undefined;
  /** `repository:tag` and `repository@digest`. */
  readonly manifests: Map<string, StoredManifest>;
  /** `repository@digest`. */
  readonly blobs: Map<string, Buffer>;
  /** A small image of its own content. */
  putImage(repository: string, options?: { readonly tag?: string; readonly content?: string }): StoredImage;
  putBlob(repository: string, bytes: Uint8Array): string;
  putManifest(repository: string, manifest: object, tag?: string): StoredImage;
  close(): Promise<void>;
}

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const { referrers = true, subjectHeader = referrers, digestHeader = true, etags = false } = options;
  const manifests = new Map<string, StoredManifest>();
  const blobs = new Map<string, Buffer>();
  const uploads = new Set<string>();
  const requests: SeenRequest[] = [];

  const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  });
  const failure = (status: number, code: string): Answer =>
    json(status, { errors: [{ code, message: code }] });

  const unauthorised = (challenge: string): Answer => ({
    ...failure(401, 'UNAUTHORIZED'),
    headers: { 'www-authenticate': challenge },
  });
  const checkAuth = (request: SeenRequest, repository: string): Answer | undefined => {
    const { auth } = options;
    if (auth === undefined) return undefined;
    const [scheme, value = ''] = (request.headers['authorization'] ?? '').split(' ');
    if ('users' in auth) {
      const [user = '', password] = Buffer.from(value, 'base64').toString().split(':');
      return scheme === 'Basic' && auth.users[user] === password
        ? undefined
        : unauthorised('Basic realm="registry, with a comma"');
    }
    const action = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push';
    return scheme === 'Bearer' && auth.tokens.permits(value, repository, action)
      ? undefined
      : unauthorised(
          `Bearer realm="${auth.tokens.realm}",service="test, registry",scope="repository:${repository}:pull,push"`,
        );
  };

  const getManifest = (repository: string, reference: string): Answer => {
    const key = reference.includes(':') ? `${repository}@${reference}` : `${repository}:${reference}`;
    const found = manifests.get(key);
    if (found === undefined) return failure(404, 'MANIFEST_UNKNOWN');
    const digest = reference.includes(':') ? reference : sha256(found.bytes);
    return {
      status: 200,
      headers: {
        'content-type': found.mediaType,
        ...(digestHeader ? { 'docker-content-digest': digest } : {}),
        ...(etags ? { etag: `"${digest}"` } : {}),
      },
      body: found.bytes,
    };
  };

  const put = (repository: string, bytes: Buffer, mediaType: string, tag?: string): string => {
    const digest = sha256(bytes);
    manifests.set(`${repository}@${digest}`, { bytes, mediaType });
    if (tag !== undefined) manifests.set(`${repository}:${tag}`, { bytes, mediaType });
    return digest;
  };

  const putManifest = (repository: string, reference: string, request: SeenRequest, body: Buffer): Answer => {
    const parsed = JSON.parse(body.toString()) as {
      mediaType?: string;
      subject?: { digest: string };
      config?: { digest: string };
      layers?: { digest: string }[];
    };
    const mediaType = request.headers['content-type'] ?? '';
    if (parsed.mediaType !== mediaType) return failure(400, 'MANIFEST_INVALID');
    for (const part of [...(parsed.config === undefined ? [] : [parsed.config]), ...(parsed.layers ?? [])]) {
      if (!blobs.has(`${repository}@${part.digest}`)) return failure(400, 'MANIFEST_BLOB_UNKNOWN');
    }
    const digest = sha256(body);
    if (reference.includes(':') && reference !== digest) return failure(400, 'DIGEST_INVALID');
    const current = manifests.get(`${repository}:${reference}`);
    const condition = request.headers['if-match'];
    if (
      etags &&
      condition !== undefined &&
      current !== undefined &&
      condition !== `"${sha256(current.bytes)}"`
    ) {
      return failure(412, 'PRECONDITION_FAILED');
    }
    put(repository, body, mediaType, reference.includes(':') ? undefined : reference);
    return {
      status: 201,
      headers: {
        location: `/v2/${repository}/manifests/${digest}`,
        'docker-content-digest': digest,
        ...(subjectHeader && parsed.subject !== undefined ? { 'oci-subject': parsed.subject.digest } : {}),
      },
    };
  };

  const listReferrers = (repository: string, digest: string, query: URLSearchParams): Answer => {
    if (!referrers) return failure(404, 'NOT_FOUND');
    const found = [...manifests].flatMap(([key, { bytes, mediaType }]) => {
      if (!key.startsWith(`${repository}@`)) return [];
      const { subject, artifactType, annotations } = JSON.parse(bytes.toString()) as {
        subject?: { digest: string };
        artifactType?: string;
        annotations?: object;
      };
      if (subject?.digest !== digest) return [];
      return [{ mediaType, digest: sha256(bytes), size: bytes.length, artifactType, annotations }];
    });
    const size = options.pageSize ?? Infinity;
    const from = Number(query.get('from') ?? 0);
    const headers: Record<string, string> = { 'content-type': INDEX };
    if (from + size < found.length) {
      headers['link'] = `</v2/${repository}/referrers/${digest}?from=${from + size}>; rel="next"`;
    }
    const page = found.slice(from, from + size);
    return json(200, { schemaVersion: 2, mediaType: INDEX, manifests: page }, headers);
  };

  const upload = (repository: string, path: string, request: SeenRequest, body: Buffer): Answer => {
    const { pathname, searchParams } = new URL(path, 'http://registry');
    if (request.method === 'POST') {
      const id = randomBytes(8).toString('hex');
      uploads.add(id);
      return { status: 202, headers: { location: `/v2/${repository}/blobs/uploads/${id}?state=1` } };
    }
    const id = pathname.split('/').at(-1) ?? '';
    if (!uploads.delete(id)) return failure(404, 'BLOB_UPLOAD_UNKNOWN');
    const digest = searchParams.get('digest');
    if (digest !== sha256(body)) return failure(400, 'DIGEST_INVALID');
    blobs.set(`${repository}@${digest}`, body);
    return { status: 201, headers: { location: `/v2/${repository}/blobs/${digest}` } };
  };

  const getBlob = (repository: string, digest: string): Answer => {
    const body = blobs.get(`${repository}@${digest}`);
    if (body === undefined) return failure(404, 'BLOB_UNKNOWN');
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body };
  };

  const answerTo = (request: SeenRequest, body: Buffer): Answer => {
    const { pathname, searchParams } = new URL(request.path, 'http://registry');
    const [, repository = '', kind = '', rest = ''] =
      /^\/v2\/(.+)\/(manifests|referrers|blobs)\/(.*)$/.exec(
        pathname.replace('/blobs/uploads', '/blobs/+'),
      ) ?? [];
    if (repository === '') return pathname === '/v2/' ? json(200, {}) : failure(404, 'NOT_FOUND');
    const denied = checkAuth(request, repository);
    if (denied !== undefined) return denied;
    if (kind === 'referrers') return listReferrers(repository, rest, searchParams);
    if (kind === 'blobs') {
      return rest.startsWith('+')
        ? upload(repository, request.path, request, body)
        : getBlob(repository, rest);
    }
    return request.method === 'PUT'
      ? putManifest(repository, rest, request, body)
      : getManifest(repository, rest);
  };

  const listener: RequestListener = (incoming, response) => {
    void (async () => {
      const request = seen(incoming);
      const body = await readBody(incoming);
      requests.push(request);
      const fault = registry.misbehave?.(request);
      await answerWith(response, request.method === 'HEAD', answerTo(request, body), fault);
    })();
  };
  const server =
    options.tls === undefined ? createServer(listener) : createSecureServer(options.tls, listener);
  const { host, close } = await listen(server);
  const registry: Registry = {
    host,
    requests,
    misbehave: undefined,
    manifests,
    blobs,
    putImage(repository, { tag, content = 'an image' } = {}) {
      const layer = Buffer.from(content);
      const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
      return registry.putManifest(
        repository,
        {
          schemaVersion: 2,
          mediaType: MANIFEST,
          config: { mediaType: CONFIG, digest: registry.putBlob(repository, config), size: config.length },
          layers: [
            {
              mediaType: 'application/vnd.oci.image.layer.v1.tar',
              digest: registry.putBlob(repository, layer),
              size: layer.length,
            },
          ],
        },
        tag,
      );
    },
    putBlob(repository, bytes) {
      const digest = sha256(bytes);
      blobs.set(`${repository}@${digest}`, Buffer.from(bytes));
      return digest;
    },
    putManifest(repository, manifest, tag) {
      const bytes = Buffer.from(JSON.stringify(manifest));
      const mediaType = 'mediaType' in manifest ? String(manifest.mediaType) : MANIFEST;
      const digest = put(repository, bytes, mediaType, tag);
      return { digest, bytes, mediaType };
    },
    close,
  };
  return registry;
}
