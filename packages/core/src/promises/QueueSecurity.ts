/**
 * Rights on queues for programs that do not use Effect. A `Connection` grants, denies, revokes and lists them: `grantQueueRights`
 * and others.
 *
 * @since 0.1.0
 */
export type { Part, Permission, QueueRight, Right, Trustee } from "../QueueSecurity.ts"
export { genericRights, rightGroups, rights, standardRights } from "../QueueSecurity.ts"
