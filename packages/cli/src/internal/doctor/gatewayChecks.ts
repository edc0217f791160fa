/** Checks of the way to a gateway: its address, TLS, this client's rights, and the Message Queuing behind it. */
import { MessageQueue, type MsmqError, QueueManager } from "@effect-msmq/core"
import type { Mqrt } from "@effect-msmq/core/Mqrt"
import type { GatewayPolicy, RemoteMqrt } from "@effect-msmq/remote"
import { Clock, Effect, Result } from "effect"
import { counted } from "../amounts.ts"
import { version } from "../version.ts"
import { visible } from "../visible.ts"
import { failed, type Finding, type GatewayCheck, ok, warning } from "./Check.ts"
import { certificateAt, placeOf, reach } from "./lookAtGateway.ts"

/** Milliseconds before its end from which on a certificate has to be replaced. */
const soon = 30 * 86_400_000

/** Milliseconds by which clocks may differ. */
const mostApart = 60_000

/** Milliseconds from which on a call counts as slow. */
const slow = 100

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1)$/i

const milliseconds = (time: number): string => `${time.toFixed(1)} ms`

const day = (date: Date): string => date.toISOString().slice(0, 10)

/** Returns the rules of a client as a sentence has them. */
const rulesOf = (rules: ReadonlyArray<GatewayPolicy.QueueRule>): string =>
  rules.map(({ queues, rights }) => `${queues.map(visible).join(", ")} (${rights.join(", ")})`).join("; ")

const remote = Effect.promise(() => import("@effect-msmq/remote"))

/** Returns what became of the attempt to connect as a finding. */
const refused = ({ message, reason }: MsmqError.MsmqError): Finding =>
  reason._tag === "GatewayRefused"
    ? failed(
        message,
        "Compare the token (EFFECT_MSMQ_TOKEN, --token-file) or the certificate (--tls-cert) with the policy of the gateway, and the versions where it names them."
      )
    : failed(message, "Look at the log of the gateway, and at what stands between it and this machine.")

/** Queues of the gateway's own computer that rules name without a wildcard. */
const namedQueues = (rules: ReadonlyArray<GatewayPolicy.QueueRule>): ReadonlyArray<string> => [
  ...new Set(rules.flatMap(({ queues }) => queues).filter((name) => name.startsWith(".\\") && !name.includes("*")))
]

