import { Certificate, type Message, MessageBody, MessageQueue, SecurityContext } from "@effect-msmq/core"
import { Effect, FileSystem, Option, Result, Schema, Stdio, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { bytes, counted } from "../amounts.ts"
import { onBackend } from "../backends.ts"
import { Failed, WrongUse } from "../Failed.ts"
import { cannotRead } from "../fileFailure.ts"
import * as Output from "../Output.ts"
import { queue, queueFlag } from "../queueArgument.ts"

/** Codecs by the words of `--as`: each takes the text or the bytes that were given. */
const codecs = {
  bytes: MessageBody.bytes,
  text: MessageBody.text,
  json: MessageBody.json(Schema.Unknown),
  xml: MessageBody.xml(Schema.String)
}

type As = keyof typeof codecs

/** Returns the body of a message as bytes with its type, or a sentence that says what is wrong. */
const encode = (as: As, given: Uint8Array): Result.Result<MessageBody.EncodedBody, string> => {
  if (as === "bytes") return MessageBody.bytes.encode(given)
  return Result.flatMap(MessageBody.text.decode({ body: given, bodyType: 0 }), (text) => {
    if (as === "json") return Result.flatMap(parsed(text), (value) => codecs.json.encode(value))
    return codecs[as].encode(text)
  })
}

const parsed = (text: string): Result.Result<unknown, string> =>
  Result.try({ try: () => JSON.parse(text) as unknown, catch: (error) => `must be JSON: ${(error as Error).message}` })

/** Reads what is to be sent: an argument, a file, or standard input. */
const inputOf = (body: Option.Option<string>, file: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isSome(body)) return Stream.make(new TextEncoder().encode(body.value))
    const path = Option.getOrElse(file, () => "-")
    if (path !== "-") {
      return Stream.mapError((yield* FileSystem.FileSystem).stream(path), cannotRead(path))
    }
    const stdio = yield* Stdio.Stdio
    if (yield* stdio.stdinIsTerminal) {
      return yield* new WrongUse(
        "there is nothing to send: give a body behind the queue, --file FILE, or pipe a body into the command"
      )
    }
    return Stream.mapError(stdio.stdin, cannotRead("standard input"))
  })

const sentBefore = (line: number): string => (line === 1 ? "" : ". The lines before it have been sent")

/** Body as it was given, and the line that it stands in. */
interface Given {
  readonly line: number
  readonly body: Uint8Array
}

const byteOrderMark = /^\u00EF\u00BB\u00BF/

/** Cuts bytes into lines that are not empty. A character stands for each byte meanwhile, so that none is changed. */
const linesOf = <E, R>(input: Stream.Stream<Uint8Array, E, R>): Stream.Stream<Given, E, R> =>
  input.pipe(
    Stream.map((bytes) => Buffer.from(bytes).toString("latin1")),
    Stream.splitLines,
    Stream.map((text, index) => (index === 0 ? text.replace(byteOrderMark, "") : text)),
    Stream.map((text, index) => ({ line: index + 1, body: Buffer.from(text, "latin1") })),
    Stream.filter(({ body }) => body.length > 0)
  )

/** Cuts what is read into the bodies of messages: one for each line, or one for all. */
const bodiesOf = <E, R>(input: Stream.Stream<Uint8Array, E, R>, lines: boolean): Stream.Stream<Given, E, R> =>
  lines
    ? linesOf(input)
    : Stream.fromEffect(
        Effect.map(Stream.runCollect(input), (chunks) => ({ line: 1, body: Buffer.concat([...chunks]) }))
      )

