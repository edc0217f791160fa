import { SendBlock } from "./SendBlock.ts"

/** Blocks of the sends off the main thread, each of which has one of its own while its call runs. */
export class SendBlocks {
  readonly #free: Array<SendBlock> = []

  take(): SendBlock {
    return this.#free.pop() ?? new SendBlock()
  }

  /** Takes a block back for the next call. There are never more blocks than calls at once. */
  release(block: SendBlock): void {
    block.shrink()
    this.#free.push(block)
  }

  /** Frees all blocks. None is in use any more. */
  close(): void {
    for (const block of this.#free.splice(0)) block.close()
  }
}
