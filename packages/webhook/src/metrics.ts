/** Metrics in Prometheus' text format 0.0.4. Labels have few values each, none of them a tenant's to choose. */
type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  lines(): string[];
}

/** One line or more of a metric: what was counted under these labels. */
interface Series<Value> {
  readonly labels: Labels;
  readonly value: Value;
}

/** What is behind the values of the first labels. */
interface Branch<Value> {
  readonly next: Map<string, Branch<Value>>;
  series?: Series<Value>;
}

/**
 * The series of one metric, whose labels all have the same names in the same order. They are found value by value: to put a
 * text together for each thing that is counted costs several times as much.
 */
class AllSeries<Value> {
  readonly all: Series<Value>[] = [];
  readonly #root: Branch<Value> = { next: new Map() };

  find(labels: Labels, make: () => Value): Value {
    let branch = this.#root;
    for (const value of Object.values(labels)) {
      let next = branch.next.get(value);
      if (next === undefined) branch.next.set(value, (next = { next: new Map() }));
      branch = next;
    }
    if (branch.series === undefined) this.all.push((branch.series = { labels, value: make() }));
    return branch.series.value;
  }
}

export class Counter implements Metric {
  readonly type = 'counter';
  readonly name: string;
  readonly help: string;
  readonly #series = new AllSeries<{ count: number }>();

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  add(labels: Labels = {}, count: number = 1): void {
    this.#series.find(labels, () => ({ count: 0 })).count += count;
  }

  lines(): string[] {
    return this.#series.all.map(({ labels, value }) => `${this.name}${encodeLabels(labels)} ${value.count}`);
  }
}

export class Gauge implements Metric {
  readonly type = 'gauge';
  readonly name: string;
  readonly help: string;
  readonly #read: () => number | undefined;

  /** @param read is called when somebody looks; `undefined` leaves the metric out. */
  constructor(name: string, help: string, read: () => number | undefined) {
    this.name = name;
    this.help = help;
    this.#read = read;
  }

  lines(): string[] {
    const value = this.#read();
    return value === undefined ? [] : [`${this.name} ${value}`];
  }
}

/** Up to the longest that an API server waits. In seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30] as const;

export class Histogram implements Metric {
  readonly type = 'histogram';
  readonly name: string;
  readonly help: string;
  readonly #series = new AllSeries<{ readonly counts: number[]; sum: number; count: number }>();

  constructor(name: string, help: string) {
    this.name = name;
    this.help = help;
  }

  observe(seconds: number, labels: Labels = {}): void {
    const series = this.#series.find(labels, () => ({ counts: BUCKETS.map(() => 0), sum: 0, count: 0 }));
    const bucket = BUCKETS.findIndex((limit) => seconds <= limit);
    if (bucket !== -1) series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
    series.count += 1;
  }

  lines(): string[] {
    return this.#series.all.flatMap(({ labels, value: { counts, sum, count } }) => {
      let below = 0;
      const buckets = BUCKETS.map((limit, index) => {
        below += counts[index] ?? 0;
        return `${this.name}_bucket${encodeLabels({ ...labels, le: String(limit) })} ${below}`;
      });
      return [
        ...buckets,
        `${this.name}_bucket${encodeLabels({ ...labels, le: '+Inf' })} ${count}`,
        `${this.name}_sum${encodeLabels(labels)} ${sum}`,
        `${this.name}_count${encodeLabels(labels)} ${count}`,
      ];
    });
  }
}

function encodeLabels(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  return `{${entries.map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, escapeLabel)}"`).join(',')}}`;
}

function escapeLabel(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}

/** The whole page. */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics
    .flatMap((metric) => [
      `# HELP ${metric.name} ${metric.help}`,
      `# TYPE ${metric.name} ${metric.type}`,
      ...metric.lines(),
      '',
    ])
    .join('\n');
}
