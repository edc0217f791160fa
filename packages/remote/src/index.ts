/**
 * The `Mqrt` service through a gateway: for programs on machines without Message Queuing.
 *
 * @since 0.1.0
 */
export * as GatewayPolicy from "./GatewayPolicy.ts"
export * as MqrtGateway from "./MqrtGateway.ts"
export * as RemoteMqrt from "./RemoteMqrt.ts"
