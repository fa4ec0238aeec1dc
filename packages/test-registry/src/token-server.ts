import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { answerWith, type Fault, type SeenRequest } from './fault.ts';
import { listen, readBody, seen } from './server.ts';

export interface TokenServerOptions {
  /** By user: the password, and the repositories with what may be done in them (`pull`, `pull,push`). */
  readonly users?: Readonly<
    Record<string, { readonly password: string; readonly may: Readonly<Record<string, string>> }>
  >;
  /** What anybody may do. */
  readonly anonymous?: Readonly<Record<string, string>>;
  /** Refresh token by user. */
  readonly refreshTokens?: Readonly<Record<string, string>>;
  /** Seconds that a token says it lives; not said when left out. */
  readonly expiresIn?: number;
}

export interface TokenServer {
  readonly host: string;
  readonly realm: string;
  readonly requests: SeenRequest[];
  misbehave: ((request: SeenRequest) => Fault | undefined) | undefined;
  /** Whether a token is good for this. */
  permits(token: string, repository: string, action: string): boolean;
  /** Makes every token that was given out worthless. */
  revoke(): void;
  close(): Promise<void>;
}

/** A token server as the distribution specification has it, with GET and the OAuth 2 form for refresh tokens. */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const tokens = new Map<string, { repository: string; actions: readonly string[] }>();
  const requests: SeenRequest[] = [];
  const { anonymous = {}, users = {}, refreshTokens = {} } = options;

  const mayOf = (
    request: SeenRequest,
    form: URLSearchParams,
  ): Readonly<Record<string, string>> | undefined => {
    const refresh = form.get('refresh_token');
    if (refresh !== null) {
      const user = Object.keys(refreshTokens).find((name) => refreshTokens[name] === refresh);
      return user === undefined ? undefined : users[user]?.may;
    }
    const { authorization } = request.headers;
    if (authorization === undefined) return anonymous;
    const [user = '', password] = Buffer.from(authorization.replace('Basic ', ''), 'base64')
      .toString()
      .split(':');
    return users[user]?.password === password ? users[user]?.may : undefined;
  };

  const give = (may: Readonly<Record<string, string>>, scope: string): string => {
    const [, repository = '', wanted = ''] = /^repository:([^:]+):(.*)$/.exec(scope) ?? [];
    const granted = (may[repository] ?? '').split(',');
    const token = randomBytes(16).toString('hex');
    tokens.set(token, {
      repository,
      actions: wanted.split(',').filter((action) => granted.includes(action)),
    });
    return token;
  };

  const server = createServer((incoming, response) => {
    void (async () => {
      const request = seen(incoming);
      const body = await readBody(incoming);
      requests.push(request);
      const query = new URL(request.path, 'http://token').searchParams;
      const form = request.method === 'POST' ? new URLSearchParams(body.toString()) : query;
      const may = mayOf(request, form);
      const lifetime = options.expiresIn === undefined ? {} : { expires_in: options.expiresIn };
      const answer =
        may === undefined
          ? { status: 401, body: Buffer.from('{"errors":[{"code":"UNAUTHORIZED"}]}') }
          : {
              status: 200,
              body: Buffer.from(JSON.stringify({ token: give(may, form.get('scope') ?? ''), ...lifetime })),
            };
      await answerWith(response, false, answer, server_.misbehave?.(request));
    })();
  });
  const { host, close } = await listen(server);
  const server_: TokenServer = {
    host,
    realm: `http://${host}/token`,
    requests,
    misbehave: undefined,
    permits: (token, repository, action) => {
      const known = tokens.get(token);
      return known !== undefined && known.repository === repository && known.actions.includes(action);
    },
    revoke: () => tokens.clear(),
    close,
  };
  return server_;
}
