/** Checks of the service: does it run, which version it is, and whom it works with. */
import { QueueManager } from "@effect-msmq/core"
import { Effect } from "effect"
import { bytes } from "../amounts.ts"
import type { QueuingCheck } from "./Check.ts"
import { failed, ok, warning } from "./Check.ts"
import { CurrentMachine } from "./Machine.ts"

/** Port on which queue managers send messages to each other. */
const messagePort = 1801

export const serviceChecks: ReadonlyArray<QueuingCheck> = [
  {
    id: "service",
    needs: ["library"],
    run: QueueManager.privateComputerInformation().pipe(
      Effect.andThen(QueueManager.info()),
      Effect.map(({ bytesInAllQueues, connected, type }) =>
        connected
          ? ok(
              `Message Queuing runs${type === "" ? "" : `, ${type}`}, with ${bytes(Number(bytesInAllQueues))} in its queues`
            )
          : failed(
              "Message Queuing runs, and is offline: it neither sends to other machines nor takes from them",
              "Start it again with QueueManager.connect, or with Connect in Computer Management."
            )
      ),
      Effect.catchReason("MsmqError", "AccessDenied", () =>
        Effect.succeed(ok("Message Queuing runs; this user may not ask whether it is online"))
      ),
      Effect.catchReason("MsmqError", "ServiceNotAvailable", () =>
        Effect.succeed(
          failed("the service Message Queuing (MSMQ) does not run", "Start it as an administrator: Start-Service MSMQ")
        )
      )
    )
  },
  {
    id: "version",
    needs: ["service"],
    run: Effect.map(QueueManager.privateComputerInformation(), ({ version: { build, major, minor } }) =>
      major >= 4
        ? ok(`version ${major}.${minor}, build ${build}`)
        : warning(
            `version ${major}.${minor}`,
            "Subqueues and messages by lookup id in all directions need version 4 (Windows Vista) or later."
          )
    )
  },
  {
    id: "directory",
    needs: ["service"],
    run: Effect.map(QueueManager.privateComputerInformation(), ({ directoryEnabled }) =>
      ok(
        directoryEnabled
          ? "works with Active Directory: public queues, and certificates that other machines can look up"
          : "workgroup mode: private queues, direct names, and signatures with certificates that the message carries"
      )
    )
  },
  {
    id: "port",
    needs: ["service"],
    run: Effect.gen(function* () {
      const { listens, platform } = yield* CurrentMachine
      if (platform !== "win32") return ok(`not asked: it is a port of Windows' own service`)
      return (yield* listens(messagePort))
        ? ok(`TCP ${messagePort} accepts connections, by which messages of other machines come`)
        : warning(
            `nothing listens on TCP ${messagePort}: messages of other machines cannot come`,
            "Look whether the service has just started, or is bound to another address (HKLM\\SOFTWARE\\Microsoft\\MSMQ\\Parameters\\BindInterfaceIP)."
          )
    })
  }
]
