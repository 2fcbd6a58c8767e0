// SPDX-License-Identifier: Apache-2.0
import { isBuiltin } from "node:module";
import { dirname, join } from "node:path";
import type { Plugin } from "esbuild";

/**
 * Takes Node's own modules by `process.getBuiltinModule`, not by `import`.
 *
 * An `import` of `node:http` reads every property of the module to make its names live, and one of them loads
 * Node's built-in copy of undici: 60 ms of each start, for nothing.
 */
export const builtins: Plugin = {
  name: "builtins",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
      // A dynamic import stays as it is: it is there to ask later, or for a module that may be missing.
      if (!isBuiltin(path) || kind === "dynamic-import") return undefined;
      return { path, namespace: "builtin" };
    });
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: "js",
    }));
  },
};

/** Leaves out zod's error messages in some fifty languages: ours are written in the schemas, in English. */
export const zodInEnglish: Plugin = {
  name: "zod-in-english",
  setup(build) {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: 'export { default as en } from "./en.js";',
      loader: "js",
    }));
  },
};

/** What an app may import from undici, and the file that holds it; anything else fails the build by its name. */
const UNDICI: Readonly<Record<string, string>> = {
  Agent: "dispatcher/agent.js",
  Client: "dispatcher/client.js",
  Dispatcher: "dispatcher/dispatcher.js",
  Pool: "dispatcher/pool.js",
  ProxyAgent: "dispatcher/proxy-agent.js",
  buildConnector: "core/connect.js",
  errors: "core/errors.js",
};

/** Takes from undici its HTTP client alone, without fetch, WebSocket, caches and mocks, which its index loads at once. */
export const undiciClient: Plugin = {
  name: "undici-client",
  setup(build) {
    build.onLoad({ filter: /[/\\]undici[/\\]index\.js$/ }, ({ path }) => ({
      contents: [
        'import Dispatcher from "./lib/dispatcher/dispatcher.js";',
        'import api from "./lib/api/index.js";',
        // As the index does.
        "Object.assign(Dispatcher.prototype, api);",
        ...Object.entries(UNDICI).map(
          ([name, file]) => `export { default as ${name} } from "./lib/${file}";`,
        ),
      ].join("\n"),
      loader: "js",
      resolveDir: join(dirname(path)),
    }));
  },
};
