import { z } from 'zod';
import { MODES, type Mode } from './mode.ts';

const path = z.string().min(1).max(4096).describe('A file; relative to the configuration.');
const name = z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, {
  error: 'expected a name of lower-case letters, digits, "-" and "."',
});
const line = z.string().regex(/^[^\p{Cc}\p{Cf}]{1,512}$/u, { error: 'expected one line of text' });
const mode = z.enum(MODES);
const port = z.int().min(0).max(65_535);
const host = z
  .string()
  .regex(/^[A-Za-z0-9.:[\]-]{1,255}$/, { error: 'expected a host, with its port if need be' });

function listOf<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z.array(item).min(1, { error: 'is an empty list; leave it out' }).max(1000);
}

const trustRoot = z.union(
  [
    z.strictObject({
      file: path,
      keys: listOf(path).describe('Public keys of those who sign trust roots.'),
      threshold: z.int().min(1).default(1),
    }),
    z.strictObject({
      file: path,
      plain: z.literal(true).describe('Nobody signed it; whoever may write the file is trusted.'),
    }),
  ],
  { error: 'expected { file, keys } or { file, plain: true }' },
);

const trust = z.union(
  [
    z.strictObject({ root: trustRoot }),
    z.strictObject({ publicKeys: listOf(path), threshold: z.int().min(1).default(1) }),
  ],
  { error: 'expected { root } or { publicKeys }' },
);

const seconds = (preset: number, max: number): z.ZodDefault<z.ZodInt> =>
  z.int().min(0).max(max).default(preset);

/** Who may sign trust roots, or that the caller vouches for the file. */
export type TrustRootFile =
  | { readonly file: string; readonly keys: readonly string[]; readonly threshold: number }
  | { readonly file: string; readonly plain: true };

/** The configuration, with every default. */
export interface WebhookConfig {
  readonly listen: { readonly address: string; readonly port: number };
  readonly metrics: { readonly address: string; readonly port: number };
  readonly tls?:
    | {
        readonly certificate: string;
        readonly privateKey: string;
        readonly clientCertificates?:
          { readonly authorities: string; readonly names?: readonly string[] | undefined } | undefined;
      }
    | undefined;
  readonly trust:
    { readonly root: TrustRootFile } | { readonly publicKeys: readonly string[]; readonly threshold: number };
  readonly mode: Mode;
  readonly noMatch: 'deny' | 'allow';
  readonly workloads: Mode;
  readonly failurePolicy: 'Fail' | 'Ignore';
  readonly policies?:
    | readonly {
        readonly file: string;
        readonly mode?: Mode | undefined;
        readonly namespaces?: readonly string[] | undefined;
      }[]
    | undefined;
  readonly customResources?: { readonly mode?: Mode | undefined } | undefined;
  readonly exemptions?: readonly ExemptionEntry[] | undefined;
  readonly registries: {
    readonly dockerConfig?: string | undefined;
    readonly plainHttp?: readonly string[] | undefined;
    readonly allowed?: readonly string[] | undefined;
    readonly tokenServers?: Readonly<Record<string, readonly string[]>> | undefined;
    readonly authorities?: string | undefined;
  };
  readonly pullSecrets?: { readonly namespaces: readonly string[] } | undefined;
  readonly cache: {
    readonly entries: number;
    readonly acceptedSeconds: number;
    readonly rejectedSeconds: number;
  };
  readonly limits: { readonly bodyBytes: number; readonly connections: number; readonly reviews: number };
  readonly gatekeeper?: object | undefined;
  readonly background?:
    | {
        readonly everySeconds: number;
        readonly policyReports: boolean;
        readonly exceptNamespaces?: readonly string[] | undefined;
      }
    | undefined;
  /** Folder with `token` and `ca.crt`: who the webhook is to the API server. */
  readonly serviceAccount: string;
  readonly reloadSeconds: number;
  readonly drainSeconds: number;
}

/** Images that nobody asks about. */
export interface ExemptionEntry {
  readonly images?: readonly string[] | undefined;
  readonly namespaces?: readonly string[] | undefined;
  readonly reason: string;
}

