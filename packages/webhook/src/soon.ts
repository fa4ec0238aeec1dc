/**
 * What is there at once, or comes later. Nearly every answer is known at once, from memory, and to wait for it all the same
 * would take longer than to find it.
 */
export type Soon<Value> = Value | Promise<Value>;

/** Goes on with it: at once, where it is there. */
export function whenThere<Value, Next>(value: Soon<Value>, next: (value: Value) => Next): Soon<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}
