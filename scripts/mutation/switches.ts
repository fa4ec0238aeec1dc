/** What instrumented code asks: every comparison as it is, but for the one that is changed now. */
export class Switches {
  /** The number of the mutant that is on. */
  active: number | undefined;
  /** The numbers of what was asked, where that is wanted. */
  asked: Set<number> | undefined;
  /** The left side of the connective that was asked last: its value, where the right side is not looked at. */
  left: unknown;

  #isOn(number: number): boolean {
    this.asked?.add(number);
    return this.active === number;
  }

  same(number: number, a: unknown, b: unknown): boolean {
    return this.#isOn(number) ? a !== b : a === b;
  }

  different(number: number, a: unknown, b: unknown): boolean {
    return this.#isOn(number) ? a === b : a !== b;
  }

  less(number: number, a: number, b: number): boolean {
    return this.#isOn(number) ? a <= b : this.#isOn(number + 1) ? a >= b : a < b;
  }

  lessOrSame(number: number, a: number, b: number): boolean {
    return this.#isOn(number) ? a < b : this.#isOn(number + 1) ? a > b : a <= b;
  }

  more(number: number, a: number, b: number): boolean {
    return this.#isOn(number) ? a >= b : this.#isOn(number + 1) ? a <= b : a > b;
  }

  moreOrSame(number: number, a: number, b: number): boolean {
    return this.#isOn(number) ? a > b : this.#isOn(number + 1) ? a < b : a >= b;
  }

  /** Whether the right side counts. */
  and(number: number, left: unknown): boolean {
    this.left = left;
    return this.#isOn(number) !== Boolean(left);
  }

  /** Whether the right side counts. */
  or(number: number, left: unknown): boolean {
    this.left = left;
    return this.#isOn(number) === Boolean(left);
  }

  not(number: number, value: unknown): unknown {
    return this.#isOn(number) ? value : !value;
  }

  truth(number: number, value: boolean): boolean {
    return this.#isOn(number) ? !value : value;
  }

  quantifier(number: number, name: 'some' | 'every'): 'some' | 'every' {
    if (!this.#isOn(number)) return name;
    return name === 'some' ? 'every' : 'some';
  }
}
