/** The client of Message Queuing in C#, compiled, and what lies beside it so that .NET finds it. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { folder as dotnetFolder } from "../../../core/test/dotnet/dotnets.ts"

/** Sources of the client. */
export const sources = "packages/native/test/dotnet/client/*.cs"

/** Folder of the compiled client. */
export const clientFolder = join(dotnetFolder, "client")

/** Name of the client's assembly. */
export const assemblyName = "MqrtClient"

/** The client, compiled: a program, whose functions another process can call, too. */
export const client = join(clientFolder, `${assemblyName}.dll`)

/** Settings of the client for its host. */
export const runtimeConfig = join(clientFolder, `${assemblyName}.runtimeconfig.json`)

/** Settings of a program for any .NET from a version on: the old ones look for a library of languages that no machine has. */
export const settingsFor = (version: string): string =>
  JSON.stringify({
    runtimeOptions: {
      rollForward: "LatestMajor",
      framework: { name: "Microsoft.NETCore.App", version },
      configProperties: { "System.Globalization.Invariant": true }
    }
  })

/** Assemblies of the client. Without a list, .NET takes every file of its folder that ends with `.dll` for one. */
const dependencies = {
  runtimeTarget: { name: ".NETCoreApp,Version=v2.0" },
  targets: {
    ".NETCoreApp,Version=v2.0": { [`${assemblyName}/1.0.0`]: { runtime: { [`${assemblyName}.dll`]: {} } } }
  },
  libraries: { [`${assemblyName}/1.0.0`]: { type: "project", serviceable: false, sha512: "" } }
}

/** Writes into a folder what the client needs beside it to run in a .NET from a version on. */
export const writeSettings = (folder: string, version: string): void => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${assemblyName}.runtimeconfig.json`), settingsFor(version))
  writeFileSync(join(folder, `${assemblyName}.deps.json`), JSON.stringify(dependencies))
}

/** Libraries that the client imports functions of. On Linux the double has all of these functions. */
const imported = ["mqrt.dll", "kernel32.dll"]

/** Prepares the folder of the client on Linux, where `DllImport` then finds the very file of the double that koffi loads. */
export const prepareClient = (double: string): void => {
  writeSettings(clientFolder, "2.0.0")
  for (const name of imported) {
    rmSync(join(clientFolder, name), { force: true })
    symlinkSync(double, join(clientFolder, name))
  }
}
