/**
 * The in-memory MSMQ for tests of programs that do not use Effect.
 *
 * @since 0.1.0
 */
export {
  type Control,
  type Faults,
  type Fixture,
  type Ledger,
  type Options,
  TestMachine,
  TestMsmq
} from "./TestMsmq.ts"
