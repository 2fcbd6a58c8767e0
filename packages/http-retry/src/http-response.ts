// SPDX-License-Identifier: Apache-2.0

/** Response headers; names in lower case, repeated ones as a list. */
export type ResponseHeaders = Readonly<Record<string, string | readonly string[]>>;

/** An answer, read to its end. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The body as it came; content encodings are not undone, none is asked for. */
  readonly body: Uint8Array;
  /** How often the request went out or tried to, this one included. */
  readonly attempts: number;
  /** The body as UTF-8, without a byte order mark. */
  text(): string;
  /**
   * The body as JSON, for the caller to parse further.
   *
   * @throws {SyntaxError} that does not quote the body
   */
  json(): unknown;
}

/** What one attempt gives before anyone counts attempts. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Buffer;
}

export class ReceivedResponse implements HttpResponse {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly body: Buffer;
  readonly attempts: number;

  constructor(raw: RawResponse, attempts: number) {
    this.status = raw.status;
    this.headers = raw.headers;
    this.body = raw.body;
    this.attempts = attempts;
  }

  text(): string {
    const text = this.body.toString("utf8");
    return text.startsWith("\uFEFF") ? text.slice(1) : text;
  }

  json(): unknown {
    try {
      return JSON.parse(this.text());
    } catch {
      // The parser's own message quotes the text, which may hold a token.
      throw new SyntaxError(`The answer with status ${this.status} is not JSON; ask the service for JSON.`);
    }
  }
}
