/** Commands, in the order in which the help lists them. */
import { doctor } from "./doctor.ts"
import { peek } from "./peek.ts"
import { purge } from "./purge.ts"
import { queues } from "./queues.ts"
import { receive } from "./receive.ts"
import { redrive } from "./redrive.ts"
import { send } from "./send.ts"

export const commands = [doctor, queues, peek, send, receive, redrive, purge] as const
