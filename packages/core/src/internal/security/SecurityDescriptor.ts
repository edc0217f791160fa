/** Security descriptors as records. */
import type { Kind, ObjectKind } from "./accessEntryTable.ts"
import type { Sid } from "./sidText.ts"

/**
 * A security descriptor; a part that it says nothing of is left out.
 *
 * - `owner`, `group`: `O:` and `G:`
 * - `dacl`: `D:`, who may do what; `sacl`: `S:`, what is written to the security log
 *
 * @category models
 * @since 0.1.0
 */
export interface SecurityDescriptor {
  readonly owner?: Sid | undefined
  readonly group?: Sid | undefined
  readonly dacl?: AccessList | undefined
  readonly sacl?: AccessList | undefined
}

/**
 * An access control list. Of the entries, the first that speaks of a right decides.
 *
 * - `entries`: `null`, in text `NO_ACCESS_CONTROL`, is no list: everybody may do everything. By an empty list nobody may do
 *   anything
 * - `isProtected`: `P`: nothing is inherited from above
 * - `autoInheritRequired`, `autoInherited`: `AR` and `AI`: what is to be, or was, inherited from above
 *
 * @category models
 * @since 0.1.0
 */
export interface AccessList {
  readonly entries: ReadonlyArray<Entry> | null
  readonly isProtected: boolean
  readonly autoInheritRequired: boolean
  readonly autoInherited: boolean
}

/**
 * An entry of an access control list.
 *
 * - `kind`: `"allow"` is `A` in text, `"deny"` `D`, `"audit"` `AU`, `"mandatoryLabel"` `ML`, `"scopedPolicy"` `SP`; the
 *   ones about a type of object in the directory are `OA`, `OD` and `OU`. `"other"`: one that only its bytes say, such as
 *   a conditional one
 * - `flags`: `0x01` `OI`, `0x02` `CI`, `0x04` `NP`, `0x08` `IO`, `0x10` `ID`, `0x20` `CR`, `0x40` `SA`, `0x80` `FA`
 * - `rights`: 32 bits; for queues they are those of `QueueSecurity.rights`, and the generic and standard ones
 * - `sid`: whom it is about
 * - `objectType`, `inheritedObjectType`: GUIDs without braces, in lower case
 * - `type`, `data`: the number of its type, and what follows its header of four bytes
 *
 * @category models
 * @since 0.1.0
 */
export type Entry =
  | {
      readonly kind: Exclude<Kind, ObjectKind>
      readonly flags: number
      readonly rights: number
      readonly sid: Sid
    }
  | {
      readonly kind: ObjectKind
      readonly flags: number
      readonly rights: number
      readonly objectType: string | undefined
      readonly inheritedObjectType: string | undefined
      readonly sid: Sid
    }
  | { readonly kind: "other"; readonly type: number; readonly flags: number; readonly data: Uint8Array }
