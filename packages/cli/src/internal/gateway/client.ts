/** Options of a client of a gateway, from flags and the environment. */
import type { RemoteMqrt } from "@effect-msmq/remote"
import { Config, Effect, FileSystem, Option, Redacted } from "effect"
import { Failed, WrongUse } from "../Failed.ts"
import { cannotRead } from "../fileFailure.ts"

/** Flags by which a client proves whose it is, and by which it knows the gateway. */
export interface ClientFlags {
  readonly tokenFile: Option.Option<string>
  readonly tlsCa: Option.Option<string>
  readonly tlsCert: Option.Option<string>
  readonly tlsKey: Option.Option<string>
}

/** Reads a file of text. */
export const textOf = (path: string): Effect.Effect<string, Failed, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) => Effect.mapError(files.readFileString(path), cannotRead(path)))

/** Reads the file of a flag, if there is one. */
export const textOfFlag = (path: Option.Option<string>) => (Option.isSome(path) ? textOf(path.value) : Effect.undefined)

/** Reads a variable; one that is empty counts as missing. */
export const variable = (name: string): Effect.Effect<string | undefined> =>
  Effect.gen(function* () {
    const value = yield* Config.String(name)
    return value === "" ? undefined : value
  }).pipe(Effect.orElseSucceed(() => undefined))

/** Reads a token of a file, without the end of its line. */
export const tokenOf = (path: string) => Effect.map(textOf(path), (text) => Redacted.make(text.trim()))

const token = (file: Option.Option<string>) =>
  Option.isSome(file)
    ? tokenOf(file.value)
    : Effect.map(variable("EFFECT_MSMQ_TOKEN"), (value) => (value === undefined ? undefined : Redacted.make(value)))

/** Reads the options of a client of the gateway at an address. */
export const clientOptions = (
  url: string,
  flags: ClientFlags
): Effect.Effect<RemoteMqrt.Options, Failed, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    if (Option.isSome(flags.tlsCert) !== Option.isSome(flags.tlsKey)) {
      return yield* new WrongUse("--tls-cert and --tls-key belong together: give both, or neither")
    }
    return {
      url,
      token: yield* token(flags.tokenFile),
      tls: {
        ca: yield* textOfFlag(flags.tlsCa),
        cert: yield* textOfFlag(flags.tlsCert),
        key: yield* textOfFlag(flags.tlsKey)
      }
    }
  })
