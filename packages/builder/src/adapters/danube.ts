import { encodeJson, type JsonValue } from 'in-toto-attestation';
import { parseJobRecord } from '../job-record-parser.ts';
import type { JobRecord } from '../job-record.ts';
import { withMode, type AdapterOptions } from './facts.ts';

/**
 * A job by the record that Danube's Master wrote of it. It is given its mode, control plane on machines of its own, and says
 * who vouches: the Master for all but what the job made, unless the record already says it.
 */
export function readDanubeRecord(
  value: JsonValue,
  { builderId, jobId, artifacts }: AdapterOptions,
): JobRecord {
  const record = parseJobRecord(encodeJson(value));
  return {
    ...record,
    job: { ...record.job, ...(jobId === undefined ? {} : { id: jobId }) },
    artifacts: artifacts?.length ? { ...record.artifacts, paths: artifacts } : record.artifacts,
    builder: {
      ...record.builder,
      id: withMode('danube', builderId ?? record.builder.id, 'control-plane/self-hosted'),
    },
    vouching: record.vouching ?? { controlPlane: [''], tenant: ['/artifacts'] },
  };
}
