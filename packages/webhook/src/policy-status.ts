import { printable } from '@danube/verifier';
import type { JsonObject } from 'in-toto-attestation';
import type { AuditLog } from './audit.ts';
import { isBroken, type PolicyResource } from './custom-resources.ts';
import { KubernetesRefusal, listAt, objectAt, textAt, type KubernetesApi } from './kubernetes-api.ts';
import type { Mode } from './mode.ts';

/** Of a condition, whose own limit is 32768. */
const MESSAGE_LENGTH = 1024;

/** What is said of a policy: a condition of Kubernetes (metav1.Condition) without its time. */
interface Ready {
  readonly type: 'Ready';
  readonly status: 'True' | 'False';
  readonly reason: 'Loaded' | 'Invalid';
  readonly message: string;
  readonly observedGeneration: number;
}

/**
 * Says at each policy of the cluster what became of it: the condition Ready in its status. All replicas say it, and by
 * server-side apply they say the same: who sees that it stands there writes nothing, and nobody says the same thing of the
 * same object twice, so that replicas of two minds do not write for ever.
 */
export class PolicyStatus {
  readonly #api: KubernetesApi;
  readonly #log: AuditLog;
  readonly #signal: AbortSignal;
  /** What was said last, by the object's uid. */
  #said = new Map<string, string>();
  #next: { readonly resources: readonly PolicyResource[]; readonly usual: Mode } | undefined;
  #isSaying = false;
  #mayNot = false;

  constructor(api: KubernetesApi, log: AuditLog, signal: AbortSignal) {
    this.#api = api;
    this.#log = log;
    this.#signal = signal;
  }

  /** Says it some time soon; of several calls meanwhile the last one counts. `usual` is the mode of who has none. */
  say(resources: readonly PolicyResource[], usual: Mode): void {
    this.#next = { resources, usual };
    if (!this.#isSaying) void this.#sayAll();
  }

  async #sayAll(): Promise<void> {
    this.#isSaying = true;
    for (let next = this.#next; next !== undefined && !this.#signal.aborted; next = this.#next) {
      this.#next = undefined;
      const uids = new Set(next.resources.map(({ object }) => uidOf(object)));
      this.#said = new Map([...this.#said].filter(([uid]) => uids.has(uid)));
      for (const resource of next.resources) if (!this.#mayNot) await this.#sayOne(resource, next.usual);
    }
    this.#isSaying = false;
  }

  async #sayOne(resource: PolicyResource, usual: Mode): Promise<void> {
    const { object, path } = resource;
    const ready = readyOf(resource, usual);
    const text = JSON.stringify(ready);
    if (this.#said.get(uidOf(object)) === text) return;
    this.#said.set(uidOf(object), text);
    const before = listAt(objectAt(object, 'status'), 'conditions').find(({ type }) => type === 'Ready');
    if (before !== undefined && JSON.stringify(plain(before)) === text) return;
    try {
      await this.#api.apply(`${path}/status`, statusOf(object, ready, before), this.#signal);
    } catch (error) {
      this.#said.delete(uidOf(object));
      this.#failed(error, path);
    }
  }

  #failed(error: unknown, path: string): void {
    const status = error instanceof KubernetesRefusal ? error.status : 0;
    // It was deleted meanwhile, or we are to end.
    if (status === 404 || this.#signal.aborted) return;
    this.#mayNot = status === 403;
    this.#log({
      timestamp: new Date().toISOString(),
      level: 'warn',
      event: 'policy_status_not_written',
      path,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

function uidOf(object: JsonObject): string {
  return textAt(objectAt(object, 'metadata'), 'uid');
}

function readyOf({ policy, object }: PolicyResource, usual: Mode): Ready {
  const generation = objectAt(object, 'metadata')['generation'];
  const observedGeneration = typeof generation === 'number' ? generation : 0;
  return isBroken(policy)
    ? {
        type: 'Ready',
        status: 'False',
        reason: 'Invalid',
        message: printable(`everything in its reach is refused: ${policy.reason}`).slice(0, MESSAGE_LENGTH),
        observedGeneration,
      }
    : {
        type: 'Ready',
        status: 'True',
        reason: 'Loaded',
        message: `in force in mode ${policy.mode ?? usual}`,
        observedGeneration,
      };
}

/** A condition as it stands there, in the order of ours. */
function plain({ type, status, reason, message, observedGeneration }: JsonObject): object {
  return { type, status, reason, message, observedGeneration };
}

function statusOf(object: JsonObject, ready: Ready, before: JsonObject | undefined): JsonObject {
  const { apiVersion = '', kind = '' } = object;
  const metadata = objectAt(object, 'metadata');
  const [name, namespace] = [textAt(metadata, 'name'), textAt(metadata, 'namespace')];
  const since =
    before === undefined || before['status'] !== ready.status ? '' : textAt(before, 'lastTransitionTime');
  const lastTransitionTime = since === '' ? new Date().toISOString().replace(/\.\d+Z$/, 'Z') : since;
  return {
    apiVersion,
    kind,
    metadata: namespace === '' ? { name } : { name, namespace },
    status: {
      observedGeneration: ready.observedGeneration,
      conditions: [{ ...ready, lastTransitionTime }],
    },
  };
}
