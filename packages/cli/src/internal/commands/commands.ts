/** Commands, in the order in which the help lists them. */
import { contract } from "./contract.ts"
import { doctor } from "./doctor.ts"
import { gateway } from "./gateway.ts"
import { peek } from "./peek.ts"
import { purge } from "./purge.ts"
import { queues } from "./queues.ts"
import { receive } from "./receive.ts"
import { redrive } from "./redrive.ts"
import { send } from "./send.ts"
import { watch } from "./watch.ts"

export const commands = [doctor, queues, peek, send, receive, redrive, purge, watch, gateway, contract] as const
