/** Addresses of direct and multicast format names: a grammar for each protocol. */
import * as Result from "effect/Result"
import type { Protocol } from "./formatNameKinds.ts"
import { computer, host } from "./nameParts.ts"
import { decimal, isHex, type Reader } from "./nameScanner.ts"

const dotted =
  (noun: string, first: number, last: number): Reader<string> =>
  (scanner) =>
    Result.gen(function* () {
      const start = scanner.position
      yield* decimal(`the first part of ${noun}`, first, last)(scanner)
      for (let part = 2; part <= 4; part++) {
        if (!scanner.accepts(".")) {
          return yield* scanner.illegal(`${noun} has four numbers joined by .`)
        }
        yield* decimal(`each part of ${noun}`, 0, 255)(scanner)
      }
      return scanner.text.slice(start, scanner.position)
    })

const ipv4 = dotted("an IPv4 address", 0, 255)

export const multicastAddress = dotted("a multicast address", 224, 239)

export const port: Reader<number> = decimal("a port", 0, 65535)

const isHexOrColon = (code: number): boolean => isHex(code) || code === 0x3a

const ipv6: Reader<string> = (scanner) => {
  const start = scanner.position
  const text = scanner.takeWhile(isHexOrColon)
  const halves = text.split("::")
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")))
  const isCount = halves.length === 1 ? groups.length === 8 : halves.length === 2 && groups.length < 8
  return isCount && groups.every((group) => group.length >= 1 && group.length <= 4)
    ? Result.succeed(text)
    : scanner.illegal("an IPv6 address has 8 groups of 1 to 4 hexadecimal digits, or fewer and one ::", start)
}

export const ip: Reader<string> = (scanner) => {
  const start = scanner.position
  const isIpv6 = scanner.takeWhile(isHexOrColon).includes(":")
  scanner.position = start
  return isIpv6 ? ipv6(scanner) : ipv4(scanner)
}

const ipx: Reader<string> = (scanner) => {
  const start = scanner.position
  const network = scanner.takeWhile(isHex).length
  const node = scanner.accepts(":") ? scanner.takeWhile(isHex).length : 0
  return network >= 1 && network <= 8 && node >= 1 && node <= 12
    ? Result.succeed(scanner.text.slice(start, scanner.position))
    : scanner.illegal("an IPX address is a network number, : and a host number, in 8 and 12 hexadecimal digits", start)
}

const bracketed: Reader<string> = (scanner) =>
  Result.flatMap(ipv6(scanner), () =>
    scanner.accepts("]") ? Result.succeed("") : scanner.illegal("] stands after the IPv6 address")
  )

const hostAndPort: Reader<string> = (scanner) =>
  Result.gen(function* () {
    const start = scanner.position
    yield* scanner.accepts("[") ? bracketed(scanner) : host(scanner)
    if (scanner.accepts(":")) {
      yield* port(scanner)
    }
    return scanner.text.slice(start, scanner.position)
  })

interface ProtocolGrammar {
  readonly address: Reader<string>
  readonly before: string
  readonly after: string
}

/** Grammars of the addresses, by protocol. */
export const protocols: { readonly [Name in Protocol]: ProtocolGrammar } = {
  os: { address: computer, before: "", after: "" },
  tcp: { address: ip, before: "", after: "" },
  http: { address: hostAndPort, before: "//", after: "/MSMQ" },
  https: { address: hostAndPort, before: "//", after: "/MSMQ" },
  ipx: { address: ipx, before: "", after: "" }
}

export const isUrl = (protocol: Protocol): boolean => protocols[protocol].after !== ""
