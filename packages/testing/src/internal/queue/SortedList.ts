/** Largest length of a block: moving so many items costs less than following the pointers of a tree. */
const limit = 512

/**
 * Items in an order, no two of them at the same place. They are kept in blocks, so that adding or removing an item costs no
 * more than finding it, which grows with the logarithm of their number, and costs the same at both ends for any number.
 * `Key` is the part of an item that the order compares.
 */
export class SortedList<Key, Item extends Key> {
  readonly #compare: (a: Key, b: Key) => number
  /** Blocks in order; none is empty. */
  #blocks: Array<Array<Item>> = []

  /** `compare`: a negative number where the first item is before the second, 0 where both are at the same place. */
  constructor(compare: (a: Key, b: Key) => number) {
    this.#compare = compare
  }

  /** First item. */
  get first(): Item | undefined {
    return this.#blocks[0]?.[0]
  }

  /** Last item. */
  get last(): Item | undefined {
    return this.#blocks.at(-1)?.at(-1)
  }

  /** All items in order, as they are now. */
  get all(): ReadonlyArray<Item> {
    return this.#blocks.flat()
  }

  /** Returns the item at a place. */
  get(key: Key): Item | undefined {
    const block = this.#blocks[this.#blockOf(key)]
    const item = block?.[this.#indexIn(block, key)]
    return item !== undefined && this.#compare(item, key) === 0 ? item : undefined
  }

  /** Returns the first item behind a place, which may be empty. */
  after(key: Key): Item | undefined {
    const at = this.#blockOf(key)
    const block = this.#blocks[at]
    if (block === undefined) return undefined
    const index = this.#indexIn(block, key)
    const item = block[index]
    const found = item !== undefined && this.#compare(item, key) === 0 ? block[index + 1] : item
    return found ?? this.#blocks[at + 1]?.[0]
  }

  /** Returns the last item before a place. */
  before(key: Key): Item | undefined {
    const at = this.#blockOf(key)
    const block = this.#blocks[at]
    return block?.[this.#indexIn(block, key) - 1] ?? this.#blocks[at - 1]?.at(-1)
  }

  /** Adds an item. */
  add(item: Item): void {
    const { last } = this
    if (last === undefined || this.#compare(last, item) < 0) this.#push(item)
    else {
      const at = this.#blockOf(item)
      const block = this.#blocks[at] ?? []
      block.splice(this.#indexIn(block, item), 0, item)
      if (block.length > limit) this.#blocks.splice(at + 1, 0, block.splice(limit / 2))
    }
  }

  /** Removes an item. */
  delete(item: Item): void {
    const at = this.#blockOf(item)
    const block = this.#blocks[at]
    if (block === undefined) return
    const index = this.#indexIn(block, item)
    const found = block[index]
    if (found === undefined || this.#compare(found, item) !== 0) return
    if (index === 0) block.shift()
    else block.splice(index, 1)
    if (block.length > limit / 4) return
    if (block.length === 0) this.#blocks.splice(at, 1)
    else if (!this.#join(at)) this.#join(at - 1)
  }

  /** Removes all items. */
  clear(): void {
    this.#blocks = []
  }

  /** Yields the items from the first to the last; items may be added and removed meanwhile. */
  *[Symbol.iterator](): Generator<Item> {
    for (let item = this.first; item !== undefined; item = this.after(item)) yield item
  }

  #push(item: Item): void {
    const block = this.#blocks.at(-1)
    if (block === undefined || block.length >= limit) this.#blocks.push([item])
    else block.push(item)
  }

  /** Joins two small neighbours into one block, so that few items are never in many blocks. */
  #join(at: number): boolean {
    const block = this.#blocks[at]
    const next = this.#blocks[at + 1]
    if (block === undefined || next === undefined || block.length + next.length > limit / 2) return false
    this.#blocks.splice(at, 2, [...block, ...next])
    return true
  }

  /** Returns the index of the last block that does not begin behind a place, or of the first. */
  #blockOf(key: Key): number {
    let [low, high] = [0, this.#blocks.length - 1]
    // Most operations are at the front.
    if (high > 0 && this.#compare(this.#blocks[1]![0]!, key) > 0) return 0
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#compare(this.#blocks[middle]![0]!, key) > 0) high = middle - 1
      else low = middle
    }
    return low
  }

  /** Returns the index, in a block, of the first item that is not before a place. */
  #indexIn(block: ReadonlyArray<Item>, key: Key): number {
    let [low, high] = [0, block.length]
    if (high > 0 && this.#compare(block[0]!, key) >= 0) return 0
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(block[middle]!, key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
