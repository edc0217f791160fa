import * as Effect from "effect/Effect"

/** Function of a service in promises. */
type InPromise<Member> =
  Member extends Effect.Effect<infer A, infer _E>
    ? () => Promise<A>
    : Member extends (...given: infer Given) => Effect.Effect<infer A, infer _E>
      ? (...given: Given) => Promise<A>
      : never

/** Service whose effects are functions that return promises. */
export type InPromises<Service> = { readonly [Name in keyof Service]: InPromise<Service[Name]> }

/** Runs an effect, and returns its promise. */
export type Run = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

type Member = Effect.Effect<unknown, unknown> | ((...given: ReadonlyArray<unknown>) => Effect.Effect<unknown, unknown>)

/** Returns a service whose effects are functions that return promises. */
export const inPromises = <Service extends object>(service: Service, run: Run): InPromises<Service> =>
  Object.fromEntries(
    (Object.entries(service) as ReadonlyArray<readonly [string, Member]>).map(([name, member]) => [
      name,
      (...given: ReadonlyArray<unknown>) =>
        run(Effect.suspend(() => (typeof member === "function" ? member(...given) : member)))
    ])
  ) as InPromises<Service>