const flags = {
  queue,
  body: Argument.String("body").pipe(
    Argument.withDescription("Body of the message; standard input where neither it nor --file is given"),
    Argument.optional
  ),
  file: Flag.String("file").pipe(
    Flag.withAlias("f"),
    Flag.withMetavar("FILE"),
    Flag.withDescription("File with the body; - is standard input"),
    Flag.optional
  ),
  lines: Flag.Boolean("lines").pipe(
    Flag.withDescription("One message for each line that is not empty"),
    Flag.withDefault(false)
  ),
  as: Flag.Literals("as", ["bytes", "text", "json", "xml"]).pipe(
    Flag.withDescription(
      "Kind of the bodies: bytes as they are, UTF-8 text, JSON, or a string for .NET's XmlMessageFormatter"
    ),
    Flag.withDefault("bytes")
  ),
  label: Flag.String("label").pipe(
    Flag.withAlias("l"),
    Flag.withDescription("Label, of at most 249 characters"),
    Flag.withDefault("")
  ),
  priority: Flag.Int("priority").pipe(
    Flag.filter(
      (priority) => priority >= 0 && priority <= 7,
      () => "a whole number from 0 to 7"
    ),
    Flag.withDescription("Priority, 0 to 7; 3 by default"),
    Flag.withDefault(3)
  ),
  recoverable: Flag.Boolean("recoverable").pipe(
    Flag.withDescription("Survives a restart of the machines on its way; transactional messages always do"),
    Flag.withDefault(false)
  ),
  timeToBeReceived: Flag.String("time-to-be-received").pipe(
    Flag.withMetavar("DURATION"),
    Flag.withDescription("Time after which a message that nobody has received is gone, such as '10 minutes'"),
    Flag.optional
  ),
  responseQueue: queueFlag("response-queue").pipe(Flag.withDescription("Queue for answers"), Flag.optional),
  deadLetter: Flag.Boolean("dead-letter").pipe(
    Flag.withDescription("A message that is lost on its way goes to the dead-letter queue"),
    Flag.withDefault(false)
  ),
  transactional: Flag.Boolean("transactional").pipe(
    Flag.withDescription("Kind of a queue whose properties cannot be read from here, such as another machine's"),
    Flag.optional
  ),
  authenticate: Flag.Boolean("authenticate").pipe(
    Flag.withDescription("Signs the messages with the internal certificate, through one security context for all"),
    Flag.withDefault(false)
  ),
  certificate: Flag.String("certificate").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription(
      "Signs the messages with this certificate, PEM or DER, whose private key is in the user's store"
    ),
    Flag.optional
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("One JSON object: accepted, bytes, messageIds"),
    Flag.withDefault(false)
  )
}

/** Acquires the security context that the flags ask for. */
const contextOf = (authenticate: boolean, file: Option.Option<string>) =>
  Effect.gen(function* () {
    if (Option.isNone(file)) return authenticate ? yield* SecurityContext.acquire() : undefined
    const bytes = yield* Effect.mapError((yield* FileSystem.FileSystem).readFile(file.value), cannotRead(file.value))
    const isDer = bytes[0] === 0x30
    const certificate = yield* isDer ? Certificate.fromDer(bytes) : Certificate.fromPem(new TextDecoder().decode(bytes))
    return yield* SecurityContext.acquire({ certificate })
  })

export const send = Command.make("send", flags, (given) =>
  Effect.gen(function* () {
    if (Option.isSome(given.body) && (Option.isSome(given.file) || given.lines)) {
      return yield* new WrongUse("give the body as an argument, or --file and --lines, not both")
    }
    const input = yield* inputOf(given.body, given.file)
    const sender = yield* MessageQueue.openSender(given.queue, {
      transactional: Option.getOrUndefined(given.transactional)
    })
    const securityContext = yield* contextOf(given.authenticate, given.certificate)
    const message = {
      label: given.label,
      priority: given.priority,
      delivery: given.recoverable ? ("recoverable" as const) : undefined,
      timeToBeReceived: Option.getOrUndefined(given.timeToBeReceived) as Message.Message["timeToBeReceived"],
      responseQueue: Option.getOrUndefined(given.responseQueue),
      journaling: given.deadLetter ? { deadLetter: true } : undefined
    }
    const messages = bodiesOf(input, given.lines).pipe(
      Stream.mapEffect(({ body, line }) =>
        Effect.fromResult(encode(given.as, body)).pipe(
          Effect.mapBoth({
            onSuccess: (encoded) => ({ ...message, ...encoded }),
            onFailure: (rule) =>
              new Failed({ message: `${given.lines ? `line ${line}` : "the body"} ${rule}${sentBefore(line)}` })
          })
        )
      )
    )
    const { progress } = yield* Output.Output
    const report = yield* sender
      .sendAll(messages, {
        securityContext,
        messageIds: given.json,
        transaction: sender.transactional === true ? "singleMessage" : undefined,
        onProgress: ({ accepted }) => progress(`${counted(accepted, "message")} sent`)
      })
      .pipe(Effect.ensuring(Effect.sync(() => progress(""))))
    if (given.json) {
      const { accepted, bytes, messageIds } = report
      return yield* Output.json({ accepted, bytes, messageIds })
    }
    yield* Output.line(`${counted(report.accepted, "message")} sent to ${sender.queue} (${bytes(report.bytes)})`)
  }).pipe(Effect.scoped, onBackend)
).pipe(
  Command.withDescription("Sends a message, or one for each line of a file or of standard input."),
  Command.withExamples([
    { command: "effect-msmq send orders 'hello' --label greeting", description: "One message" },
    { command: "effect-msmq send orders --file orders.ndjson --lines --as json", description: "One for each line" },
    { command: "cat order.xml | effect-msmq send orders --authenticate", description: "Signed, from standard input" }
  ])
)
