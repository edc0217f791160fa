/**
 * Ends a Node that cannot run the programs and tests of this repository, with a sentence. It is loaded before them, and is
 * plain JavaScript, which every Node reads.
 */
if (Number(process.versions.node.split(".")[0]) < 24) {
  console.error(
    "effect-msmq: the demo and the tests need Node 24 or later, and this is Node " +
      process.versions.node +
      ". Install Node 24 from https://nodejs.org and run the command again."
  )
  process.exit(1)
}
