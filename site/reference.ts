/** Makes the pages of the reference from the docstrings of the packages. */
import { readFileSync } from "node:fs"
import { join, relative } from "node:path"
import type { Context, DeclarationHierarchy, Reflection, Router, SignatureReflection } from "typedoc"
import {
  Application,
  Comment,
  Converter,
  DeclarationReflection,
  ReferenceType,
  ReflectionKind,
  ReflectionType
} from "typedoc"
import { MarkdownPageEvent, MarkdownTheme, MarkdownThemeContext } from "typedoc-plugin-markdown"
import type { Places } from "./nameLinks.ts"
import { allModules } from "./modules.ts"
import { github, pages, reference, repository } from "./paths.ts"

/** Returns the description of a module: the docstring at the beginning of its file. */
const descriptionOf = (file: string): string => {
  const [, docstring = ""] = /^\/\*\*(.*?)\*\//s.exec(readFileSync(file, "utf8")) ?? []
  return docstring
    .replaceAll(/^[ \t]*\* ?/gm, "")
    .split(/^@/m, 1)
    .join("")
    .trim()
}

/** Adds the functions of a service of Effect, which its class has in a type only. */
const addServiceMembers = (context: Context, reflection: DeclarationReflection): void => {
  const symbol = reflection.kindOf(ReflectionKind.Class) ? context.getSymbolFromReflection(reflection) : undefined
  const declaration = symbol?.valueDeclaration
  if (symbol === undefined || declaration === undefined) return
  const ofClass = context.checker.getTypeOfSymbolAtLocation(symbol, declaration)
  const service = ofClass.getProperty("Service")
  if (service === undefined || ofClass.getProperty("key") === undefined) return
  // As members of a type: typedoc looks for those of a class in the class itself.
  reflection.kind = ReflectionKind.TypeLiteral
  for (const member of context.checker.getTypeOfSymbolAtLocation(service, declaration).getProperties()) {
    context.converter.convertSymbol(context.withScope(reflection), member)
  }
  reflection.kind = ReflectionKind.Class
}

/** Headings that say nothing beside what follows them. */
const needless = new Set(["Properties", "Get Signature", "Call Signature", "Type Declaration", "Type Literal"])

/**
 * Returns a page with headings for names and their groups only: the headings inside the description of a name become bold text, or
 * nothing. The headings of groups get anchors that no name has. `face` stands after the title.
 */
const withPlainHeadings = (text: string, face: string): string =>
  text.replaceAll(/^(#{1,6}) ((?:(?!\{#).)+)$/gm, (_, level: string, heading: string) => {
    if (level === "#") return `# ${heading}${face} {#page}`
    if (level.length > 3) return needless.has(heading) ? "" : `**${heading}**`
    return `${level} ${heading.charAt(0).toUpperCase()}${heading.slice(1)} {#group-${heading.toLowerCase().replaceAll(" ", "-")}}`
  })

class PageContext extends MarkdownThemeContext {
  constructor(theme: MarkdownTheme, page: MarkdownPageEvent<Reflection>, options: Application["options"]) {
    super(theme, page, options)
    const { hierarchy, signatureReturns, sources } = this.partials
    this.partials = {
      ...this.partials,
      // The version stands beside the source, not under a heading of its own.
      sources: (model, options) => {
        const since = sinceOf(model)
        return `${sources(model, options)}${since === undefined ? "" : ` · since ${since}`}`
      },
      // A base class that is not public tells a reader nothing.
      hierarchy: (model, options) => (isOfPublicName(model) ? hierarchy(model, options) : ""),
      inheritance: () => "",
      // The signature has the type already.
      signatureReturns: (model, options) =>
        model.type instanceof ReflectionType ? signatureReturns(model, options) : ""
    }
  }
}

/** Returns the version that a name exists since. */
const sinceOf = (model: DeclarationReflection | SignatureReflection): string | undefined => {
  const owner = model.comment ?? (model.kindOf(ReflectionKind.SomeSignature) ? model.parent?.comment : undefined)
  const [first] = owner?.getTag("@since")?.content ?? []
  return first?.text.trim()
}

/** Returns `true` for a hierarchy with a name that has a page to link to, beside the class that it is the hierarchy of. */
const isOfPublicName = ({ isTarget, next, types }: DeclarationHierarchy): boolean =>
  (isTarget !== true && types.some((type) => type instanceof ReferenceType && type.reflection !== undefined)) ||
  (next !== undefined && isOfPublicName(next))

