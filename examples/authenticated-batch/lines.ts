/** The lines of a file, cut as its bytes arrive. */
import { Message } from "@effect-msmq/core"
import { BadInput } from "./BadInput.ts"

export interface Line {
  /** Number of the line in the file, from 1. */
  readonly number: number
  /** The bytes as they stand in the file, without the end of the line. */
  readonly bytes: Uint8Array
  /** Bytes of the file up to the end of this line. */
  readonly end: number
}

const lineFeed = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/**
 * Cuts chunks at line feeds. A carriage return before one belongs to the line's end, and a byte order mark does not belong
 * to the first line. Keeps no more of a line than a message may have.
 */
export class LineCutter {
  #number = 1
  #end = 0
  #begun: Array<Uint8Array> = []
  #begunBytes = 0

  /** Returns the lines that end in a chunk. Throws a {@link BadInput} for one that is too long. */
  push(chunk: Uint8Array): ReadonlyArray<Line> {
    const lines: Array<Line> = []
    let begin = 0
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, begin)) {
      lines.push(this.#cut(chunk.subarray(begin, end), 1))
      begin = end + 1
    }
    if (begin < chunk.length) this.#begin(chunk.subarray(begin))
    return lines
  }

  /** Returns the last line, which may have no end. */
  finish(): ReadonlyArray<Line> {
    return this.#begunBytes === 0 ? [] : [this.#cut(new Uint8Array(), 0)]
  }

  #begin(bytes: Uint8Array): void {
    this.#begunBytes += bytes.length
    this.#begun.push(bytes)
    if (this.#begunBytes > Message.maximumPacketSize) throw this.#tooLong()
  }

  #cut(rest: Uint8Array, lineEnd: number): Line {
    if (this.#begunBytes + rest.length > Message.maximumPacketSize) throw this.#tooLong()
    const whole = this.#begunBytes === 0 ? rest : Buffer.concat([...this.#begun, rest])
    this.#begun = []
    this.#begunBytes = 0
    this.#end += whole.length + lineEnd
    const number = this.#number++
    const isMarked = number === 1 && byteOrderMark.every((byte, index) => whole[index] === byte)
    const bytes = whole.subarray(
      isMarked ? byteOrderMark.length : 0,
      whole.at(-1) === carriageReturn ? whole.length - 1 : whole.length
    )
    return { number, bytes, end: this.#end }
  }

  #tooLong(): BadInput {
    return new BadInput({
      message: `line ${this.#number} has more than ${Message.maximumPacketSize} bytes, the most that a message can have`
    })
  }
}
