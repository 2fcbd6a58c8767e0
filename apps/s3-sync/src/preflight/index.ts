// SPDX-License-Identifier: Apache-2.0
export type { ProbeContext } from "./ask.ts";
export type { ListingPage } from "./listing-page.ts";
export { fieldOf, listPage } from "./listing-page.ts";
export type { PreflightOptions, SideReport } from "./preflight.ts";
export { preflight } from "./preflight.ts";
export { PreflightError, ProbeFailure } from "./preflight-error.ts";
export type { SignedClientOptions } from "./signed-client.ts";
export { createSignedClient } from "./signed-client.ts";
