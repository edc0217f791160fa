/** Security descriptors as records. */
import type { Kind, ObjectKind } from "./accessEntryTable.ts"
import type { Sid } from "./sidText.ts"

/**
 * Security descriptor. A part that it does not have is left out.
 *
 * @category models
 * @since 0.1.0
 */
export interface SecurityDescriptor {
  /** Owner: `O:`. */
  readonly owner?: Sid | undefined
  /** Primary group: `G:`. */
  readonly group?: Sid | undefined
  /** List of permissions: `D:`. */
  readonly dacl?: AccessList | undefined
  /** List of accesses that are written to the security log: `S:`. */
  readonly sacl?: AccessList | undefined
}

/**
 * Access control list. The first entry for a right decides.
 *
 * @category models
 * @since 0.1.0
 */
export interface AccessList {
  /**
   * Entries in their order. `null`, in text `NO_ACCESS_CONTROL`, is no list: it allows everything to everyone. An empty list
   * denies everything to everyone.
   */
  readonly entries: ReadonlyArray<Entry> | null
  /** `true` where nothing is inherited: `P`. */
  readonly isProtected: boolean
  /** `true` where inheritance is to be computed: `AR`. */
  readonly autoInheritRequired: boolean
  /** `true` where inheritance was computed: `AI`. */
  readonly autoInherited: boolean
}

/**
 * Entry of an access control list. Kind, flags and rights have numbers in bytes and letters in SDDL.
 *
 * @category models
 * @since 0.1.0
 */
export type Entry =
  | {
      /**
       * Kind of the entry: in text `A` for `"allow"`, `D` for `"deny"`, `AU` for `"audit"`, `ML` for `"mandatoryLabel"`, `SP` for
       * `"scopedPolicy"`.
       */
      readonly kind: Exclude<Kind, ObjectKind>
      /** Sum of `0x01` `OI`, `0x02` `CI`, `0x04` `NP`, `0x08` `IO`, `0x10` `ID`, `0x20` `CR`, `0x40` `SA`, `0x80` `FA`. */
      readonly flags: number
      /** Rights in 32 bits; for queues those of `QueueSecurity.rights`, and the generic and standard ones. */
      readonly rights: number
      /** SID of the user or group that the entry is about. */
      readonly sid: Sid
    }
  | {
      /** Kind of an entry about a type of object in the directory: in text `OA`, `OD` or `OU`. */
      readonly kind: ObjectKind
      /** Flags, as of the other kinds. */
      readonly flags: number
      /** Rights in 32 bits. */
      readonly rights: number
      /** Type of object: a GUID without braces, in lower case; `undefined` for all. */
      readonly objectType: string | undefined
      /** Type of the objects that inherit the entry: a GUID without braces, in lower case; `undefined` for all. */
      readonly inheritedObjectType: string | undefined
      /** SID of the user or group that the entry is about. */
      readonly sid: Sid
    }
  | {
      /** Kind of an entry that only its bytes describe, such as a conditional one. */
      readonly kind: "other"
      /** Number of the type of the entry. */
      readonly type: number
      /** Flags, as of the other kinds. */
      readonly flags: number
      /** Bytes that follow the header of four bytes. */
      readonly data: Uint8Array
    }
