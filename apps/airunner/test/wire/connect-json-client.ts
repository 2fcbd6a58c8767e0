// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { z } from "zod";
import { envelope, type RawClientOptions, readEnvelopes } from "./grpc-client.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface UnaryAnswer {
  readonly status: number;
  readonly body: Json;
}

export interface StreamAnswer {
  readonly status: number;
  readonly messages: readonly Json[];
  /** Of the end-of-stream envelope; `undefined` after a success. */
  readonly error: Json | undefined;
}

const JsonObject = z.record(z.string(), z.unknown());

function parseJson(bytes: Uint8Array): Json {
  return JsonObject.parse(JSON.parse(Buffer.from(bytes).toString()));
}

/** A Connect client made of nothing but HTTP/1.1 and JSON. @see https://connectrpc.com/docs/protocol */
export class RawConnectClient {
  readonly #options: RawClientOptions;

  constructor(options: RawClientOptions) {
    this.#options = options;
  }

  async unary(
    path: string,
    message: Json,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<UnaryAnswer> {
    const { status, body } = await this.#post(path, Buffer.from(JSON.stringify(message)), {
      "content-type": "application/json",
      ...headers,
    });
    return { status, body: parseJson(body) };
  }

  async stream(
    path: string,
    messages: readonly Json[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<StreamAnswer> {
    const sent = messages.map((message) => envelope(Buffer.from(JSON.stringify(message))));
    const { status, body } = await this.#post(path, Buffer.concat(sent), {
      "content-type": "application/connect+json",
      ...headers,
    });
    const received = readEnvelopes(body);
    const end = received.at(-1);
    if (end === undefined || end.flags !== 2)
      throw new Error("The stream has no end-of-stream envelope at its end.");
    return {
      status,
      messages: received.slice(0, -1).map(({ message }) => parseJson(message)),
      error: JsonObject.optional().parse(parseJson(end.message)["error"]),
    };
  }

  async #post(
    path: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly body: Buffer }> {
    const { server, ca, token } = this.#options;
    const send = server.startsWith("https:") ? requestSecure : requestPlain;
    const request = send(new URL(path, server), {
      method: "POST",
      ...(ca !== undefined && { ca }),
      agent: false,
      headers: {
        "connect-protocol-version": "1",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
    });
    request.end(body);
    const [response] = await once(request, "response");
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return { status: response.statusCode, body: Buffer.concat(chunks) };
  }
}