/** Makes the checks of the way to a gateway. */
export const gatewayChecks = (options: RemoteMqrt.Options): ReadonlyArray<GatewayCheck> => {
  const place = placeOf(options.url)
  const isLocal = loopback.test(place.host)
  /** Description of the gateway, once it has been asked. */
  let described: RemoteMqrt.Description | undefined
  const ofDescription = (finding: (description: RemoteMqrt.Description) => Finding): Effect.Effect<Finding> =>
    Effect.suspend(() =>
      described === undefined ? Effect.die("the gateway was not asked") : Effect.succeed(finding(described))
    )
  const through = <A>(effect: Effect.Effect<A, MsmqError.MsmqError, Mqrt>) =>
    Effect.flatMap(remote, ({ RemoteMqrt }) => Effect.provide(effect, RemoteMqrt.layer(options)))
  return [
    {
      id: "gatewayAddress",
      needs: [],
      run: Effect.match(reach(place), {
        onSuccess: (took) => ok(`${place.host}, port ${place.port}, accepts connections, within ${milliseconds(took)}`),
        onFailure: (reason) =>
          failed(
            `${place.host}, port ${place.port}, cannot be reached: ${reason}`,
            "Look whether the gateway runs, whether it listens at that address (--host, --port), and whether a firewall lets it through."
          )
      })
    },
    {
      id: "gatewayTls",
      needs: ["gatewayAddress"],
      run: place.isSecure
        ? Effect.match(certificateAt(place, options.tls ?? {}), {
            onSuccess: ({ problem, protocol }) =>
              problem === undefined
                ? ok(`${protocol}, with a certificate that is trusted for ${place.host}`)
                : failed(
                    `the certificate of the gateway is not trusted: ${problem}`,
                    "Give its authority with --tls-ca, and connect by a name that is in the certificate."
                  ),
            onFailure: (reason) =>
              failed(
                `TLS fails: ${reason}`,
                "Look whether the gateway does TLS: without it, its address begins with ws://."
              )
          })
        : Effect.succeed(ok("none: the address begins with ws://"))
    },
    {
      id: "gatewayCertificate",
      needs: ["gatewayTls"],
      run: place.isSecure
        ? Effect.matchEffect(certificateAt(place, options.tls ?? {}), {
            onSuccess: ({ validUntil }) =>
              Effect.map(Clock.currentTimeMillis, (now) =>
                validUntil.getTime() - now > soon
                  ? ok(`valid until ${day(validUntil)}`)
                  : warning(
                      `valid until ${day(validUntil)} only`,
                      "Renew the certificate of the gateway, and start the gateway again."
                    )
              ),
            onFailure: (reason) => Effect.succeed(failed(`TLS fails: ${reason}`, "Run the command again."))
          })
        : Effect.succeed(
            isLocal
              ? ok("none is needed on this computer")
              : warning(
                  "there is none: who is on the way can read the token and all messages",
                  "Give the gateway a certificate (--tls-cert, --tls-key), and connect by wss://."
                )
          )
    },
    {
      id: "gatewayClient",
      needs: ["gatewayTls"],
      run: Effect.flatMap(remote, ({ RemoteMqrt }) =>
        Effect.match(RemoteMqrt.describe(options), {
          onSuccess: (description) => {
            described = description
            return ok(`the gateway knows this client as ${visible(description.client)}`)
          },
          onFailure: refused
        })
      )
    },
    {
      id: "gatewayVersion",
      needs: ["gatewayClient"],
      run: ofDescription((description) =>
        description.version === version
          ? ok(`effect-msmq ${version} on both sides`)
          : warning(
              `effect-msmq ${visible(description.version)} at the gateway, and ${version} here`,
              "Install the same version on both sides."
            )
      )
    },
    {
      id: "gatewayRights",
      needs: ["gatewayClient"],
      run: ofDescription(({ machine, queues }) =>
        queues.length === 0
          ? warning("this client may use no queue", "Add its queues to the policy, and start the gateway again.")
          : ok(`queues: ${rulesOf(queues)}; computer: ${machine.length === 0 ? "none" : machine.join(", ")}`)
      )
    },
    {
      id: "gatewayLatency",
      needs: ["gatewayClient"],
      run: ofDescription(({ roundTrip }) =>
        roundTrip < slow
          ? ok(`a call and its answer take ${milliseconds(roundTrip)}`)
          : warning(
              `a call and its answer take ${milliseconds(roundTrip)}, and each receive at least as long`,
              "Run the program or the gateway nearer to the other, send many messages at once with sendAll, and receive with several workers."
            )
      )
    },
    {
      id: "gatewayClock",
      needs: ["gatewayClient"],
      run: ofDescription(({ clockAhead }) => {
        const apart = `the clock of the gateway is ${counted(Math.abs(Math.round(clockAhead / 1000)), "second")} ${clockAhead < 0 ? "behind" : "ahead"}`
        return Math.abs(clockAhead) < mostApart
          ? ok("the clocks of the gateway and of this machine agree, to a minute")
          : warning(apart, "Set both by a time server: certificates, and the times of messages, depend on it.")
      })
    },
    {
      id: "gatewayService",
      needs: ["gatewayClient"],
      run: Effect.map(through(QueueManager.privateComputerInformation()), ({ version: { build, major, minor } }) =>
        ok(`Message Queuing runs there, version ${major}.${minor}, build ${build}`)
      )
    },
    {
      id: "gatewayQueues",
      needs: ["gatewayService"],
      run: Effect.suspend(() => {
        const names = namedQueues(described?.queues ?? [])
        const missing = Effect.filter(names, (name) =>
          Effect.map(
            Effect.result(MessageQueue.properties(name)),
            Result.match({
              onSuccess: () => false,
              onFailure: ({ reason }) => reason._tag === "QueueNotFound"
            })
          )
        )
        return Effect.map(through(missing), (missing) =>
          missing.length === 0
            ? ok(
                names.length === 0
                  ? "the policy names none without a wildcard"
                  : `there: ${names.map(visible).join(", ")}`
              )
            : warning(
                `not there: ${missing.map(visible).join(", ")}`,
                "Create these queues on the gateway's machine, or mend their names in the policy."
              )
        )
      })
    }
  ]
}
