// SPDX-License-Identifier: Apache-2.0
import type { RpcMethod } from "../method.ts";
import { jsonCodec, protoCodec } from "./codec.ts";
import { createConnectStreamWire, createConnectUnaryWire } from "./connect-wire.ts";
import { createGrpcWebWire, createGrpcWire } from "./grpc-wire.ts";
import type { Wire } from "./wire.ts";

/** The wires of one kind of method by their content types. */
export interface Wires {
  /** For the header `accept-post` of a refusal. */
  readonly contentTypes: string;
  /** @returns nothing for a content type that such a method does not take */
  find(contentType: string | undefined): Wire | undefined;
}

const everywhere: readonly Wire[] = [
  createGrpcWire(protoCodec, "application/grpc"),
  createGrpcWire(protoCodec, "application/grpc+proto"),
  createGrpcWire(jsonCodec, "application/grpc+json"),
  createGrpcWebWire(protoCodec, "application/grpc-web"),
  createGrpcWebWire(protoCodec, "application/grpc-web+proto"),
  createGrpcWebWire(jsonCodec, "application/grpc-web+json"),
];

const unaryWires = createWires([
  createConnectUnaryWire(protoCodec),
  createConnectUnaryWire(jsonCodec),
  ...everywhere,
]);

const streamWires = createWires([
  createConnectStreamWire(protoCodec),
  createConnectStreamWire(jsonCodec),
  ...everywhere,
]);

export function wiresOf(kind: RpcMethod["kind"]): Wires {
  return kind === "unary" || kind === "unary_bytes" ? unaryWires : streamWires;
}

/** The protocol that a request speaks by its content type, whatever it asks for: decides the shape of its refusal. */
export function wireOf(contentType: string | undefined): Wire | undefined {
  return unaryWires.find(contentType) ?? streamWires.find(contentType);
}

function createWires(wires: readonly Wire[]): Wires {
  const byType = new Map(wires.map((wire) => [wire.contentType, wire]));
  return {
    contentTypes: wires.map((wire) => wire.contentType).join(", "),
    find(contentType) {
      if (contentType === undefined) return undefined;
      return byType.get(contentType) ?? byType.get(withoutUtf8(contentType));
    },
  };
}

/** Any spelling, and JSON with the one charset that it has. */
function withoutUtf8(contentType: string): string {
  const lower = contentType.toLowerCase();
  const [type = "", ...parameters] = lower.split(";").map((part) => part.trim());
  const isPlain =
    parameters.length === 0 || (type.endsWith("json") && /^charset="?utf-?8"?$/.test(parameters.join(";")));
  return isPlain ? type : lower;
}
