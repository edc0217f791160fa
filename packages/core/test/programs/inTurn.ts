/** Does something with each, one after the other. */
export const inTurn = async <A>(these: Iterable<A>, use: (one: A) => unknown): Promise<void> => {
  for await (const done of used(these, use)) void done
}

async function* used<A>(these: Iterable<A>, use: (one: A) => unknown): AsyncGenerator<unknown> {
  for (const one of these) yield use(one)
}

/** Does something so often, one time after the other. */
export const times = (count: number, use: () => unknown): Promise<void> =>
  inTurn(Array.from({ length: count }).keys(), use)
