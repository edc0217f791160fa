import { errors } from "@effect-msmq/core/ErrorCode"
import * as Mqrt from "@effect-msmq/core/Mqrt"
import { MsmqControl } from "@effect-msmq/testing"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { codeOf, create, drained, message, plain, receiving } from "./seam.ts"
import {
  MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION,
  atWarehouse,
  createPublic,
  domain,
  formatNameOf,
  labelsIn,
  open,
  send,
  setDirectoryAvailable,
  workgroup
} from "../support/threeMachines.ts"

const control = MsmqControl.MsmqControl

describe("encryption", () => {
  const secret = { privacyLevel: "bodyAes" } as const

  it.effect("a body is encrypted for a name with a GUID, and not for a direct name or a list with one (A-81)", () =>
    Effect.gen(function* () {
      const mqrt = yield* Mqrt.Mqrt
      const name = yield* atWarehouse(create())
      const unsupported = MQ_ERROR_UNSUPPORTED_FORMATNAME_OPERATION
      for (const destination of ["DIRECT=OS:WAREHOUSE\\private$\\orders", "MULTICAST=234.1.1.1:8001"]) {
        for (const opened of [destination, `${destination},${name}`]) {
          const outcome = yield* send(opened, ["open"], secret)
          assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, unsupported])
        }
      }
      yield* createPublic("warehouse\\orders")
      for (const opened of [name, yield* formatNameOf("warehouse\\orders")]) {
        yield* send(opened, ["secret"], secret)
        const receiver = yield* atWarehouse(open(opened, "receive"))
        const { label, privacyLevel } = yield* atWarehouse(
          Mqrt.Mqrt.use((mqrt) => mqrt.receiveMessage(receiver, receiving()))
        )
        assert.deepStrictEqual([label, privacyLevel], ["secret", "bodyAes"])
      }
      assert.strictEqual(codeOf(yield* send(yield* create(), ["at home"], secret)), undefined)
      assert.isNotNull((yield* mqrt.getMachineProperties("warehouse")).encryptionKeyAes)
    }).pipe(Effect.provide(domain))
  )

  it.effect("in a workgroup no body is encrypted, since there are no keys (A-81, H-11)", () =>
    Effect.gen(function* () {
      const outcome = yield* send(yield* create(), ["secret"], secret)
      assert.deepStrictEqual([outcome.accepted, codeOf(outcome)], [0, errors.MQ_ERROR_PUBLIC_KEY_NOT_FOUND])
    }).pipe(Effect.provide(workgroup))
  )

  for (const [title, without] of [
    ["of a machine without a key", atWarehouse(control.use((msmq) => msmq.setEncryptionKeyPublished(false)))],
    ["while the directory cannot be asked for the key", setDirectoryAvailable(false)]
  ] as const) {
    it.effect(`0x8008: a message that cannot be encrypted is not sent to a queue ${title} (A-82, D-46)`, () =>
      Effect.gen(function* () {
        const mqrt = yield* Mqrt.Mqrt
        const acks = yield* create({ pathName: ".\\private$\\acks" })
        const name = yield* atWarehouse(create())
        const transactionalName = yield* atWarehouse(create({ pathName: ".\\private$\\sure", transactional: true }))
        const [sender, sure] = [yield* open(name), yield* open(transactionalName)]
        yield* without
        const asking = message({
          label: "secret",
          acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: false },
          adminQueue: acks,
          journaling: { deadLetter: true, journal: true }
        })
        yield* mqrt.sendMessages(sender, [asking, message({ label: "dropped" })], { ...plain, ...secret })
        yield* mqrt.sendMessages(sure, [asking], { ...plain, ...secret, transaction: "singleMessage" })
        yield* mqrt.sendMessages(sender, [message({ label: "clear" })], plain)
        assert.deepStrictEqual(yield* atWarehouse(labelsIn(name)), ["clear"])
        for (const queue of ["DEADLETTER", "DEADXACT"]) {
          const [letter, ...none] = yield* drained(`DIRECT=OS:.\\SYSTEM$;${queue}`)
          assert.deepStrictEqual([letter?.label, letter?.class, none], ["secret", 0x8008, []])
        }
        assert.deepStrictEqual(
          (yield* drained(acks)).map((acknowledgment) => acknowledgment.class),
          [0x8008, 0x8008]
        )
        assert.deepStrictEqual(yield* labelsIn("DIRECT=OS:.\\SYSTEM$;JOURNAL"), [])
      }).pipe(Effect.provide(domain))
    )
  }
})
