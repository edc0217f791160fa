/** A record of the seam as programs see it: what is not there is `undefined`. */
export type PublicRecord<A> = {
  readonly [Name in keyof A]: null extends A[Name] ? Exclude<A[Name], null> | undefined : A[Name]
}

export const publicRecord = <A extends object>(record: A): PublicRecord<A> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value ?? undefined])) as PublicRecord<A>

export const dateOf = (seconds: number): Date => new Date(seconds * 1000)
