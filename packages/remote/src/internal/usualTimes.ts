/** Times that a gateway and its clients keep by default. Their docstrings and the page about gateways have them, too. */
export const usualTimes = {
  heartbeat: "5 seconds",
  helloWithin: "10 seconds",
  rememberedFor: "10 minutes",
  connectWithin: "5 seconds",
  outcomeWithin: "30 seconds"
} as const
