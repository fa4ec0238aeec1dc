import { MalformedError } from 'in-toto-attestation';

/** How the tests of a report ended, by name. Skipped tests, and failures that were expected, are in none of the first two. */
export interface TestOutcomes {
  readonly passed: string[];
  readonly failed: string[];
  /** Failures that the report marks as expected (TODO). */
  readonly warned: string[];
}

const RESULT = /^( *)(not )?ok\b(?: +[0-9]+)?(?: +-)?(?: +(.*))?$/;
const SUBTEST = /^( *)# Subtest: (.*)$/;
const PLAN = /^( *)1\.\.([0-9]+)(?: *#.*)?$/;
const DIRECTIVE = /(?:^|\s)#\s*(skip|todo)\S*(?:\s.*)?$/i;

/**
 * Reads TAP 12 to 14 (testanything.org), with subtests as node:test and tap write them. A test is named by the way to
 * it, `suite > test`; only tests without tests below them are listed, and a suite that fails by itself.
 *
 * @throws {MalformedError} `ERR_VALUE` for a report without plan, or whose tests are not as many as planned: it was cut off;
 * and for one that ran no test.
 */
export function parseTap(text: string): TestOutcomes {
  const reader = new TapReader();
  let yamlIndent: number | undefined;
  for (const line of text.split(/\r?\n/)) {
    const indent = line.length - line.trimStart().length;
    const content = line.trim();
    if (yamlIndent !== undefined) {
      if (content === '...' && indent === yamlIndent) yamlIndent = undefined;
    } else if (content === '---') yamlIndent = indent;
    else reader.read(line);
  }
  return reader.end();
}

interface Level {
  /** Results so far, and how many there must be. */
  count: number;
  planned?: number;
  failed: number;
}

class TapReader {
  readonly #outcomes = { passed: [] as string[], failed: [] as string[], warned: [] as string[] };
  readonly #names: string[] = [];
  readonly #levels = new Map<number, Level>();
  #bailed = false;

  read(line: string): void {
    if (/^ *Bail out!/.test(line)) this.#bailed = true;
    const subtest = SUBTEST.exec(line);
    if (subtest !== null) {
      const depth = (subtest[1] ?? '').length >> 2;
      this.#names.splice(depth, Infinity, subtest[2] ?? '');
      return;
    }
    const plan = PLAN.exec(line);
    if (plan !== null) this.#level((plan[1] ?? '').length).planned = Number(plan[2]);
    const result = RESULT.exec(line);
    if (result !== null) this.#readResult(result);
  }

  #level(indent: number): Level {
    const level = this.#levels.get(indent) ?? { count: 0, failed: 0 };
    this.#levels.set(indent, level);
    return level;
  }

  #readResult([, blanks = '', not, rest = '']: RegExpExecArray): void {
    const level = this.#level(blanks.length);
    level.count += 1;
    const below = this.#closeBelow(blanks.length);
    const directive = DIRECTIVE.exec(rest)?.[1]?.toLowerCase();
    const isFailure = not !== undefined && directive !== 'todo';
    if (isFailure) level.failed += 1;
    const depth = blanks.length >> 2;
    const own = rest.replace(DIRECTIVE, '').trim();
    const name = [...this.#names.slice(0, depth), own === '' ? `test ${level.count}` : own].join(' > ');
    this.#names.splice(depth);
    // A suite says what its tests have said, unless it fails by itself.
    if (below !== undefined && !(isFailure && below.failed === 0)) return;
    if (directive === 'skip') return;
    if (not === undefined) this.#outcomes.passed.push(name);
    else if (directive === 'todo') this.#outcomes.warned.push(name);
    else this.#outcomes.failed.push(name);
  }

  /** The tests of the suite whose result comes now. */
  #closeBelow(indent: number): Level | undefined {
    let below: Level | undefined;
    for (const [deeper, level] of this.#levels) {
      if (deeper <= indent) continue;
      checkPlan(level);
      below = { count: level.count, failed: level.failed + (below?.failed ?? 0) };
      this.#levels.delete(deeper);
    }
    return below;
  }

  end(): TestOutcomes {
    if (this.#bailed) throw malformed('the tests bailed out');
    for (const level of this.#levels.values()) checkPlan(level);
    const { passed, failed, warned } = this.#outcomes;
    if (passed.length + failed.length + warned.length === 0) throw malformed('no test ran');
    return this.#outcomes;
  }
}

function checkPlan({ planned, count }: Level): void {
  if (planned === undefined) throw malformed('there is no plan (1..N): the report is not complete');
  if (planned !== count) throw malformed(`${planned} tests were planned, and ${count} are there`);
}

function malformed(message: string): MalformedError {
  return new MalformedError('ERR_VALUE', '', `TAP: ${message}`);
}
