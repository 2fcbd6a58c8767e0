// SPDX-License-Identifier: Apache-2.0

import { startBackground } from "./background.ts";
import { anyOrganization, Directory, type OrganizationLookup, type Person } from "./directory.ts";
import type { Latency } from "./faults.ts";
import { Faults } from "./faults.ts";
import { startHttpService } from "./http-service.ts";
import { Model } from "./model.ts";
import { createRoot } from "./projects.ts";
import type { State } from "./state.ts";
import { Store } from "./store.ts";
import { Timers } from "./timers.ts";
import { TokenCheck, type TokenCheckOptions } from "./token-check.ts";
import { WriteLog, type WriteLogOptions } from "./write-log.ts";

export interface LfxV2Options extends TokenCheckOptions {
  /** Milliseconds, or by request; default 0. Changed later by `faults.latency`. */
  readonly latency?: Latency;
  /** What the directory of users knows, by e-mail address; default nobody. */
  readonly people?: Readonly<Record<string, Person>>;
  /** Default: every id that looks like one is an organization's. */
  readonly organizations?: OrganizationLookup;
  readonly record?: WriteLogOptions;
  /** Milliseconds until the committee service's own writes after a request; default 2. */
  readonly backgroundMs?: number;
}

/** Stand-ins of the two LFX v2 services, in memory. */
export interface LfxV2 extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly projectUrl: string;
  readonly committeeUrl: string;
  /** Of the project ROOT, which exists from the start. */
  readonly rootUid: string;
  readonly model: Model;
  readonly faults: Faults;
  readonly record: WriteLog;
  readonly directory: Directory;
  /** Trusts other keys from now on. */
  readonly setKeys: (jwks: TokenCheckOptions["jwks"]) => void;
  /** Resolves when the committee service has done what it does by itself after requests. */
  readonly settled: () => Promise<void>;
}

/**
 * Starts the project service and the committee service on free ports of 127.0.0.1, as strict as the real ones.
 *
 * Disposal cuts the connections off; what still waits (hanging answers, late commits) is dropped.
 */
export async function startLfxV2(options: LfxV2Options): Promise<LfxV2> {
  await using stack = new AsyncDisposableStack();
  const timers = stack.adopt(new Timers(), (timers) => timers.end());
  const store = new Store();
  const faults = new Faults(timers);
  faults.latency = options.latency ?? 0;
  const tokens = new TokenCheck(options);
  const rootUid = createRoot(store);
  const state: State = {
    store,
    faults,
    log: new WriteLog(options.record),
    directory: new Directory(options.people),
    organizations: options.organizations ?? anyOrganization,
    tokens,
    timers,
    background: startBackground(timers, options.backgroundMs ?? 2),
    mirrored: undefined,
    publish: undefined,
  };
  const project = stack.use(await startHttpService("project", state));
  const committee = stack.use(await startHttpService("committee", state));
  const owned = stack.move();
  return {
    projectUrl: project.url,
    committeeUrl: committee.url,
    rootUid,
    model: new Model(store),
    faults,
    record: state.log,
    directory: state.directory,
    setKeys: (jwks) => tokens.setKeys(jwks),
    settled: () => state.background.settled(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
