import { MessageBody, XmlValue } from "@effect-msmq/core"
import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"

const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const xsd = 'xmlns:xsd="http://www.w3.org/2001/XMLSchema"'

const document = (...lines: ReadonlyArray<string>) => ['<?xml version="1.0"?>', ...lines].join("\r\n")
const encoded = (text: string): MessageBody.EncodedBody => ({ body: new TextEncoder().encode(text), bodyType: 0 })

const isWritten = <A>(codec: MessageBody.MessageBody<A>, value: A, ...lines: ReadonlyArray<string>) => {
  const written = Result.getOrThrow(codec.encode(value))
  assert.strictEqual(new TextDecoder().decode(written.body), document(...lines))
  assert.deepStrictEqual(codec.decode(written), Result.succeed(value))
}

const ruleOf = (result: Result.Result<unknown, string>): string => {
  assert(Result.isFailure(result))
  return result.failure
}

class Animal extends Schema.Class<Animal>("Animal")({ Name: Schema.String }) {}
class Dog extends Animal.extend<Dog>("Dog")({ Barks: Schema.Int }) {}
class Puppy extends Dog.extend<Puppy>("Puppy")({ Weeks: Schema.Int }) {}
class Cat extends Animal.extend<Cat>("Cat")({}) {}

const AnyAnimal = Schema.Union([Animal, Cat, Dog])
class Zoo extends Schema.Class<Zoo>("Zoo")({ Star: Schema.NullOr(AnyAnimal), All: Schema.Array(AnyAnimal) }) {}
const zoos = MessageBody.xml(Zoo)

