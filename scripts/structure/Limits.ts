/** Numbers of findings that are written down and may only fall. */

/** Number of findings that is allowed, by the name of the measure. A measure that is not named has none. */
export type Limits = Readonly<Record<string, number>>

/** Findings of one measure, such as the cycles of one package. */
export interface Measure {
  readonly name: string
  readonly findings: ReadonlyArray<string>
}

/** Returns a sentence for each measure whose number is not the written one. */
export const complaintsOf = (measures: ReadonlyArray<Measure>, limits: Limits): ReadonlyArray<string> => {
  const measured = new Set(measures.map(({ name }) => name))
  const counts = measures.flatMap(({ findings, name }) => {
    const [count, limit] = [findings.length, limits[name] ?? 0]
    if (count > limit) return [`${name}: ${count}, and no more than ${limit} are allowed`]
    return count < limit ? [`${name}: ${count}, and ${limit} are written down: lower the number`] : []
  })
  const unknown = Object.keys(limits).filter((name) => !measured.has(name))
  return [...counts, ...unknown.map((name) => `${name}: nothing measures this: remove its number`)]
}

/** Returns the limits with each number that is too high lowered to what is measured. No number rises. */
export const lowered = (measures: ReadonlyArray<Measure>, limits: Limits): Limits =>
  Object.fromEntries(
    measures
      .map(({ findings, name }) => [name, Math.min(findings.length, limits[name] ?? 0)] as const)
      .filter(([, count]) => count > 0)
  )
