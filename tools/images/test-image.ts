// SPDX-License-Identifier: Apache-2.0
import { join } from "node:path";
import { MissingServerError } from "@repo/testkit";
import { type BuildOptions, basesFor, buildImage } from "./build-image.ts";
import { type Engine, openEngine } from "./engine.ts";

/** An image of an app, built for a test, and the engine that has it. */
export interface TestImage extends AsyncDisposable {
  readonly engine: Engine;
  readonly image: string;
  /** Builds it again with other arguments; from the cache as far as they allow. */
  rebuild(args: Readonly<Record<string, string>>): Promise<string>;
}

/**
 * Builds `apps/<app>/Dockerfile` of the working tree, as `turbo image` would.
 *
 * @throws {MissingServerError} when the machine has no container engine and cannot start one
 */
export async function startTestImage(app: string): Promise<TestImage> {
  const found = await openEngine();
  if (found.status === "missing") throw new MissingServerError(found.reason);
  await using stack = new AsyncDisposableStack();
  const engine = stack.use(found.engine);
  const options: BuildOptions = {
    root: join(import.meta.dirname, "..", ".."),
    app,
    tags: [`${app}:test`],
    bases: basesFor(engine.kind, process.env),
  };
  const build = async (args: Readonly<Record<string, string>>): Promise<string> => {
    const result = await buildImage(engine, { ...options, args });
    if (result.status === "missing") throw new MissingServerError(result.reason);
    return result.id;
  };
  const image = await build({});
  const running = stack.move();
  return { engine, image, rebuild: build, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