describe("a choice between classes", () => {
  it("names the type of a value by xsi:type, but for the class that .NET declares, which is the first", () => {
    isWritten(
      zoos,
      new Zoo({
        Star: new Cat({ Name: "Tom" }),
        All: [new Dog({ Name: "Rex", Barks: 3 }), new Animal({ Name: "x" }), new Cat({ Name: "Kit" })]
      }),
      `<Zoo ${xsi} ${xsd}>`,
      '  <Star xsi:type="Cat">',
      "    <Name>Tom</Name>",
      "  </Star>",
      "  <All>",
      '    <Animal xsi:type="Dog">',
      "      <Name>Rex</Name>",
      "      <Barks>3</Barks>",
      "    </Animal>",
      "    <Animal>",
      "      <Name>x</Name>",
      "    </Animal>",
      '    <Animal xsi:type="Cat">',
      "      <Name>Kit</Name>",
      "    </Animal>",
      "  </All>",
      "</Zoo>"
    )
  })

  it("refuses a class that the schema has not, both ways, with its name", () => {
    const puppy = new Puppy({ Name: "P", Barks: 1, Weeks: 2 })
    assert.include(ruleOf(zoos.encode(new Zoo({ Star: puppy, All: [] }))), "Star: Expected ")
    const sent = `<Zoo ${xsi}><Star xsi:type="Puppy"><Name>P</Name><Weeks>1</Weeks></Star><All /></Zoo>`
    assert.strictEqual(
      ruleOf(zoos.decode(encoded(sent))),
      "must have an xsi:type of Animal, Cat, Dog in Zoo/Star, not Puppy: a union of classes has more"
    )
  })

  it("that is null is left out, or nil among other items", () => {
    const Maybe = Schema.Struct({ Star: Schema.NullOr(AnyAnimal), All: Schema.Array(Schema.NullOr(AnyAnimal)) })
    isWritten(
      MessageBody.xml(Maybe, { root: "Zoo" }),
      { Star: null, All: [null] },
      `<Zoo ${xsi} ${xsd}>`,
      "  <All>",
      '    <Animal xsi:nil="true" />',
      "  </All>",
      "</Zoo>"
    )
  })

  it("at the root has a root element for each class", () => {
    const animals = MessageBody.xml(AnyAnimal)
    assert.strictEqual(animals.name, "XML <Animal> or <Cat> or <Dog>")
    isWritten(animals, new Cat({ Name: "Tom" }), `<Cat ${xsi} ${xsd}>`, "  <Name>Tom</Name>", "</Cat>")
    const typed = `<Animal ${xsi} xsi:type="Dog"><Name>Rex</Name><Barks>1</Barks></Animal>`
    assert.deepStrictEqual(animals.decode(encoded(typed)), Result.succeed(new Dog({ Name: "Rex", Barks: 1 })))
    assert.strictEqual(
      ruleOf(animals.decode(encoded("<Bird />"))),
      "must have the root element <Animal> or <Cat> or <Dog>, not <Bird>"
    )
  })

  it("at the root chooses by the name of the root element, as XmlMessageFormatter with several target types does", () => {
    class Order extends Schema.Class<Order>("Order")({ Id: Schema.Int }) {}
    const Invoice = Schema.Struct({ Number: Schema.String }).annotate({ identifier: "Invoice" })
    const body = MessageBody.xml(Schema.NullOr(Schema.Union([Order, Invoice, Schema.Array(Order), Schema.Int])))
    assert.strictEqual(body.name, "XML <Order> or <Invoice> or <ArrayOfOrder> or <int>")
    for (const [document, value] of [
      ["<Order><Id>7</Id></Order>", new Order({ Id: 7 })],
      ["<Invoice><Number>I-7</Number></Invoice>", { Number: "I-7" }],
      ["<ArrayOfOrder><Order><Id>7</Id></Order></ArrayOfOrder>", [new Order({ Id: 7 })]],
      ["<int>7</int>", 7],
      ["<Order xsi:nil='true' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' />", null],
      ["<Invoice xsi:nil='true' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' />", null]
    ] as const) {
      assert.deepStrictEqual(body.decode(encoded(document)), Result.succeed(value), document)
      assert.deepStrictEqual(Result.flatMap(body.encode(value), body.decode), Result.succeed(value), document)
    }
    const strict = MessageBody.xml(Schema.Union([Order, Invoice]))
    const nil = "<Order xsi:nil='true' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' />"
    assert.include(ruleOf(strict.decode(encoded(nil))), "it is nil, and the schema takes no null there")
    assert.include(ruleOf(strict.encode(null as never)), "must fit its schema")
  })

  it("of structs tells them apart by their keys, and names the class around them by the union's identifier", () => {
    const Circle = Schema.Struct({ Radius: Schema.Int }).annotate({ identifier: "Circle" })
    const Square = Schema.Struct({ Side: Schema.Int }).annotate({ identifier: "Square" })
    const Figures = Schema.Array(Schema.Union([Circle, Square]).annotate({ identifier: "Figure" }))
    isWritten(
      MessageBody.xml(Figures),
      [{ Side: 1 }, { Radius: 2 }],
      `<ArrayOfFigure ${xsi} ${xsd}>`,
      '  <Figure xsi:type="Square">',
      "    <Side>1</Side>",
      "  </Figure>",
      '  <Figure xsi:type="Circle">',
      "    <Radius>2</Radius>",
      "  </Figure>",
      "</ArrayOfFigure>"
    )
    assert.include(
      ruleOf(MessageBody.xml(Figures).decode(encoded("<ArrayOfFigure><Figure /></ArrayOfFigure>"))),
      "must have an xsi:type of Circle, Square in ArrayOfFigure/Figure[1], and has none"
    )
  })

  it("is kept where keys are renamed", () => {
    const Renamed = Schema.Struct({ star: AnyAnimal }).pipe(Schema.encodeKeys({ star: "Star" }))
    isWritten(
      MessageBody.xml(Renamed, { root: "Zoo" }),
      { star: new Dog({ Name: "Rex", Barks: 1 }) },
      `<Zoo ${xsi} ${xsd}>`,
      '  <Star xsi:type="Dog">',
      "    <Name>Rex</Name>",
      "    <Barks>1</Barks>",
      "  </Star>",
      "</Zoo>"
    )
  })

  it("may hold itself", () => {
    interface Leaf {
      readonly Value: number
    }
    interface Branch {
      readonly Nodes: ReadonlyArray<Leaf | Branch>
    }
    const Leaf = Schema.Struct({ Value: Schema.Int }).annotate({ identifier: "Leaf" })
    const Branch = Schema.Struct({
      Nodes: Schema.Array(Schema.suspend((): Schema.Codec<Leaf | Branch> => Node))
    }).annotate({ identifier: "Branch" })
    const Node: Schema.Codec<Leaf | Branch> = Schema.Union([Leaf, Branch]).annotate({ identifier: "Node" })
    const nodes = MessageBody.xml(Schema.Struct({ Root: Node }), { root: "Tree" })
    const tree = { Root: { Nodes: [{ Value: 1 }, { Nodes: [{ Value: 2 }] }] } }
    assert.deepStrictEqual(nodes.decode(Result.getOrThrow(nodes.encode(tree))), Result.succeed(tree))
  })
})

