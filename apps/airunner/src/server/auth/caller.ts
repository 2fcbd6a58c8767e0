// SPDX-License-Identifier: Apache-2.0
import { type Scope, scopes } from "../../auth/scopes.ts";

export { type Scope, scopes };

/** Who calls, as far as the server knows. */
export interface Caller {
  /** The token's subject; "" where authentication is off. */
  readonly subject: string;
  readonly scopes: ReadonlySet<Scope>;
}
