import type { OutgoingProperties, SendParameters } from "@effect-msmq/core/mqrt/MessageProperties"
import type { SecurityContextHandle } from "@effect-msmq/core/Mqrt"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { isDeepStrictEqual } from "node:util"
import { assertHeldToTable, sampleMessage } from "../../core/test/support/heldToTable.ts"
import { type SentField, messageProperties } from "@effect-msmq/core/mqrt/MessagePropertyTable"
import type { Address } from "../src/internal/declarations.ts"
import type { MQSendMessage } from "../src/internal/SendBlock.ts"
import { SendBlock } from "../src/internal/SendBlock.ts"
import { propertiesAt, reservedOf, setStatus, valueOf, vectorOf } from "./messageMemory.ts"
import { plainMessage as plain, plainSend as plainOptions } from "../../testing/src/contract/plainRecords.ts"

const bytes = (length: number, first = 1) => Uint8Array.from({ length }, (_, index) => (first + index) & 0xff)
const handle = (value: bigint) => value as SecurityContextHandle

type Values = Record<string, ReturnType<typeof valueOf>>

/** Message as the DLL sees it: its values by the name of each property. */
const seen = (address: Address): Values => {
  const rows = new Map<number, { name: string; vartype: number }>(
    Object.entries(messageProperties).map(([name, { id, vartype }]) => [id, { name, vartype }])
  )
  const properties = propertiesAt(address)
  assert.strictEqual(new Set(properties.map(({ id }) => id)).size, properties.length, "a property stands there twice")
  return Object.fromEntries(
    properties.map((property) => {
      const row = rows.get(property.id)
      assert.isDefined(row)
      assert.strictEqual(property.vartype, row.vartype, row.name)
      assert.deepStrictEqual(reservedOf(property), [0, 0, 0])
      return [row.name, valueOf(property)]
    })
  )
}

const withBlock = <A>(use: (block: SendBlock) => A): A => {
  const block = new SendBlock()
  try {
    return use(block)
  } finally {
    block.close()
  }
}

const sent = (messages: ReadonlyArray<OutgoingProperties>, options: SendParameters = plainOptions): Array<Values> =>
  withBlock((block) => {
    const calls: Array<Values> = []
    const send: MQSendMessage = (_, address) => {
      calls.push(seen(address))
      return 0
    }
    assert.strictEqual(block.send(send, 1n, messages, options, 0n).accepted, messages.length)
    return calls
  })

const one = (message: Partial<OutgoingProperties>, options: Partial<SendParameters> = {}): Values | undefined =>
  sent([{ ...plain, ...message }], { ...plainOptions, ...options })[0]

const guidText = "00112233-4455-6677-8899-aabbccddeeff"

/** Returns a copy of a record with another value at a path. */
const withPath = (record: object, [field = "", ...rest]: ReadonlyArray<string>, value: unknown): object => {
  const inner = Object.entries(record).find(([name]) => name === field)?.[1]
  return { ...record, [field]: rest.length === 0 ? value : withPath(inner, rest, value) }
}

