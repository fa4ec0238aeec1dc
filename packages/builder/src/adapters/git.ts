import type { Source } from '../job-record.ts';

/** What Git takes for a host before a path: `git@host:path`. */
const SCP = /^(?:([A-Za-z0-9._-]+)@)?([A-Za-z0-9.-]+):(?!\/\/)\/?(.+)$/;

/**
 * A Git remote as an SPDX download location, without credentials: `https://user:token@host/path` becomes
 * `git+https://host/path`, `git@host:path` becomes `git+ssh://git@host/path`. Undefined for a local folder and for what is
 * no remote.
 */
export function gitUri(remote: string): string | undefined {
  const text = remote.startsWith('git+') ? remote.slice('git+'.length) : remote;
  const url = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(text) ? URL.parse(text) : null;
  if (url !== null) {
    if (!['https:', 'http:', 'ssh:', 'git:'].includes(url.protocol) || url.host === '') return undefined;
    const user = url.protocol === 'ssh:' && url.username !== '' ? `${url.username}@` : '';
    return `git+${url.protocol}//${user}${url.host}${url.pathname}`;
  }
  const [, user, host, path] = SCP.exec(text) ?? [];
  if (host === undefined || path === undefined || host.length === 1) return undefined;
  return `git+ssh://${user === undefined ? '' : `${user}@`}${host.toLowerCase()}/${path}`;
}

/** A source whose ref is known when it is a branch or a tag by its own name. */
export function sourceOf(uri: string, commit: string, ref: string | undefined): Source {
  return { uri, commit, ...(ref === undefined ? {} : { ref }) };
}

export function branchRef(branch: string | undefined): string | undefined {
  return branch === undefined ? undefined : `refs/heads/${branch}`;
}

export function tagRef(tag: string | undefined): string | undefined {
  return tag === undefined ? undefined : `refs/tags/${tag}`;
}
