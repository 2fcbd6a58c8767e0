// SPDX-License-Identifier: Apache-2.0
// `pnpm bench jwt`: what signing and verifying cost, and what keeping tokens saves. Options: --rounds N.
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { parseArgs } from "node:util";
import { type BenchCase, cpuPerOperation, publishReport, runBench } from "@repo/bench";
import {
  createOwnTokens,
  createSigner,
  createVerifier,
  type JwtVerifier,
  type SigningAlgorithm,
  signJwt,
} from "../src/index.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "9" } } });

interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const claims = {
  iss: "heimdall",
  sub: "jdoe",
  aud: "lfx-v2-project-service",
  principal: "jdoe",
  email: "jdoe@example.org",
};

function benchOf(algorithm: SigningAlgorithm, { privateKey, publicKey }: KeyPair) {
  const signer = createSigner({
    algorithm,
    privateKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    keyId: "bench",
  });
  const keys = [publicKey.export({ format: "pem", type: "spki" }).toString()];
  const options = { keys, algorithms: [algorithm], issuer: "heimdall", audience: "lfx-v2-project-service" };
  return {
    algorithm,
    signer,
    fresh: createVerifier({ ...options, maxCached: 0 }),
    remembering: createVerifier(options),
  };
}

/** Copies, so that no lookup profits from meeting the very same string again: a server gets a new one per request. */
async function copiesOf(token: string, count: number): Promise<readonly string[]> {
  return Array.from({ length: count }, () => Buffer.from(token).toString("latin1"));
}

async function verifying(
  name: string,
  operations: number,
  verifier: JwtVerifier,
  token: string,
): Promise<BenchCase> {
  const tokens = await copiesOf(token, 64);
  return {
    name,
    sample: cpuPerOperation(operations, async (count) => {
      for (let n = 0; n < count; n += 1) await verifier.verify(tokens[n % 64] ?? "");
    }),
  };
}

const benches = [
  benchOf("PS256", generateKeyPairSync("rsa", { modulusLength: 2048 })),
  benchOf("ES256", generateKeyPairSync("ec", { namedCurve: "P-256" })),
];

const signing: BenchCase[] = [];
const verification: BenchCase[] = [];
for (const { algorithm, signer, fresh, remembering } of benches) {
  const own = createOwnTokens({ signer, issuer: "heimdall" });
  const identity = {
    audience: claims.aud,
    subject: claims.sub,
    claims: { principal: claims.sub, email: claims.email },
  };
  const token = await signJwt(signer, claims, { lifetimeSeconds: 86_400 });
  signing.push(
    {
      name: `${algorithm}, signed anew`,
      sample: cpuPerOperation(500, async (count) => {
        for (let n = 0; n < count; n += 1) await signJwt(signer, claims);
      }),
    },
    {
      name: `${algorithm}, own token kept`,
      sample: cpuPerOperation(50_000, async (count) => {
        for (let n = 0; n < count; n += 1) await own.tokenFor(identity);
      }),
    },
  );
  verification.push(
    await verifying(`${algorithm}, verified anew`, 2_000, fresh, token),
    await verifying(`${algorithm}, remembered`, 200_000, remembering, token),
  );
}

await publishReport(
  await runBench({
    name: "jwt",
    title: "Tokens: signing, verifying, and not doing it twice",
    rounds: Number(values.rounds),
    groups: [
      { title: "Signing", unit: "CPU µs/token", cases: signing },
      { title: "Verifying", unit: "CPU µs/token", cases: verification },
    ],
    notes: [
      "RSA keys have 2048 bits. CPU time counts all threads of the process; signatures are made and checked on the thread pool.",
    ],
  }),
);
