/**
 * Values as the judge prints them (`judge/Notation.cs`): as text, which says the type of each, and from which two texts are
 * equal only for equal values.
 */
import { ticksOf } from "../../src/internal/bodies/calendar.ts"

const view = new DataView(new ArrayBuffer(8))

const hex = (value: bigint, length: number): string => value.toString(16).padStart(length, "0")

export const double = (value: number): string => {
  view.setFloat64(0, value)
  return Number.isNaN(value) ? "f64:NaN" : `f64:${hex(view.getBigUint64(0), 16)}`
}

export const single = (value: number): string => {
  view.setFloat32(0, value)
  return Number.isNaN(value) ? "f32:NaN" : `f32:${hex(BigInt(view.getUint32(0)), 8)}`
}

const escaped = (unit: string): string => {
  if (unit === '"' || unit === "\\") return `\\${unit}`
  return unit >= " " && unit <= "~" ? unit : `\\u${hex(BigInt(unit.charCodeAt(0)), 4)}`
}

export const text = (value: string): string => `"${value.split("").map(escaped).join("")}"`

export const bytes = (value: Uint8Array): string => `bytes:${Buffer.from(value).toString("hex")}`

/** Prints a decimal that is given as text, as .NET would: without a plus sign, needless zeros in front or the sign of a zero. */
export const decimal = (value: string): string => {
  const [, sign = "", whole = "", point = ""] = /^([+-]?)0*(\d*)((?:\.\d+)?)/.exec(value) ?? []
  const digits = `${whole === "" ? "0" : whole}${point}`
  return `dec:${sign === "-" && /[1-9]/.test(digits) ? "-" : ""}${digits}`
}

const minute = 600_000_000n

const kindOf = (zone: string): string => {
  if (zone === "") return "Unspecified"
  return zone === "Z" ? "Utc" : "Local"
}

/** Prints a date and time that is given as text; one with more digits than .NET has stays text. */
export const dateTime = (value: string): string => {
  const [, clock = "", zone = ""] = /^(.*?)(Z|[+-]\d\d:\d\d)?$/.exec(value) ?? []
  const ticks = ticksOf(clock)
  if (ticks === undefined) return `dt:${value}`
  const [sign, hours, minutes] = [zone.slice(0, 1), zone.slice(1, 3), zone.slice(4)]
  const offset = BigInt(hours) * 60n + BigInt(minutes)
  return `dt:${ticks - (sign === "-" ? -offset : offset) * minute}:${kindOf(zone)}`
}

/** Prints a date and time with its offset that is given as text. */
export const dateTimeOffset = (value: string): string => {
  const [, clock = "", zone = ""] = /^(.*?)(Z|[+-]\d\d:\d\d)$/.exec(value) ?? []
  const minutes = zone === "Z" ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)))
  return `dto:${ticksOf(clock)}:${minutes === 0 ? 0 : minutes}`
}

/** Prints an instant, which .NET keeps as one of the kind Utc. */
export const instant = (milliseconds: number): string => dateTime(new Date(milliseconds).toISOString())
