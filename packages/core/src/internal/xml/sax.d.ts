/** What the rooms of XML use of sax, whose own types are for Node's newest version and not complete. */
declare module "sax" {
  export interface StartedTag {
    readonly name: string
    readonly attributes: Record<string, string>
  }
  export interface Handlers {
    readonly onerror: (error: Error) => void
    readonly ondoctype: () => void
    readonly onopentagstart: (tag: StartedTag) => void
    readonly onattribute: (attribute: { readonly name: string; readonly value: string }) => void
    readonly onopentag: () => void
    readonly onclosetag: () => void
    readonly ontext: (text: string) => void
    readonly oncdata: (text: string) => void
  }
  interface Parser {
    readonly line: number
    readonly write: (text: string) => Parser
    readonly close: () => Parser
  }
  const sax: { readonly parser: (strict: true) => Parser }
  export default sax
}
