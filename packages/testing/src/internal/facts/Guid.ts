export { isGuid, toBytes } from "@effect-msmq/core/mqrt/Guid"

/** GUID as text, without braces: lower-case hexadecimal digits in the groups 8-4-4-4-12. */
export type Guid = string
