import type { JsonObject, JsonValue } from 'in-toto-attestation';
import type { Image } from '../image.ts';
import { readJobRecord } from '../job-record-parser.ts';
import {
  JOB_RECORD_API_VERSION,
  type Definition,
  type Input,
  type JobRecord,
  type JobStatus,
  type Source,
  type Step,
  type Trigger,
} from '../job-record.ts';
import { PlatformError } from './errors.ts';
import type { Platform } from './platforms.ts';

/**
 * From where a job is described: by itself, from its own environment, which the tenant controls, or by a control plane, from
 * what the platform told it.
 */
export type Vantage = 'job-environment' | 'control-plane';

/** Who runs the machine of a job: the platform, or its customer. */
export type Runner = 'hosted' | 'self-hosted' | 'unknown-runner';

/** What a platform says of a job. What it does not say is left out. */
export interface JobFacts {
  readonly id: string;
  readonly attempt: number;
  readonly uri: string;
  readonly pipeline: string;
  readonly status: JobStatus;
  readonly source?: Source | undefined;
  readonly trigger?: Trigger | undefined;
  readonly parameters?: JsonObject | undefined;
  readonly definition?: Definition | undefined;
  readonly steps?: readonly Step[];
  readonly inputs?: readonly Input[];
  readonly images?: readonly Image[];
  /** What ran the job, as a URI; undefined where the platform has no name for it. */
  readonly builder?: string | undefined;
  readonly runner: Runner;
  readonly version?: Readonly<Record<string, string>> | undefined;
  readonly startedOn?: string | undefined;
  readonly finishedOn?: string | undefined;
  /** Pointers to what a control plane has from the tenant alone. */
  readonly fromTenant?: readonly string[];
}

/** What the caller adds to what the platform says. */
export interface AdapterOptions {
  /** In place of the URI that the platform has for its builder; the mode is added to it as well. */
  readonly builderId?: string | undefined;
  /** In place of the id that the platform has for the job, such as for one of several jobs of a matrix. */
  readonly jobId?: string | undefined;
  /** Files below the artifact folder, by path or pattern. */
  readonly artifacts?: readonly string[] | undefined;
}

/**
 * The job record of what a platform says. The builder id ends in `#VANTAGE/RUNNER`, so that it tells the modes apart, and
 * the record says who vouches.
 *
 * @throws {PlatformError} without a builder id. @throws {JobRecordError} for facts that no record may hold.
 */
export function recordOf(
  platform: Platform,
  vantage: Vantage,
  facts: JobFacts,
  options: AdapterOptions,
): JobRecord {
  const { images = [], inputs = [], version = {}, fromTenant = [] } = facts;
  const { artifacts: paths = [] } = options;
  return readJobRecord(
    toJson({
      apiVersion: JOB_RECORD_API_VERSION,
      kind: 'JobRecord',
      job: { id: options.jobId ?? plainName(facts.id), attempt: facts.attempt, uri: facts.uri },
      pipeline: { name: facts.pipeline },
      status: facts.status,
      source: facts.source,
      trigger: facts.trigger,
      parameters: facts.parameters,
      definition: facts.definition,
      steps: facts.steps ?? [],
      inputs: inputs.length > 0 ? inputs : undefined,
      artifacts: {
        paths: paths.length > 0 ? paths : undefined,
        images: images.length > 0 ? images : undefined,
      },
      builder: {
        id: builderId(platform, vantage, facts, options),
        version: Object.keys(version).length > 0 ? version : undefined,
      },
      startedOn: facts.startedOn,
      finishedOn: facts.finishedOn,
      vouching:
        vantage === 'job-environment'
          ? { tenant: [''] }
          : { controlPlane: [''], tenant: ['/artifacts', ...fromTenant] },
    }),
  );
}

function builderId(
  platform: Platform,
  vantage: Vantage,
  { builder, runner }: JobFacts,
  options: AdapterOptions,
): string {
  const base = options.builderId ?? builder;
  if (base === undefined) {
    throw new PlatformError(
      platform,
      '',
      'expected a builder id, because the platform has none',
      'name your deployment of it by --builder-id URI',
    );
  }
  return withMode(platform, base, `${vantage}/${runner}`);
}

/** A builder id and the mode of operation as its fragment. */
export function withMode(platform: Platform, base: string, mode: string): string {
  if (base.endsWith(`#${mode}`)) return base;
  if (!base.includes('#')) return `${base}#${mode}`;
  throw new PlatformError(
    platform,
    '',
    `expected a builder id without fragment, found ${JSON.stringify(base)}`,
    `"#${mode}" is added to it`,
  );
}

/** Ids of platforms as the plain names that record and store want. */
function plainName(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
}

/** The same as JSON has it: members that are undefined are none. */
function toJson(value: unknown): JsonValue {
  // eslint-disable-next-line typescript/no-unsafe-type-assertion -- JSON.parse gives nothing else
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