/** The configuration of the webhook, as it is written. Whoever can write it decides what a cluster runs. */
export const configSchema: z.ZodType<WebhookConfig> = z.strictObject({
  apiVersion: z.literal('danube.dev/v1'),
  kind: z.literal('WebhookConfig'),
  listen: z.strictObject({ address: host.default('0.0.0.0'), port: port.default(8443) }).prefault({}),
  metrics: z
    .strictObject({ address: host.default('0.0.0.0'), port: port.default(9090) })
    .prefault({})
    .describe('/metrics, /healthz and /readyz, without TLS.'),
  tls: z
    .strictObject({
      certificate: path,
      privateKey: path,
      clientCertificates: z
        .strictObject({ authorities: path, names: listOf(line).optional() })
        .describe('Who may ask: certificates of these authorities, of these common names.')
        .optional(),
    })
    .describe('Read again when the files change.')
    .optional(),
  trust,
  mode: mode
    .default('enforce')
    .describe('Of what belongs to no policy, and of policies that have none of their own.'),
  noMatch: z
    .enum(['deny', 'allow'])
    .default('deny')
    .describe('What becomes of an image that no policy is about.'),
  workloads: mode
    .default('enforce')
    .describe('The strictest that a failure is in a workload, whose pods are judged again.'),
  failurePolicy: z
    .enum(['Fail', 'Ignore'])
    .default('Fail')
    .describe('What the webhook configurations say: with Ignore, the log and a metric warn of it.'),
  policies: listOf(
    z.strictObject({
      file: path,
      mode: mode.optional(),
      namespaces: listOf(name).describe('Where it is in force; everywhere when left out.').optional(),
    }),
  ).optional(),
  customResources: z
    .strictObject({
      mode: mode.optional().describe('Of those without the annotation danube.dev/mode.'),
    })
    .optional()
    .describe(
      'Policies of the cluster as well: ClusterProvenancePolicy, and ProvenancePolicy, which only adds.',
    ),
  exemptions: listOf(
    z.strictObject({
      images: listOf(line)
        .describe('REGISTRY/REPOSITORY with * and ** in the repository; all when left out.')
        .optional(),
      namespaces: listOf(name).describe('All when left out.').optional(),
      reason: line.describe('Why; it is recorded with each use.'),
    }),
  ).optional(),
  registries: z
    .strictObject({
      dockerConfig: path
        .optional()
        .describe("Credentials, as Docker's config.json or a pull secret has them."),
      plainHttp: listOf(host).optional().describe('Registries without TLS.'),
      allowed: listOf(host).optional().describe('The only registries that are asked; all when left out.'),
      tokenServers: z
        .record(host, listOf(host))
        .optional()
        .describe('By registry, the token servers that get its credentials beside its own host.'),
      authorities: path
        .optional()
        .describe('Certificates (PEM) of authorities, in place of those that are usual.'),
    })
    .prefault({}),
  pullSecrets: z
    .strictObject({
      namespaces: listOf(name).describe('Where the webhook may read the pull secrets that pods name.'),
    })
    .optional()
    .describe(
      'Reads images with the pull secrets of the pods as well, or of their service accounts; needs a role in each namespace.',
    ),
  cache: z
    .strictObject({
      entries: z.int().min(0).max(10_000_000).default(20_000),
      acceptedSeconds: seconds(600, 86_400),
      rejectedSeconds: seconds(10, 3600),
    })
    .prefault({}),
  limits: z
    .strictObject({
      bodyBytes: z.int().min(1024).max(67_108_864).default(8_388_608),
      connections: z.int().min(1).max(100_000).default(1000),
      reviews: z.int().min(1).max(100_000).default(500).describe('Answered at the same time.'),
    })
    .prefault({}),
  gatekeeper: z
    .strictObject({})
    .optional()
    .describe("Answers Gatekeeper's external data at /gatekeeper; needs tls.clientCertificates."),
  background: z
    .strictObject({
      everySeconds: z.int().min(60).max(604_800).default(3600),
      policyReports: z
        .boolean()
        .default(false)
        .describe('A PolicyReport (wgpolicyk8s.io/v1alpha2) in each namespace with pods.'),
      exceptNamespaces: listOf(name)
        .describe('Not looked at: those about whose pods the API server does not ask either.')
        .optional(),
    })
    .optional()
    .describe('Judges running pods again, when rules change and every so often, and reports what fails.'),
  serviceAccount: path
    .default('/var/run/secrets/kubernetes.io/serviceaccount')
    .describe('Folder with token and ca.crt: who the webhook is to the API server.'),
  reloadSeconds: z.number().min(0.05).max(3600).default(5).describe('How often files are looked at.'),
  drainSeconds: z
    .number()
    .min(0)
    .max(300)
    .default(5)
    .describe('Between the wish to end and the last connection.'),
});

/** Its JSON Schema (draft 2020-12). */
export function webhookConfigJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input' });
  return {
    $schema,
    $id: 'https://danube.dev/schemas/webhook-config.schema.json',
    ...schema,
    title: 'Webhook configuration',
  };
}
