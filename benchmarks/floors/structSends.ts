import koffi, { type LibraryHandle } from "koffi"
import { failOn } from "./failOn.ts"
import { properties, type Sent, ui1, ui4, vector, wideString } from "./sentMessage.ts"

/** Returns sends through koffi's structs and objects, the way one would write them first. */
export const structSends = (library: LibraryHandle, { body, labels, queue, securityContext }: Sent) => {
  const Bytes = koffi.struct({ cElems: "uint32_t", pElems: "void *" })
  const Value = koffi.union({ bVal: "uint8_t", ulVal: "uint32_t", pwszVal: "str16", caub: Bytes })
  const Variant = koffi.struct({
    vt: "uint16_t",
    wReserved1: "uint16_t",
    wReserved2: "uint16_t",
    wReserved3: "uint16_t",
    value: Value
  })
  const Properties = koffi.struct({
    cProp: "uint32_t",
    aPropID: "void *",
    aPropVar: koffi.pointer(Variant),
    aStatus: "void *"
  })
  const send = library.func("MQSendMessage", "uint32_t", ["uintptr_t", koffi.pointer(Properties), "void *"])
  const variant = (vt: number, value: object) => ({ vt, wReserved1: 0, wReserved2: 0, wReserved3: 0, value })
  return (): void => {
    for (const label of labels) {
      const message = {
        cProp: properties.length,
        aPropID: Uint32Array.from(properties, ({ id }) => id),
        aPropVar: [
          variant(vector | ui1, { caub: { cElems: body.length, pElems: body } }),
          variant(wideString, { pwszVal: label }),
          variant(ui1, { bVal: 4 }),
          variant(ui4, { ulVal: securityContext }),
          variant(ui4, { ulVal: 1 }),
          variant(ui4, { ulVal: 0 })
        ],
        aStatus: new Int32Array(properties.length)
      }
      failOn("MQSendMessage", send(queue, message, null))
    }
  }
}
