// SPDX-License-Identifier: Apache-2.0
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Fault } from "./fault.ts";
import type { Timers } from "./timers.ts";

export const HTML =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n";

export interface AnswerOptions {
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly timers: Timers;
  /** Called once with the status when the whole answer went out. */
  readonly onSent: (status: number) => void;
}

/** The one answer to a request, given whole or as a fault has it. */
export class Answer {
  readonly #options: AnswerOptions;
  #isGivenUp = false;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  /** Whether the client will get no answer of the service any more. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  send(status: number, headers: OutgoingHttpHeaders, text: string): void {
    if (this.#isGivenUp) return;
    const { response, onSent } = this.#options;
    if (response.destroyed) return;
    const bytes = Buffer.byteLength(text);
    response.writeHead(status, this.#complete(headers, status === 204 ? undefined : bytes));
    response.end(status === 204 ? "" : text, () => onSent(status));
  }

  /** Never answers; closes the connection after a while, or never. */
  hang(closeAfterMs: number | undefined): void {
    this.#isGivenUp = true;
    const { response, timers } = this.#options;
    if (closeAfterMs !== undefined) timers.after(closeAfterMs, () => response.destroy());
  }

  reset(): void {
    this.#isGivenUp = true;
    const { socket } = this.#options.response;
    socket?.resetAndDestroy();
  }

  /** Sends half of the body that was announced, then closes. */
  truncate(status: number, headers: OutgoingHttpHeaders, text: string): void {
    this.#isGivenUp = true;
    const { response } = this.#options;
    const bytes = Buffer.from(text);
    response.writeHead(status, this.#complete(headers, bytes.length));
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
  }

  /** Sends the body in ten pieces over a time. */
  trickle(status: number, headers: OutgoingHttpHeaders, text: string, overMs: number): void {
    const { response, timers, onSent } = this.#options;
    const bytes = Buffer.from(text);
    const size = Math.max(1, Math.ceil(bytes.length / 10));
    response.writeHead(status, this.#complete(headers, status === 204 ? undefined : bytes.length));
    response.flushHeaders();
    const next = (offset: number): void => {
      if (response.destroyed) return;
      const isLast = offset + size >= bytes.length;
      const piece = bytes.subarray(offset, offset + size);
      if (isLast) response.end(piece, () => onSent(status));
      else {
        response.write(piece);
        timers.after(overMs / 10, () => next(offset + size));
      }
    };
    next(0);
  }

  /** What a fault makes of the service's own answer. */
  sendFaulty(fault: Fault, status: number, headers: OutgoingHttpHeaders, text: string): void {
    switch (fault.kind) {
      case "reset-after":
        return this.reset();
      case "lost":
        return this.hang(fault.closeAfterMs);
      case "truncated":
        return this.truncate(status, headers, text);
      case "trickle":
        return this.trickle(status, headers, text, fault.overMs);
      case "no-uid":
        return status < 300 ? this.#sendWithoutUid(fault, status, headers) : this.send(status, headers, text);
      default:
        return this.send(status, headers, text);
    }
  }

  #sendWithoutUid(
    { body = "object" }: Extract<Fault, { readonly kind: "no-uid" }>,
    status: number,
    headers: OutgoingHttpHeaders,
  ): void {
    const type = {
      object: "application/json",
      empty: "application/json",
      html: "text/html",
      text: "text/plain",
    };
    const text = { object: "{}\n", empty: "", html: HTML, text: "created" };
    this.send(status, { ...headers, "content-type": type[body] }, text[body]);
  }

  #complete(headers: OutgoingHttpHeaders, length: number | undefined): OutgoingHttpHeaders {
    headers["x-request-id"] = this.#options.requestId;
    if (length !== undefined) headers["content-length"] = length;
    return headers;
  }
}
