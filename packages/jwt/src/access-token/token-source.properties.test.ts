// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { test } from "vitest";
import { FakeClock } from "../../test/support/fake-clock.ts";
import { responseOf, settle } from "../../test/support/scripted-transport.ts";
import type { TransportResponse } from "../transport.ts";
import type { TokenGrant } from "./grants.ts";
import { createTokenSource, type TokenSource } from "./token-source.ts";

type Step =
  | { readonly do: "ask" | "replace" | "askAndAbort" }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "answer"; readonly which: number; readonly expiresIn: number }
  | { readonly do: "refuse"; readonly which: number; readonly status: number }
  | { readonly do: "invalidate"; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Step>({ do: "ask" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "askAndAbort" }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "replace" }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 120_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which: fc.nat({ max: 9 }),
      expiresIn: fc.constantFrom(1, 30, 60, 600, 3_600),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("refuse" as const),
      which: fc.nat({ max: 9 }),
      status: fc.constantFrom(401, 500, 429),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("invalidate" as const), which: fc.nat({ max: 9 }) }) },
);

interface Issued {
  readonly identity: number;
  readonly number: number;
  readonly expiresAtMs: number;
  isShown: boolean;
  invalidatedAtStep?: number;
}

interface Exchange {
  readonly identity: number;
  readonly sentAtMs: number;
  readonly signal: AbortSignal;
  readonly resolve: (response: TransportResponse) => void;
  isAnswered: boolean;
}

/** A platform that remembers every token it gave, beside a source that is driven step by step. */
class Run {
  readonly clock = new FakeClock();
  readonly exchanges: Exchange[] = [];
  readonly issued = new Map<string, Issued>();
  readonly problems: string[] = [];
  identity = 0;
  step = 0;
  pending = 0;
  newestReturned = -1;
  returned = 0;
  readonly source: TokenSource;

  constructor() {
    this.source = createTokenSource({
      grant: this.#grant(0),
      clock: this.clock,
      random: () => 0.5,
      transport: (request) =>
        new Promise((resolve) => {
          const identity = Number(new URLSearchParams(request.body).get("identity"));
          const open = this.exchanges.filter((other) => !other.isAnswered && other.identity === identity);
          if (open.length > 0) this.problems.push(`two requests at once for identity ${identity}`);
          if (identity !== this.identity) this.problems.push("a request for a former identity was sent");
          const sentAtMs = this.clock.monotonicMs();
          this.exchanges.push({ identity, sentAtMs, signal: request.signal, resolve, isAnswered: false });
        }),
    });
  }

  #grant(identity: number): TokenGrant {
    return {
      tokenEndpoint: new URL("https://platform.example/token"),
      identity: `agent-${identity}`,
      parameters: async () => ({ identity: `${identity}` }),
    };
  }

  ask(signal?: AbortSignal): void {
    const asked = { identity: this.identity, step: this.step };
    this.pending += 1;
    this.source
      .token(signal === undefined ? {} : { signal })
      .then(
        (token) => this.#check(token, asked),
        () => undefined,
      )
      .finally(() => {
        this.pending -= 1;
      });
  }

  #check(token: string, asked: { readonly identity: number; readonly step: number }): void {
    this.returned += 1;
    const known = this.issued.get(token);
    if (known === undefined) this.problems.push("a token that was never issued");
    else {
      known.isShown = true;
      if (known.identity < asked.identity) this.problems.push("a token of a former identity");
      if (known.expiresAtMs <= this.clock.monotonicMs()) this.problems.push("an expired token");
      if ((known.invalidatedAtStep ?? Infinity) < asked.step) this.problems.push("a refused token");
      if (known.number < this.newestReturned && known.identity === this.identity) {
        this.problems.push("an older token after a newer one");
      }
      this.newestReturned = Math.max(this.newestReturned, known.number);
    }
  }

  perform(action: Step): void {
    this.step += 1;
    const open = this.exchanges.filter((exchange) => !exchange.isAnswered);
    switch (action.do) {
      case "ask":
        return this.ask();
      case "askAndAbort": {
        const controller = new AbortController();
        this.ask(controller.signal);
        return controller.abort();
      }
      case "advance":
        return this.clock.advance(action.ms);
      case "replace":
        this.identity += 1;
        return this.source.replaceGrant(this.#grant(this.identity));
      case "answer":
        return this.#answer(open[action.which % Math.max(1, open.length)], action.expiresIn);
      case "refuse":
        return this.#refuse(open[action.which % Math.max(1, open.length)], action.status);
      case "invalidate": {
        // A server can refuse only what it was shown.
        const shown = [...this.issued].filter(([, { isShown }]) => isShown);
        const [token, known] = shown.at(-1 - (action.which % Math.max(1, shown.length))) ?? [];
        if (token === undefined || known === undefined) return undefined;
        known.invalidatedAtStep ??= this.step;
        return this.source.invalidate(token);
      }
    }
  }

  #answer(exchange: Exchange | undefined, expiresIn: number): void {
    if (exchange === undefined) return;
    exchange.isAnswered = true;
    const number = this.issued.size;
    const { identity, sentAtMs } = exchange;
    this.issued.set(`t${number}`, {
      identity,
      number,
      expiresAtMs: sentAtMs + expiresIn * 1000,
      isShown: false,
    });
    exchange.resolve(responseOf(200, { access_token: `t${number}`, expires_in: expiresIn }));
  }

  #refuse(exchange: Exchange | undefined, status: number): void {
    if (exchange === undefined) return;
    exchange.isAnswered = true;
    exchange.resolve(responseOf(status, ""));
  }

  /** Ends the run: whoever still waits must be freed by answers alone. */
  async finish(): Promise<void> {
    for (let round = 0; this.pending > 0 && round < 50; round += 1) {
      this.#answer(
        this.exchanges.findLast((exchange) => !exchange.isAnswered),
        3_600,
      );
      await settle();
    }
    if (this.pending > 0) this.problems.push("a caller waits for ever");
  }
}

test("whatever order requests, answers, refusals, replacements and time come in, only good tokens come out", async ({
  expect,
}) => {
  let handedOut = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(step, fc.boolean()), { maxLength: 60, size: "max" }),
      async (steps) => {
        const run = new Run();
        for (const [action, isSettled] of steps) {
          // Time passes between turns of the loop, never within one: a token handed out is judged by its own turn.
          if (action.do === "advance") await settle();
          run.perform(action);
          if (isSettled) await settle();
        }
        await run.finish();
        handedOut += run.returned;
        expect(run.problems).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
  // The property is worth something only if tokens were handed out at all.
  expect(handedOut).toBeGreaterThan(1_000);
});
