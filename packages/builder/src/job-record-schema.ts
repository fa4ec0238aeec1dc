import { z } from 'zod';
import type { JsonValue } from 'in-toto-attestation';
import { commitSchema, contentDigestSchema, inputDigestSchema } from './digest.ts';
import { imageSchema } from './image.ts';
import { JOB_RECORD_API_VERSION, JOB_STATUSES, type JobRecord } from './job-record.ts';
import { lineSchema, pathSchema, patternSchema } from './text.ts';
import { timestampSchema } from './timestamp.ts';
import { refSchema, sourceUriSchema, uriSchema, wholeUriSchema } from './uri.ts';
import { vouchingSchema } from './vouching-schema.ts';

/** The strict reader has made sure that it is JSON; copying it would only lose something. */
const jsonSchema = z.custom<JsonValue>(() => true);

const jsonObjectSchema = z.record(lineSchema(256), jsonSchema).readonly();

const job = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, {
        error: 'expected a plain name of at most 128 letters, digits, ".", "_" and "-"',
      })
      .describe('Id of the job; a plain name, because it names a folder.'),
    attempt: z
      .int()
      .min(1, { error: 'expected 1 or more' })
      .describe('Which run of the job this is, from 1.'),
    uri: wholeUriSchema.describe('URI of this run.'),
  })
  .readonly();

const pipeline = z
  .strictObject({
    name: lineSchema(256).describe('Name of the pipeline.'),
    uri: uriSchema.exactOptional().describe("URI of the pipeline's definition; needs digest."),
    digest: inputDigestSchema.exactOptional().describe("Digest of the pipeline's definition; needs uri."),
  })
  .readonly();

const source = z
  .strictObject({
    uri: sourceUriSchema.describe('SPDX download location of the Git repository, without ref.'),
    ref: refSchema.exactOptional().describe('Fully qualified Git ref.'),
    commit: commitSchema.describe('Commit id that was checked out.'),
  })
  .readonly();

const trigger = z
  .strictObject({
    kind: z
      .string()
      .regex(/^[a-z][a-z0-9_-]{0,63}$/, { error: 'expected a lower-case word such as "push"' })
      .describe('What started the job: push, tag, pull-request, schedule, manual, api, or another word.'),
    actor: lineSchema(256)
      .exactOptional()
      .describe('Who started it, as the control plane authenticated them.'),
  })
  .readonly();

const resources = z
  .record(
    z
      .string()
      .regex(/^[a-z0-9](?:[A-Za-z0-9./-]{0,126}[A-Za-z0-9])?$/, { error: 'expected the name of a resource' }),
    z.string().regex(/^[0-9]+(?:\.[0-9]+)?(?:[EPTGMk]i?|Ki|m|[eE][0-9]{1,2})?$/, {
      error: 'expected a Kubernetes quantity such as "2", "500m" or "4Gi"',
    }),
  )
  .readonly();

const log = z
  .strictObject({
    path: pathSchema.exactOptional().describe('File below the log folder; the builder hashes it.'),
    uri: uriSchema.exactOptional().describe('Where the log can be read.'),
    digest: contentDigestSchema.exactOptional().describe('Digest of the log, as the control plane took it.'),
  })
  .readonly();

const definition = z
  .strictObject({
    buildType: uriSchema.describe('The build type; verifiers compare it exactly.'),
    externalParameters: jsonObjectSchema
      .refine((parameters) => Object.keys(parameters).length > 0, {
        error: 'expected at least one external parameter',
      })
      .meta({ minProperties: 1 })
      .describe('All that a tenant could set, as the build type has it.'),
    internalParameters: jsonObjectSchema
      .exactOptional()
      .describe('What the platform decided, as the build type has it.'),
  })
  .readonly();

const step = z
  .strictObject({
    name: lineSchema(128).describe('Name of the step, unique within the job.'),
    image: imageSchema.exactOptional().describe('Image that the step ran in.'),
    command: z
      .array(z.string())
      .min(1, { error: 'expected at least one word' })
      .readonly()
      .exactOptional()
      .describe('Program and its arguments, one string each.'),
    startedOn: timestampSchema.exactOptional().describe('When the step started.'),
    finishedOn: timestampSchema.exactOptional().describe('When the step ended.'),
    exitCode: z
      .int()
      .min(-1)
      .max(0xffff_ffff)
      .exactOptional()
      .describe('Exit code of the command; -1 when it has none.'),
    log: log.exactOptional().describe('Log of the step.'),
    resources: resources.exactOptional().describe('Limits of the step, as Kubernetes quantities by name.'),
    annotations: jsonObjectSchema.exactOptional().describe('Further facts, any JSON.'),
  })
  .readonly();

const input = z
  .strictObject({
    name: lineSchema(1024).exactOptional().describe('Name; name or uri is needed.'),
    uri: uriSchema.exactOptional().describe('URI; name or uri is needed.'),
    digest: inputDigestSchema.describe('Digest of what was taken in.'),
    downloadLocation: uriSchema.exactOptional().describe('Where it was fetched from, when that is not uri.'),
    mediaType: lineSchema(256).exactOptional().describe('Media type.'),
    annotations: jsonObjectSchema.exactOptional().describe('Further facts, any JSON.'),
  })
  .readonly();

