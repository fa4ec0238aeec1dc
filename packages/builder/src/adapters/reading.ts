import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from 'in-toto-attestation';
import { PlatformError } from './errors.ts';
import type { Platform } from './platforms.ts';

/** Environment variables by name; what is not set may be missing or undefined. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads documented environment variables. An empty one counts as not set: platforms set many of them to nothing. */
export class EnvironmentReader {
  readonly platform: Platform;
  readonly #environment: Environment;

  constructor(platform: Platform, environment: Environment) {
    this.platform = platform;
    this.#environment = environment;
  }

  get(name: string): string | undefined {
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    return value === '' ? undefined : value;
  }

  /** @throws {PlatformError} when it is not set */
  need(name: string, hint?: string): string {
    const value = this.get(name);
    if (value !== undefined) return value;
    throw new PlatformError(
      this.platform,
      name,
      `expected this environment variable of a ${this.platform} job, found it not set`,
      hint ?? 'call it in a job of this platform, or give what the platform said of the job by --event FILE',
    );
  }

  /** @throws {PlatformError} when it is set and no whole number from 0 on */
  getCount(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (/^[0-9]{1,9}$/.test(value)) return Number(value);
    throw new PlatformError(this.platform, name, 'expected a whole number');
  }
}

/** Reads a JSON document of a platform by JSON pointers. null counts as missing, as those documents mean it. */
export class EventReader {
  readonly platform: Platform;
  readonly #value: JsonValue;
  readonly #pointer: string;

  constructor(platform: Platform, value: JsonValue, pointer: string = '') {
    this.platform = platform;
    this.#value = value;
    this.#pointer = pointer;
  }

  value(pointer: string): JsonValue | undefined {
    let value: JsonValue | undefined = this.#value;
    for (const key of pointer.split('/').slice(1)) {
      if (isJsonArray(value)) value = value[Number(key)];
      else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
      if (value === undefined) return undefined;
    }
    return value ?? undefined;
  }

  has(pointer: string): boolean {
    return this.value(pointer) !== undefined;
  }

  /** The text there; nothing for the empty one. */
  get(pointer: string): string | undefined {
    const value = this.value(pointer);
    if (value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw this.wrong(pointer, 'a text');
  }

  /** @throws {PlatformError} when there is none */
  need(pointer: string): string {
    return this.get(pointer) ?? this.#missing(pointer, 'a text');
  }

  /** A text or whole number: platforms write ids in both ways. */
  getId(pointer: string): string | undefined {
    const value = this.value(pointer);
    return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : this.get(pointer);
  }

  needId(pointer: string): string {
    return this.getId(pointer) ?? this.#missing(pointer, 'a number or text');
  }

  getNumber(pointer: string): number | undefined {
    const value = this.value(pointer);
    if (value === undefined) return undefined;
    if (typeof value === 'number') return value;
    throw this.wrong(pointer, 'a number');
  }

  getFlag(pointer: string): boolean | undefined {
    const value = this.value(pointer);
    if (value === undefined) return undefined;
    if (typeof value === 'boolean') return value;
    throw this.wrong(pointer, 'true or false');
  }

  getObject(pointer: string): JsonObject | undefined {
    const value = this.value(pointer);
    if (value === undefined) return undefined;
    if (isJsonObject(value)) return value;
    throw this.wrong(pointer, 'an object');
  }

  needObject(pointer: string): JsonObject {
    return this.getObject(pointer) ?? this.#missing(pointer, 'an object');
  }

  /** Readers of the items of a list; none when it is not there. */
  list(pointer: string): EventReader[] {
    const value = this.value(pointer);
    if (value === undefined) return [];
    if (!isJsonArray(value)) throw this.wrong(pointer, 'a list');
    return value.map(
      (item, index) => new EventReader(this.platform, item, `${this.#pointer}${pointer}/${index}`),
    );
  }

  below(pointer: string): EventReader {
    return new EventReader(this.platform, this.value(pointer) ?? null, this.#pointer + pointer);
  }

  wrong(pointer: string, expected: string, hint?: string): PlatformError {
    return new PlatformError(
      this.platform,
      this.#pointer + pointer,
      `expected ${expected}, found ${describe(this.value(pointer))}`,
      hint,
    );
  }

  #missing(pointer: string, expected: string): never {
    throw this.wrong(
      pointer,
      expected,
      `docs/ci/${this.platform}.md says which documents of the platform are read`,
    );
  }
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return isJsonArray(value) ? 'a list' : isJsonObject(value) ? 'an object' : String(value);
}

/** The members that are texts or can be written as one: what a person typed in to start a build. */
export function withoutEmpty(members: JsonObject | undefined): JsonObject | undefined {
  const entries = Object.entries(members ?? {}).filter(([, value]) => value !== null && value !== '');
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
