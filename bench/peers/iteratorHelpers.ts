// Stands in for map and filter of iterators, which jax-js calls on the matches of a regular expression; Node has them from version 22 on.

function* map(this: Iterator<unknown>, to: (value: unknown) => unknown): Generator {
  for (let next = this.next(); !next.done; next = this.next()) yield to(next.value);
}

function* filter(this: Iterator<unknown>, keep: (value: unknown) => boolean): Generator {
  for (let next = this.next(); !next.done; next = this.next()) if (keep(next.value)) yield next.value;
}

/** What all iterators of the language inherit from. */
const iterators = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object;

for (const [name, value] of Object.entries({ map, filter }))
  if (!(name in iterators)) Object.defineProperty(iterators, name, { value, configurable: true, writable: true });