const artifacts = z
  .strictObject({
    paths: z
      .array(patternSchema)
      .readonly()
      .exactOptional()
      .describe('Files below the artifact folder, by path or glob pattern.'),
    images: z.array(imageSchema).readonly().exactOptional().describe('Images that the job pushed.'),
    ociLayouts: z
      .array(pathSchema)
      .readonly()
      .exactOptional()
      .describe('Folders below the artifact folder that hold an OCI image layout.'),
  })
  .readonly();

const egressPolicy = z
  .strictObject({
    name: lineSchema(256).describe('Name of the policy.'),
    path: pathSchema.exactOptional().describe('File below the log folder; the builder hashes it.'),
    digest: contentDigestSchema
      .exactOptional()
      .describe('Digest of the policy, as the control plane took it.'),
  })
  .readonly();

/** `prefix/name` or `name`, as Kubernetes has keys of labels. */
const LABEL =
  /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/;

const podLabels = z
  .record(
    z.string().regex(LABEL, { error: 'expected the key of a label' }),
    z.string().regex(LABEL_VALUE, { error: 'expected the value of a label' }),
  )
  .readonly();

const security = z
  .strictObject({
    runAsNonRoot: z.boolean().exactOptional().describe('Whether no container may run as root.'),
    runAsUser: z.int().min(0).max(0xffff_ffff).exactOptional().describe('User id of all containers.'),
    privileged: z.boolean().exactOptional().describe('Whether a container is privileged.'),
    allowPrivilegeEscalation: z
      .boolean()
      .exactOptional()
      .describe('Whether a container may gain more rights than it began with.'),
    hostNetwork: z.boolean().exactOptional().describe("Whether it shares the node's network."),
    hostPID: z.boolean().exactOptional().describe("Whether it sees the node's processes."),
    hostIPC: z.boolean().exactOptional().describe("Whether it shares the node's IPC."),
    hostPath: z.boolean().exactOptional().describe('Whether a folder of the node is mounted.'),
  })
  .readonly();

const isolation = z
  .strictObject({
    namespace: lineSchema(253).describe('Kubernetes namespace.'),
    pod: lineSchema(253).describe('Name of the pod.'),
    podUid: z
      .string()
      .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, { error: 'expected a UUID in lower case' })
      .exactOptional()
      .describe('metadata.uid of the pod.'),
    podLabels: podLabels.exactOptional().describe('metadata.labels of the pod.'),
    ephemeral: z
      .boolean()
      .describe('Whether the environment was made for this job and is destroyed after it.'),
    deletedOn: timestampSchema.exactOptional().describe('When the pod was gone.'),
    security: security
      .exactOptional()
      .describe('Security context of the pod: of all its containers, after defaults.'),
    egressPolicy: egressPolicy.exactOptional().describe('Network policy that was in force.'),
  })
  .readonly();

const environment = z
  .strictObject({
    workerImage: imageSchema.exactOptional().describe("Image that the job's pod ran."),
    coordinatorImage: imageSchema.exactOptional().describe('Image of the coordinator; part of the builder.'),
    resources: resources.exactOptional().describe('Limits of the job, as Kubernetes quantities by name.'),
    network: z.literal('none').exactOptional().describe('none: the job had no network at all.'),
    isolation: isolation.exactOptional().describe('How the job was kept apart from others.'),
  })
  .readonly();

const builder = z
  .strictObject({
    id: uriSchema.describe('URI of the deployment of the control plane, in one mode of operation.'),
    version: z
      .record(lineSchema(128), lineSchema(256))
      .readonly()
      .exactOptional()
      .describe('Versions of its components by name.'),
  })
  .readonly();

/** Shape of a {@link JobRecord}, field by field. What the fields say about each other: `findContradictions`. */
export const jobRecordSchema: z.ZodType<JobRecord> = z
  .strictObject({
    apiVersion: z.literal(JOB_RECORD_API_VERSION).describe('Version of this format.'),
    kind: z.literal('JobRecord').describe('Kind of the document.'),
    job: job.describe('The job.'),
    pipeline: pipeline.describe('The pipeline that ran.'),
    status: z.enum(JOB_STATUSES).describe('How the job ended.'),
    source: source
      .exactOptional()
      .describe('The source that was built; needed unless there is a definition.'),
    trigger: trigger.exactOptional().describe('What started the job.'),
    parameters: jsonObjectSchema
      .exactOptional()
      .describe('What whoever started the job could set; any JSON.'),
    definition: definition
      .exactOptional()
      .describe("The build in the words of another platform's build type, in place of pipeline/v1."),
    steps: z.array(step).readonly().describe('Steps that ran, in the order in which they started.'),
    inputs: z
      .array(input)
      .readonly()
      .exactOptional()
      .describe('What else the job took in, as in-toto ResourceDescriptors.'),
    artifacts: artifacts.describe('What the job made.'),
    environment: environment.exactOptional().describe('Where the job ran.'),
    builder: builder.describe('Who ran the job.'),
    startedOn: timestampSchema.exactOptional().describe('When the job started.'),
    finishedOn: timestampSchema.exactOptional().describe('When the job ended.'),
    vouching: vouchingSchema
      .exactOptional()
      .describe('Who vouches for which of these facts, as JSON pointers into this record.'),
  })
  .readonly()
  .meta({
    title: 'Danube job record',
    description: 'What a CI control plane says about one job that has ended.',
  });
