// SPDX-License-Identifier: MIT
// A process of its own: the services of v2 and v1 that the program talks to. Told what to do by its parent.
import { once } from "node:events";
import { type LfxV1User, startLfxV1 } from "@repo/testkit/lfx-v1";
import { startLfxV2 } from "@repo/testkit/lfx-v2";
import type { Answered, Asked, StandInOptions } from "./stand-in-messages.ts";

/** How often it looks whether a number of writes is reached. */
const lookMs = 4;

async function main(options: StandInOptions): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const v1 = stack.use(
    await startLfxV1({
      clientId: "bench",
      clientPublicKey: options.auth0PublicKey,
      assertionAudience: "https://testing.auth0.com/",
      keys: [{ keyId: "signer-1", publicKey: options.heimdallPublicKey }],
    }),
  );
  for (const id of options.people) v1.users.set(id, personOf(id));
  const v2 = stack.use(
    await startLfxV2({ jwks: v1.jwksUrl, nats: options.natsUrl, record: { maxWrites: 0, bodies: false } }),
  );

  async function answer(asked: Asked): Promise<Answered["answer"]> {
    switch (asked.what) {
      case "latency":
        v2.faults.latency = asked.ms;
        return undefined;
      case "writes":
        return v2.record.writeCount;
      case "until-writes":
        // Who asked may have ended.
        while (process.connected && v2.record.writeCount < asked.count)
          await new Promise((go) => setTimeout(go, lookMs));
        return v2.record.writeCount;
      case "count":
        return v2.model.list(asked.kind).filter(({ data }) => data[asked.field] === asked.value).length;
      case "refused": {
        const refused = [...v2.record.answers].filter(([name]) => !/ 2\d\d$/.test(name));
        return refused.map(([name, times]) => `${name}: ${times}`).join(", ");
      }
    }
  }

  process.on("message", (asked: Asked) => {
    void answer(asked).then((found) => process.send?.({ id: asked.id, answer: found } satisfies Answered));
  });
  const { projectUrl, committeeUrl, rootUid } = v2;
  const { apiUrl, tokenUrl, jwksUrl } = v1;
  process.send?.({ id: 0, answer: { projectUrl, committeeUrl, rootUid, apiUrl, tokenUrl, jwksUrl } });
  await once(process, "disconnect");
}

function personOf(id: string): LfxV1User {
  const name = id.toLowerCase();
  return { Username: `u-${name}`, Email: `${name}@example.org`, FirstName: "Ada", LastName: `L ${name}` };
}

const options: StandInOptions = JSON.parse(process.argv[2] ?? "{}");
await main(options);
