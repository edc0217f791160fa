import type { MessageBody } from "@effect-msmq/core"
import * as Result from "effect/Result"

/** Results of the SDK and of .NET for the same document or value: each a value in the judge's notation, or the reason of a refusal. */
export interface Comparison {
  /** Name of the row that it belongs to, as in `xmlKinds.ts`. */
  readonly row: string
  /** Name of the .NET: `".NET Core 2.0"`, `".NET 10.0.12"`. */
  readonly dotnet: string
  /** Work that is compared: reading a document, reading what the SDK writes, or the text that both write. */
  readonly work: "reading" | "writing" | "letters"
  /** The document that was read or, of `letters`, that the SDK writes. */
  readonly document: string
  readonly ours: Result.Result<string, string>
  readonly theirs: Result.Result<string, string>
}

/** Returns `true` where both make the same of it, or both refuse it. */
export const agrees = ({ ours, theirs }: Comparison): boolean =>
  Result.isSuccess(ours) ? Result.isSuccess(theirs) && ours.success === theirs.success : Result.isFailure(theirs)

const side = (result: Result.Result<string, string>): string =>
  Result.isSuccess(result) ? result.success : `refused: ${result.failure}`

/** Prints a comparison for people. */
export const print = ({ document, dotnet, ours, row, theirs, work }: Comparison): string =>
  [`${row}, ${work}: ${JSON.stringify(document)}`, `  the SDK: ${side(ours)}`, `  ${dotnet}: ${side(theirs)}`].join(
    "\n"
  )

/** A kind of disagreement that is known. */
export interface Known {
  /** Statement for `docs/bodies.md`: what the two do. */
  readonly name: string
  /** Reason why the SDK does otherwise, or what is to be mended. */
  readonly reason: string
  readonly covers: (comparison: Comparison) => boolean
  /** A case that shows it: the entry has to go when it no longer does. */
  readonly example: Example
}

/** A case of a row: a document that both read, or a value that the SDK writes. */
export interface Example {
  readonly row: string
  /** The document, or the one that the SDK writes. */
  readonly document: string | Result.Result<MessageBody.EncodedBody, string>
  /** Value that is written, in the judge's notation. */
  readonly value?: string
  readonly work: Comparison["work"]
  /** Names of the .NETs that show it; by default all do. */
  readonly onlyIn?: RegExp
}

/** Makes a test for what the SDK reads and .NET refuses, by .NET's reason. */
export const onlyWeRead =
  (reason: RegExp, document = /^/) =>
  (one: Comparison): boolean =>
    Result.isSuccess(one.ours) &&
    Result.isFailure(one.theirs) &&
    reason.test(one.theirs.failure) &&
    document.test(one.document)

/** Makes a test for what .NET reads and the SDK refuses, by the SDK's rule. */
export const onlyTheyRead =
  (rule: RegExp, document = /^/) =>
  (one: Comparison): boolean =>
    Result.isFailure(one.ours) &&
    Result.isSuccess(one.theirs) &&
    rule.test(one.ours.failure) &&
    document.test(one.document)

/** Makes a test for values that differ, and are the same once what is known is taken out of both. */
export const equalAfter =
  (change: (value: string) => string, document = /^/) =>
  (one: Comparison): boolean =>
    Result.isSuccess(one.ours) &&
    Result.isSuccess(one.theirs) &&
    change(one.ours.success) === change(one.theirs.success) &&
    document.test(one.document)
