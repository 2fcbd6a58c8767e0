// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { test as base } from "vitest";
import { createSigner, signJwt, withKeyId } from "../src/index.ts";
import { ecKey, rsaKey } from "./support/keys.ts";

const run = promisify(execFile);
const packageFolder = join(import.meta.dirname, "..");
const readme = await readFile(join(packageFolder, "README.md"), "utf8");
const examples = [...readme.matchAll(/^## (.*)\n[^#]*?```ts\n([^]*?)```/gm)].map(
  ([, title = "", code = ""]) => ({
    title,
    code,
  }),
);

/** What the examples call `settings`: real keys, and a server with a key set and a token endpoint. */
const test = base.extend<{ settings: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the parameter's form
  settings: async ({}, use) => {
    const signer = withKeyId(createSigner({ algorithm: "PS256", privateKey: rsaKey.privatePem }), "key-1");
    let issued = 0;
    const server = createServer((request, response) => {
      response.setHeader("content-type", "application/json");
      issued += 1;
      const token = { access_token: `token-${issued}`, expires_in: 3_600 };
      response.end(JSON.stringify(request.method === "POST" ? token : { keys: [signer.publicJwk] }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const claims = { iss: "heimdall", aud: "lfx-v2-project-service", sub: "jdoe" };
    const texts = {
      rsaPrivateKey: rsaKey.privatePem,
      ecPrivateKey: ecKey.privatePem,
      publicKey: rsaKey.publicPem,
      token: await signJwt(signer, claims),
    };
    const urls = ["jwksUrl", "tokenEndpoint"]
      .map((name) => `${name}: new URL("${origin}/${name}")`)
      .join(", ");
    await use(
      `import assert from "node:assert/strict";\nconst settings = { ...${JSON.stringify(texts)}, ${urls} };\n`,
    );
    server.closeAllConnections();
    server.close();
  },
});

test.for(examples)("the README's example runs: $title", async ({ code }, { settings, expect }) => {
  const program = `${settings}${code}console.log("ran to its end");`;
  const args = ["--input-type=module-typescript", "--eval", program];
  const { stdout, stderr } = await run(process.execPath, args, { cwd: packageFolder, timeout: 30_000 });
  expect(stdout).toContain("ran to its end");
  expect(stderr).toBe("");
});

test("the README has an example of each part", ({ expect }) => {
  expect(examples.map(({ title }) => title)).toEqual([
    "Our own tokens, kept per identity and audience",
    "Access tokens",
    "Verifying",
  ]);
});