describe("a class alone", () => {
  const codec = MessageBody.xml(Schema.Struct({ Pet: Animal }), { root: "Owner" })

  it("takes no instance of one that derives from it, whose members would be lost", () => {
    assert.include(
      ruleOf(codec.encode({ Pet: new Dog({ Name: "Rex", Barks: 1 }) })),
      "Pet: Expected Animal itself, and no class that derives from it: a union of both writes both"
    )
  })

  it("reads no other type, and its own", () => {
    const typed = (type: string) => encoded(`<Owner ${xsi}><Pet xsi:type="${type}"><Name>x</Name></Pet></Owner>`)
    assert.deepStrictEqual(codec.decode(typed("Animal")), Result.succeed({ Pet: new Animal({ Name: "x" }) }))
    assert.include(ruleOf(codec.decode(typed("Dog"))), "must have an xsi:type of Animal in Owner/Pet, not Dog")
    assert.include(ruleOf(codec.decode(typed(":Animal"))), "not :Animal")
    assert.include(ruleOf(codec.decode(typed(" Animal"))), "not  Animal")
    assert.include(ruleOf(codec.decode(typed("p:Dog"))), "not Dog, whose prefix is not declared")
  })
})

describe("object", () => {
  const Value = Schema.Union([Schema.Int, Schema.String, Schema.Boolean, Schema.Date, XmlValue.Long, Schema.Uint8Array])
  const codec = MessageBody.xml(Schema.Struct({ Values: Schema.Array(Value) }), { root: "Box" })

  it("holds simple values with their types", () => {
    isWritten(
      codec,
      { Values: [1, "a", true, new Date("2026-05-01T08:30:00Z"), 5n, Uint8Array.of(1)] },
      `<Box ${xsi} ${xsd}>`,
      "  <Values>",
      '    <anyType xsi:type="xsd:int">1</anyType>',
      '    <anyType xsi:type="xsd:string">a</anyType>',
      '    <anyType xsi:type="xsd:boolean">true</anyType>',
      '    <anyType xsi:type="xsd:dateTime">2026-05-01T08:30:00Z</anyType>',
      '    <anyType xsi:type="xsd:long">5</anyType>',
      '    <anyType xsi:type="xsd:base64Binary">AQ==</anyType>',
      "  </Values>",
      "</Box>"
    )
  })

  it("names the types that XML Schema lacks in .NET's namespace", () => {
    const values = MessageBody.xml(Schema.Struct({ A: Schema.Union([XmlValue.Guid, Schema.Duration, Schema.Int]) }), {
      root: "Box"
    })
    const guid = "00112233-4455-6677-8899-aabbccddeeff"
    isWritten(
      values,
      { A: guid },
      `<Box ${xsi} ${xsd}>`,
      `  <A xmlns:q1="http://microsoft.com/wsdl/types/" xsi:type="q1:guid">${guid}</A>`,
      "</Box>"
    )
  })

  it("holds enums, whose blanks do not count there, and arrays, by the names of their types", () => {
    const Color = Schema.Literals(["Red", "Green"]).annotate({ identifier: "Color" })
    const Held = Schema.Struct({ A: Schema.Union([Color, Schema.Array(Schema.Int)]) })
    const held = MessageBody.xml(Held, { root: "Box" })
    isWritten(held, { A: "Red" }, `<Box ${xsi} ${xsd}>`, '  <A xsi:type="Color">Red</A>', "</Box>")
    isWritten(
      held,
      { A: [1] },
      `<Box ${xsi} ${xsd}>`,
      '  <A xsi:type="ArrayOfInt">',
      "    <int>1</int>",
      "  </A>",
      "</Box>"
    )
    const blank = encoded(`<Box ${xsi}><A xsi:type="Color"> Red\r\n</A></Box>`)
    assert.deepStrictEqual(held.decode(blank), Result.succeed({ A: "Red" }))
  })

  it("without a type, or of one that the schema has not, is refused", () => {
    const sent = (attribute: string) =>
      encoded(`<Box ${xsi} ${xsd}><Values><anyType${attribute}>1</anyType></Values></Box>`)
    assert.include(ruleOf(codec.decode(sent(""))), "in Box/Values/anyType[1], and has none")
    assert.include(ruleOf(codec.decode(sent(' xsi:type="xsd:short"'))), "not short of the namespace")
  })
})
