// SPDX-License-Identifier: Apache-2.0
export type { OtlpAttribute, OtlpMetric, OtlpPoint, OtlpRequest, OtlpSpan } from "./decode.ts";
export type { OtlpAnswer } from "./exchange.ts";
export type { OtlpReceiver, OtlpReceiverOptions } from "./start-otlp-receiver.ts";
export { startOtlpReceiver } from "./start-otlp-receiver.ts";
