// SPDX-License-Identifier: MIT
import { retryWaitMs } from "@repo/http-retry";
import { findKeyId, JwtError, type Signer, type Transport } from "@repo/jwt";
import type { Logger } from "@repo/logging";
import type { Clock } from "../clock.ts";

export interface KeyIdFinderOptions {
  readonly signer: Signer;
  readonly jwksUrl: URL;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the first key id and with each that takes its place. */
  readonly onFound: (keyId: string) => void;
  readonly signal: AbortSignal;
}

/** Whether tokens can be signed so that the services take them. */
export interface SigningStatus {
  readonly isReady: boolean;
  /** One sentence, without secrets; absent when it is ready. */
  readonly reason?: string;
}

const backoff = { baseMs: 1_000, maxWaitMs: 60_000 };
/** Refused tokens make the key set be read again, but not more often; milliseconds. */
const leastDistanceMs = 10_000;

/**
 * Looks for the `kid` under which Heimdall publishes our key: by the key itself, because the first entry may be
 * another one, again and again until it is found, and anew when the services refuse our tokens.
 */
export class KeyIdFinder {
  readonly #options: KeyIdFinderOptions;
  #keyId: string | undefined;
  #problem: string | undefined = "the key set has not been read yet";
  #lastReadMs = -Infinity;
  #reading: Promise<boolean> | undefined;
  #searching: Promise<void> | undefined;

  constructor(options: KeyIdFinderOptions) {
    this.#options = options;
  }

  get status(): SigningStatus {
    if (this.#problem === undefined) return { isReady: true };
    return { isReady: false, reason: `The key id of HEIMDALL_PRIVATE_KEY is not known: ${this.#problem}` };
  }

  /** Goes on in the background until the key id is found. */
  search(): void {
    this.#searching ??= this.#search().finally(() => {
      this.#searching = undefined;
    });
  }

  /** Reads the key set once more, unless that was done just now; ends when it is read, and never fails. */
  async readAgain(): Promise<void> {
    const { clock } = this.#options;
    if (this.#reading === undefined && clock.monotonicMs() - this.#lastReadMs < leastDistanceMs) return;
    await this.#readOnce();
    if (this.#problem !== undefined) this.search();
  }

  /** Ends when nothing is under way any more; to be called after the signal's abort. */
  async settled(): Promise<void> {
    await Promise.all([this.#reading, this.#searching]);
  }

  async #search(): Promise<void> {
    const { clock, signal } = this.#options;
    for (let failures = 1; !(await this.#readOnce()) && !signal.aborted; failures += 1) {
      // The wait ends by the signal only.
      await clock.wait(retryWaitMs(failures, backoff), signal).catch(() => undefined);
      if (signal.aborted) return;
    }
  }

  #readOnce(): Promise<boolean> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    const { signer, jwksUrl, transport, signal, clock } = this.#options;
    try {
      this.#found(await findKeyId({ signer, jwksUrl, transport, signal }));
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    } finally {
      this.#lastReadMs = clock.monotonicMs();
    }
  }

  #found(keyId: string): void {
    this.#problem = undefined;
    if (keyId === this.#keyId) return;
    const { logger, onFound } = this.#options;
    logger.info({ key_id: keyId, former_key_id: this.#keyId }, "found the key id of our signing key");
    this.#keyId = keyId;
    onFound(keyId);
  }

  #failed(error: unknown): void {
    const { logger, signal } = this.#options;
    if (signal.aborted) return;
    // A key set that cannot be read says nothing against the key id that served until now.
    const isGone = error instanceof JwtError && error.code === "key_not_in_set";
    const message = error instanceof Error ? error.message : String(error);
    if (message !== this.#problem) logger.warn({ error }, "the key id of our signing key was not found");
    if (this.#keyId === undefined || isGone) this.#problem = message;
  }
}
