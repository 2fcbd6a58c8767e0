// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { expectedHeader, hasHeader, withHeader } from "./headers.ts";

test.for([
  ["packages/jwt/src/signer.ts", "// SPDX-License-Identifier: Apache-2.0"],
  ["apps/v1-sync-helper/src/bin/serve.ts", "// SPDX-License-Identifier: MIT"],
  ["charts/lfx-v1-sync-helper/values.yaml", "# SPDX-License-Identifier: MIT"],
  ["charts/s3-sync/templates/cronjob.yaml", "{{- /* SPDX-License-Identifier: Apache-2.0 */ -}}"],
  ["apps/s3-sync/Dockerfile", "# SPDX-License-Identifier: Apache-2.0"],
  ["pnpm-lock.yaml", undefined],
  ["README.md", undefined],
] as const)("%s must carry %s", ([path, header], { expect }) => {
  expect(expectedHeader(path)).toBe(header);
});

test("a header goes below a shebang, once", ({ expect }) => {
  const header = "# SPDX-License-Identifier: Apache-2.0";
  const fixed = withHeader("#!/bin/sh\necho\n", header);
  expect(fixed).toBe(`#!/bin/sh\n${header}\necho\n`);
  expect(hasHeader(fixed, header)).toBe(true);
  expect(withHeader(fixed, header)).toBe(fixed);
});
