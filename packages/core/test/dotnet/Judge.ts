import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { createInterface } from "node:readline"

/** An answer of .NET: its parts, or the reason why it throws. */
export type Answer = { readonly parts: readonly [string, string] } | { readonly refusal: string }

const answerOf = (line: string): Answer => {
  const [mark, first = "", second = ""] = line.split("\t")
  return mark === "=" ? { parts: [first, second] } : { refusal: first }
}

interface Waiting {
  readonly count: number
  readonly answers: Array<Answer>
  readonly resolve: (answers: ReadonlyArray<Answer>) => void
  readonly reject: (error: Error) => void
}

/** A running program of `judge/Judge.cs`. */
export class Judge {
  readonly #process: ChildProcess
  readonly #waiting: Array<Waiting> = []
  #errors = ""

  constructor(command: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) {
    this.#process = spawn(command, args, { env, stdio: "pipe" })
    createInterface({ input: this.#process.stdout! }).on("line", (line) => this.#answered(answerOf(line)))
    this.#process.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text
    })
    this.#process.on("error", (error) => this.#ended(error.message))
    // It ended before it read everything; its end tells why.
    this.#process.stdin!.on("error", () => {})
    this.#process.on("close", (code) => this.#ended(`it ended with ${code}: ${this.#errors}`))
  }

  /** Asks several questions at once; the answers are in their order. */
  ask(
    questions: ReadonlyArray<readonly [operation: string, ...parts: ReadonlyArray<string>]>
  ): Promise<ReadonlyArray<Answer>> {
    if (questions.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count: questions.length, answers: [], resolve, reject })
      this.#process.stdin!.write(`${questions.map((parts) => parts.join("\t")).join("\n")}\nflush\n`)
    })
  }

  stop(): void {
    this.#process.stdin!.end()
  }

  #answered(answer: Answer): void {
    const [first] = this.#waiting
    if (first === undefined) return
    first.answers.push(answer)
    if (first.answers.length < first.count) return
    this.#waiting.shift()
    first.resolve(first.answers)
  }

  #ended(reason: string): void {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`The judge does not answer: ${reason}`))
  }
}