describe("SendBlock", () => {
  it("a message of defaults has one property, with its default value (D-20)", () => {
    assert.deepStrictEqual(one({}), { BODY_TYPE: 0 })
    assert.deepStrictEqual(one({ label: "x" }), { LABEL: "x" })
    assert.deepStrictEqual(one({}, { messageIds: true }), { MSGID: Array.from({ length: 20 }, () => 0) })
  })

  it("empty acknowledge and journaling, and empty bytes, are left out", () => {
    const acknowledge = {
      positiveArrival: false,
      positiveReceive: false,
      negativeArrival: false,
      negativeReceive: false
    }
    const journaling = { deadLetter: false, journal: false }
    assert.deepStrictEqual(one({ acknowledge, journaling, extension: new Uint8Array(0) }), { BODY_TYPE: 0 })
  })

  it("every settable property arrives with its VARTYPE and value", () => {
    const message: OutgoingProperties = {
      body: bytes(5),
      bodyType: 8,
      label: "order 1",
      priority: 7,
      delivery: "recoverable",
      acknowledge: { positiveArrival: true, positiveReceive: false, negativeArrival: true, negativeReceive: true },
      journaling: { deadLetter: true, journal: true },
      correlationId: bytes(20, 100),
      appSpecific: 0xfffffffe,
      extension: bytes(3, 9),
      timeToReachQueue: 0,
      timeToBeReceived: 0xfffffffd,
      responseQueue: "DIRECT=OS:a\\private$\\b,DIRECT=OS:c\\d",
      adminQueue: "DIRECT=OS:a\\private$\\admin",
      deadLetterQueue: ".\\private$\\dead",
      trace: true,
      connector: {
        type: "00112233-4455-6677-8899-aabbccddeeff",
        class: 0x4001,
        authenticated: true,
        signature: bytes(7, 50),
        symmetricKey: bytes(9, 60)
      },
      soap: { header: "<a/>", body: "<b/>" }
    }
    const options: SendParameters = {
      securityContext: handle(0x1234_5678_9abc_def0n),
      senderCertificate: bytes(33, 3),
      authenticationLevel: "msmq30",
      hashAlgorithm: "sha512",
      provider: { name: "Microsoft AES Cryptographic Provider", type: 24 },
      senderIdType: "none",
      privacyLevel: "bodyAes",
      encryptionAlgorithm: "aes256",
      transaction: "none",
      messageIds: true
    }
    const expected: Values = {
      SECURITY_CONTEXT: 0x9abcdef0,
      SENDER_CERT: [...bytes(33, 3)],
      AUTH_LEVEL: 8,
      HASH_ALG: 0x800e,
      PROV_NAME: "Microsoft AES Cryptographic Provider",
      PROV_TYPE: 24,
      SENDERID_TYPE: 0,
      PRIV_LEVEL: 5,
      ENCRYPTION_ALG: 0x6610,
      MSGID: Array.from({ length: 20 }, () => 0),
      BODY: [1, 2, 3, 4, 5],
      BODY_TYPE: 8,
      LABEL: "order 1",
      PRIORITY: 7,
      DELIVERY: 1,
      ACKNOWLEDGE: 13,
      JOURNAL: 3,
      CORRELATIONID: [...bytes(20, 100)],
      APPSPECIFIC: 0xfffffffe,
      EXTENSION: [9, 10, 11],
      TIME_TO_REACH_QUEUE: 0,
      TIME_TO_BE_RECEIVED: 0xfffffffd,
      RESP_FORMAT_NAME: "DIRECT=OS:a\\private$\\b,DIRECT=OS:c\\d",
      ADMIN_QUEUE: "DIRECT=OS:a\\private$\\admin",
      DEADLETTER_QUEUE: ".\\private$\\dead",
      TRACE: 1,
      CONNECTOR_TYPE: [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff],
      CLASS: 0x4001,
      AUTHENTICATED: 1,
      SIGNATURE: [...bytes(7, 50)],
      DEST_SYMM_KEY: [...bytes(9, 60)],
      SOAP_HEADER: "<a/>",
      SOAP_BODY: "<b/>"
    }
    assert.deepStrictEqual(one(message, options), expected)
    const settable = Object.entries(messageProperties).filter(([, { sent }]) => sent !== null)
    assert.deepStrictEqual(Object.keys(expected).toSorted(), settable.map(([name]) => name).toSorted())
  })

  it("every field is written as the property of the table, and as no other", () => {
    const message: OutgoingProperties = {
      ...plain,
      connector: { type: guidText, class: 0, authenticated: false, signature: null, symmetricKey: null },
      soap: { header: null, body: null }
    }
    const options: SendParameters = { ...plainOptions, provider: { name: "provider", type: 1 } }
    const samples: Readonly<Record<SentField, unknown>> = {
      ...sampleMessage,
      "connector.type": guidText.replace("0", "1"),
      "connector.class": 1,
      "connector.authenticated": true,
      "connector.signature": bytes(3),
      "connector.symmetricKey": bytes(3),
      "soap.header": "<a/>",
      "soap.body": "<b/>",
      "options.securityContext": 7n,
      "options.senderCertificate": bytes(3),
      "options.authenticationLevel": "always",
      "options.hashAlgorithm": "sha1",
      "options.senderIdType": "none",
      "options.privacyLevel": "bodyAes",
      "options.encryptionAlgorithm": "aes256",
      "options.messageIds": true,
      "options.provider.name": "another",
      "options.provider.type": 2
    }
    const before = one(message, options) ?? {}
    const parts = Object.entries(samples).flatMap(([path, value]) => {
      const changed = withPath({ ...message, options }, path.split("."), value) as typeof message & {
        readonly options: SendParameters
      }
      const after = one(changed, changed.options) ?? {}
      return Object.keys(after).flatMap((name) =>
        isDeepStrictEqual(after[name], before[name]) ? [] : [`${name} ${path}`]
      )
    })
    assertHeldToTable(parts, ({ sent }, name) => (sent === null ? undefined : `${name} ${sent}`))
  })

  it("a message of fewer properties has nothing of the one before", () => {
    const calls = sent([
      { ...plain, label: "long label", priority: 0, appSpecific: 0xffffffff, body: bytes(100) },
      { ...plain, priority: 1 },
      plain,
      { ...plain, label: "b" }
    ])
    assert.deepStrictEqual(calls.slice(1), [{ PRIORITY: 1 }, { BODY_TYPE: 0 }, { LABEL: "b" }])
  })

  it("each of many different messages in a row arrives as it does alone", () => {
    const usual: ReadonlyArray<Partial<OutgoingProperties>> = [
      { body: bytes(9) },
      { bodyType: 8 },
      { label: "order" },
      { label: "x".repeat(255) },
      { label: "longer than Message Queuing takes".repeat(9) },
      { priority: 0 },
      { delivery: "recoverable" }
    ]
    const others: ReadonlyArray<Partial<OutgoingProperties>> = [
      {},
      { extension: bytes(3) },
      { correlationId: bytes(20), responseQueue: ".\\private$\\responses", soap: { header: "<a/>", body: null } },
      { trace: true, appSpecific: 7 }
    ]
    const messages = Array.from({ length: 500 }, (_, index) => {
      const chosen = usual.filter((__, at) => ((index * 37) >> at) % 2 === 1)
      return Object.assign({ ...plain }, ...chosen, others[(index % 11) % others.length]) as OutgoingProperties
    })
    // Twice each: the second of two like messages is written over the first.
    const inARow = messages.flatMap((message) => [message, { ...message, body: message.body.map((byte) => ~byte) }])
    assert.deepStrictEqual(
      sent(inARow),
      inARow.map((message) => one(message))
    )
  })

  it("the options of a call are in each of its messages, and not in the next call", () => {
    withBlock((block) => {
      const calls: Array<Values> = []
      const send: MQSendMessage = (_, address) => {
        calls.push(seen(address))
        return 0
      }
      const options: SendParameters = { ...plainOptions, securityContext: handle(7n), authenticationLevel: "always" }
      block.send(send, 1n, [plain, { ...plain, label: "x" }], options, 0n)
      block.send(send, 1n, [{ ...plain, label: "y" }], plainOptions, 0n)
      assert.deepStrictEqual(calls, [
        { SECURITY_CONTEXT: 7, AUTH_LEVEL: 1 },
        { SECURITY_CONTEXT: 7, AUTH_LEVEL: 1, LABEL: "x" },
        { LABEL: "y" }
      ])
    })
  })

  it("the queue and the transaction reach the function unchanged", () => {
    withBlock((block) => {
      const calls: Array<readonly [Address, Address]> = []
      block.send(
        (queue, _, transaction) => {
          calls.push([queue, transaction])
          return 0
        },
        0xffff_ffff_ffffn,
        [plain],
        plainOptions,
        3n
      )
      assert.deepStrictEqual(calls, [[0xffff_ffff_ffffn, 3n]])
    })
  })

  it("a failure tells how many messages were accepted, and which properties were refused", () => {
    withBlock((block) => {
      let calls = 0
      const send: MQSendMessage = (_, address) => {
        setStatus(address, 0, 0x400e0003)
        if (++calls < 3) return 0
        setStatus(address, 1, 0xc00e0018)
        return 0xc00e0002
      }
      const message: OutgoingProperties = { ...plain, label: "x", priority: 7 }
      const outcome = block.send(send, 1n, [message, message, message, message], plainOptions, 0n)
      assert.strictEqual(calls, 3)
      assert.strictEqual(outcome.accepted, 2)
      assert.isNull(outcome.messageIds)
      assert.deepInclude(outcome.failure, { function: "MQSendMessage", code: 0xc00e0002 })
      assert.deepStrictEqual(outcome.failure?.properties, [{ property: "PROPID_M_PRIORITY", status: 0xc00e0018 }])

      const next = block.send(() => 0xc00e0007, 1n, [message], plainOptions, 0n)
      assert.deepStrictEqual(next.failure?.properties, [], "a status of the call before")
    })
  })

  it("an information code is a success, and a signed code is the same as an unsigned one", () => {
    withBlock((block) => {
      assert.deepStrictEqual(
        block.send(() => 0x400e0001, 1n, [plain], plainOptions, 0n),
        { accepted: 1, messageIds: null, failure: null }
      )
      const outcome = block.send(() => 0xc00e0007 | 0, 1n, [plain], plainOptions, 0n)
      assert.strictEqual(outcome.failure?.code, 0xc00e0007)
    })
  })

  it("no call is made for no messages", () => {
    withBlock((block) => {
      const never: MQSendMessage = () => assert.fail("called")
      assert.deepStrictEqual(block.send(never, 1n, [], { ...plainOptions, messageIds: true }, 0n), {
        accepted: 0,
        messageIds: [],
        failure: null
      })
    })
  })

  it("the ids of the accepted messages are returned as text, in order (D-23)", () => {
    withBlock((block) => {
      let calls = 0
      const send: MQSendMessage = (_, address) => {
        if (++calls === 4) return 0xc00e0007
        const id = propertiesAt(address).find((property) => property.id === 2)
        assert.isDefined(id)
        const memory = vectorOf(id)
        memory.set([0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff])
        if (calls === 3) memory[0] = 0x34
        memory.set([calls, 0, 0, 0x80], 16)
        return 0
      }
      const outcome = block.send(send, 1n, [plain, plain, plain, plain], { ...plainOptions, messageIds: true }, 0n)
      assert.deepStrictEqual(outcome.messageIds, [
        "{00112233-4455-6677-8899-aabbccddeeff}\\2147483649",
        "{00112233-4455-6677-8899-aabbccddeeff}\\2147483650",
        "{00112234-4455-6677-8899-aabbccddeeff}\\2147483651"
      ])
      assert.strictEqual(outcome.accepted, 3)
    })
  })

  it("a body of 4 MiB among small ones arrives whole, with the options of the call", () => {
    withBlock((block) => {
      const big = bytes(4 * 1024 * 1024, 5)
      const options: SendParameters = { ...plainOptions, securityContext: handle(9n), senderCertificate: bytes(2000) }
      const addresses: Array<Address> = []
      const bodies: Array<number> = []
      const send: MQSendMessage = (_, address) => {
        addresses.push(address)
        const properties = propertiesAt(address)
        assert.deepStrictEqual(
          properties.map(({ id }) => id),
          [37, 28, 9, 11]
        )
        const [context, certificate, body, label] = properties
        assert.isDefined(context)
        assert.isDefined(certificate)
        assert.isDefined(body)
        assert.isDefined(label)
        assert.strictEqual(valueOf(context), 9)
        assert.strictEqual(Buffer.compare(vectorOf(certificate), bytes(2000)), 0)
        bodies.push(vectorOf(body).length)
        if (bodies.length === 2) assert.strictEqual(Buffer.compare(vectorOf(body), big), 0)
        assert.strictEqual(valueOf(label), "big")
        return 0
      }
      const small: OutgoingProperties = { ...plain, body: bytes(10), label: "big" }
      block.send(send, 1n, [small, { ...small, body: big }, small], options, 0n)
      block.send(send, 1n, [small], options, 0n)
      assert.deepStrictEqual(bodies, [10, big.length, 10, 10])
      assert.notStrictEqual(addresses[1], addresses[0])
      assert.strictEqual(addresses[2], addresses[1])
      assert.notStrictEqual(addresses[3], addresses[2], "the large block was kept")
    })
  })

  it("calls in a row use the same memory", () => {
    withBlock((block) => {
      const addresses = new Set<Address>()
      const send: MQSendMessage = (_, address) => {
        addresses.add(address)
        return 0
      }
      for (let call = 0; call < 100; call++) block.send(send, 1n, [plain, plain], plainOptions, 0n)
      assert.strictEqual(addresses.size, 1)
    })
  })

  it("the block can be used after a function that throws", () => {
    withBlock((block) => {
      const thrower: MQSendMessage = () => {
        throw new Error("no such queue")
      }
      assert.throws(
        () => block.send(thrower, 1n, [{ ...plain, body: bytes(3_000_000) }], plainOptions, 0n),
        "no such queue"
      )
      const send: MQSendMessage = (_, address) => {
        assert.deepStrictEqual(seen(address), { LABEL: "after" })
        return 0
      }
      assert.strictEqual(block.send(send, 1n, [{ ...plain, label: "after" }], plainOptions, 0n).accepted, 1)
    })
  })

  it("a second close frees nothing, and no message is sent afterwards", () => {
    const block = new SendBlock()
    block.close()
    block.close()
    assert.throws(() => block.send(() => 0, 1n, [plain], plainOptions, 0n), /layer .* is closed/)
  })

  it("paired and lone surrogates and the longest label arrive unit by unit", () => {
    for (const label of ["\u{1f4ec} post", "\ud83d", "\udcec\ud83d", "é".repeat(249), "\uffff\u0001"]) {
      assert.deepStrictEqual(one({ label }), { LABEL: label })
    }
  })

  const units = (maximumLength: number) =>
    Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 0xffff }))).check(
      Schema.isMaxLength(maximumLength)
    )

  it.prop(
    "any texts and any sizes arrive unchanged, one message after another",
    {
      messages: Schema.Array(
        Schema.Struct({
          label: units(249),
          name: units(400),
          text: Schema.String,
          size: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65536 })),
          extension: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3000 }))
        })
      ).check(Schema.isMaxLength(6))
    },
    ({ messages }) => {
      const outgoing = messages.map(({ extension, label, name, size, text }, index) => ({
        ...plain,
        label: String.fromCharCode(...label),
        responseQueue: String.fromCharCode(...name),
        adminQueue: text.replaceAll("\0", ""),
        body: bytes(size, index),
        extension: bytes(extension, index + 1)
      }))
      withBlock((block) => {
        let index = 0
        const send: MQSendMessage = (_, address) => {
          const message = outgoing[index++]
          assert.isDefined(message)
          const properties = new Map(propertiesAt(address).map((property) => [property.id, property]))
          const text = (id: number) => {
            const property = properties.get(id)
            return property === undefined ? "" : valueOf(property)
          }
          const vector = (id: number) => {
            const property = properties.get(id)
            return property === undefined ? new Uint8Array(0) : vectorOf(property)
          }
          assert.strictEqual(text(11), message.label)
          assert.strictEqual(text(54), message.responseQueue)
          assert.strictEqual(text(17), message.adminQueue)
          assert.strictEqual(Buffer.compare(vector(9), message.body), 0)
          assert.strictEqual(Buffer.compare(vector(35), message.extension), 0)
          return 0
        }
        assert.strictEqual(block.send(send, 1n, outgoing, plainOptions, 0n).accepted, outgoing.length)
      })
    }
  )
})
