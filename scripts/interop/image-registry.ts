/** A real registry (distribution) for images of a few bytes. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from '../peers.ts';
import { cleanEnvironment } from '../repository.ts';
import { freePort } from './free-port.ts';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

export interface ImageRegistry {
  /** `127.0.0.1:PORT`, by plain HTTP. */
  readonly host: string;
  /** Puts an image of this content there, and returns its digest. */
  push(repository: string, tag: string, content: string): Promise<string>;
  stop(): void;
}

const sha256 = (bytes: string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Who may come into a registry that is not open to all, by HTTP Basic. */
export const PRIVATE_USER = { username: 'bob', password: 'secret' } as const;
/** Of that password, by bcrypt. */
const HTPASSWD = 'bob:$2b$04$GWlyESC47Ab/7X3OZZDjW.WOXYJgsgYeKVLas0ZwxgVtLHaabguFW\n';

/**
 * @param isPrivate whether only {@link PRIVATE_USER} may come in.
 * @throws Error when the program is missing or does not answer.
 */
export async function startImageRegistry(folder: string, isPrivate: boolean = false): Promise<ImageRegistry> {
  const program = findProgram('registry');
  if (program === undefined) throw new Error('registry is missing');
  mkdirSync(folder, { recursive: true });
  const host = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'registry.yaml');
  const storage = { filesystem: { rootdirectory: join(folder, 'registry') } };
  const path = join(folder, 'htpasswd');
  writeFileSync(path, HTPASSWD);
  const auth = isPrivate ? { auth: { htpasswd: { realm: 'interop', path } } } : {};
  writeFileSync(
    config,
    JSON.stringify({ version: '0.1', log: { level: 'error' }, storage, http: { addr: host }, ...auth }),
  );
  const child = spawn(program, ['serve', config], { env: cleanEnvironment(), stdio: 'ignore' });
  for (let attempt = 0; !(await answers(host)); attempt += 1) {
    if (child.exitCode !== null || attempt > 300) throw new Error('the registry does not answer');
    await wait(100);
  }
  return {
    host,
    push: async (repository, tag, content) => {
      const base = `http://${host}/v2/${repository}`;
      const image = {
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: [] },
        author: content,
      };
      const text = JSON.stringify(image);
      const started = await send(`${base}/blobs/uploads/`, 'POST', '', 202);
      const upload = new URL(started.headers.get('location') ?? '', base);
      upload.searchParams.set('digest', sha256(text));
      await send(upload.href, 'PUT', text, 201, 'application/octet-stream');
      const manifest = JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: { mediaType: CONFIG, digest: sha256(text), size: text.length },
        layers: [],
      });
      await send(`${base}/manifests/${tag}`, 'PUT', manifest, 201, MANIFEST);
      return sha256(manifest);
    },
    stop: () => void child.kill(),
  };
}

async function answers(host: string): Promise<boolean> {
  return fetch(`http://${host}/v2/`).then(
    ({ status }) => status === 200 || status === 401,
    () => false,
  );
}

async function send(
  url: string,
  method: string,
  body: string,
  status: number,
  type?: string,
): Promise<Response> {
  const { username, password } = PRIVATE_USER;
  const headers = {
    // Who is let in anyway may say so as well.
    authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
    ...(type === undefined ? {} : { 'content-type': type }),
  };
  const response = await fetch(url, { method, headers, ...(body === '' ? {} : { body }) });
  if (response.status === status) return response;
  throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
}
