/** Member of a tagged union. */
export interface Tagged<out Tag extends string> {
  /** Name of the member, which tells it from the others of its union. */
  readonly _tag: Tag
}
