/** What the rooms of XML use of sax, whose own types are for Node's newest version and not complete. */
declare module "sax" {
  interface Attribute {
    readonly name: string
    readonly local: string
    readonly uri: string
    readonly value: string
  }
  interface Tag {
    readonly name: string
    readonly local: string
    readonly uri: string
    readonly attributes: Readonly<Record<string, Attribute>>
  }
  interface Parser {
    readonly line: number
    readonly column: number
    ENTITIES: Readonly<Record<string, string>>
    onerror: (error: Error) => void
    ondoctype: () => void
    onopentag: (tag: Tag) => void
    onclosetag: () => void
    ontext: (text: string) => void
    oncdata: (text: string) => void
    write: (text: string) => Parser
    close: () => Parser
  }
  const sax: { readonly parser: (strict: true, options: { readonly xmlns: true }) => Parser }
  export default sax
}