class Theme extends MarkdownTheme {
  override getRenderContext(page: MarkdownPageEvent<Reflection>): MarkdownThemeContext {
    return new PageContext(this, page, this.application.options)
  }
}

/** Returns the places of the exports of a module, and of the members of the class that has its name. */
const placesIn = (module: DeclarationReflection, router: Router): ReadonlyArray<readonly [string, string]> => {
  const name = module.name.slice(module.name.lastIndexOf("/") + 1)
  const own = module.children ?? []
  const ofClass = own.find((child) => child.kindOf(ReflectionKind.Class) && child.name === name)?.children ?? []
  return [...ofClass, ...own]
    .filter((child) => router.hasUrl(child))
    .map((child) => [`${name}.${child.name}`, `/${reference}/${router.getFullUrl(child)}`])
}

/**
 * Writes the pages of the reference. Returns the places of the names in it; `undefined` where a docstring has a link that leads nowhere,
 * or a type is wrong. The console then has the reasons.
 */
export const writeReference = async (): Promise<Places | undefined> => {
  const modules = allModules()
  const app = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    name: "Reference",
    entryPoints: modules.map(({ file }) => file),
    tsconfig: join(import.meta.dirname, "tsconfig.reference.json"),
    excludeInternal: true,
    excludePrivate: true,
    excludeExternals: true,
    readme: "none",
    disableGit: true,
    basePath: repository,
    displayBasePath: repository,
    gitRevision: "main",
    sourceLinkTemplate: `${github}/blob/{gitRevision}/{path}#L{line}`,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
    notRenderedTags: ["@since", "@category", "@overload"],
    router: "member",
    out: join(pages, reference),
    ...markdown
  })
  app.renderer.defineTheme("site", Theme)
  app.options.setValue("theme", "site")
  const names = new Map(modules.map(({ file, name }) => [relative(repository, file), name]))
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const [{ fileName = "" } = {}] = module.isDeclaration() ? (module.sources ?? []) : []
      module.name = names.get(fileName) ?? module.name
      module.comment ??= new Comment([{ kind: "text", text: descriptionOf(join(repository, fileName)) }])
    }
  })
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, addServiceMembers)
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // The SDK makes its objects itself: a constructor that is public has a docstring.
    for (const constructor of project.getReflectionsByKind(ReflectionKind.Constructor)) {
      if (constructor.isDeclaration() && !constructor.signatures?.some(({ comment }) => comment)) {
        project.removeReflection(constructor)
      }
    }
  })
  // The renderer has it only while it writes.
  let router: Router | undefined
  app.renderer.on(MarkdownPageEvent.END, (page) => {
    router = app.renderer.router
    const { contents, model } = page
    if (contents === undefined) return
    const ofPromises =
      model instanceof DeclarationReflection &&
      model.kindOf(ReflectionKind.Class) &&
      model.parent?.name.endsWith("/promises") === true
    page.contents = withPlainHeadings(contents, ofPromises ? " (promises)" : "")
  })
  const project = await app.convert()
  if (project === undefined) return undefined
  app.validate(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) return undefined
  await app.generateOutputs(project)
  if (router === undefined || app.logger.hasErrors()) return undefined
  // Names of the modules with Effect: those in promises are members of objects.
  const modulesOfIndex = (project.children ?? []).filter(({ name }) => name.split("/").length === 3)
  const written: Router = router
  return new Map(modulesOfIndex.flatMap((module) => placesIn(module, written)))
}

/** Settings of the Markdown that is written. */
const markdown = {
  hidePageHeader: true,
  hideBreadcrumbs: true,
  entryFileName: "index.md",
  excludeScopesInPaths: true,
  membersWithOwnFile: ["Class"],
  useCustomAnchors: true,
  parametersFormat: "none",
  expandParameters: true,
  indexFormat: "table",
  interfacePropertiesFormat: "htmlTable",
  classPropertiesFormat: "htmlTable",
  typeAliasPropertiesFormat: "htmlTable",
  typeDeclarationFormat: "htmlTable",
  propertyMembersFormat: "htmlTable",
  tableColumnSettings: {
    hideDefaults: true,
    hideInherited: true,
    hideModifiers: true,
    hideOverrides: true,
    hideSources: true,
    leftAlignHeaders: true
  },
  blockTagsPreserveOrder: ["@example"],
  pageTitleTemplates: {
    index: "Reference",
    module: "{name}",
    member: ({ rawName }: { readonly rawName: string }) => rawName.replace(/<.*/s, "")
  }
}
