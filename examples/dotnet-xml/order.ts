/** Class of Order.cs: the names and the order of the fields are those of its public members. */
import { MessageBody } from "@effect-msmq/core/promises"

export const orderBody = MessageBody.xml(
  { Id: "int", Customer: "string", Due: "Date", Items: ["string"] },
  { root: "Order" }
)
