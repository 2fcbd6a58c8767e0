// SPDX-License-Identifier: Apache-2.0
import { test } from "vitest";
import { EnqueueJobRequestSchema } from "../../../gen/job/v1/job_pb.ts";
import { jsonCodec } from "./codec.ts";

test.for([
  `{"jobParams":{"environment":{"TOKEN":hunter2}}}`,
  `{"TOKEN":hunter2 , "and":"what follows, of which there is more than is quoted"}`,
  `{"jobParams":{"environment":{"A":"","TOKEN":"hunter2","B":"\n"}}}`,
  `hunter2`,
])("the refusal of malformed JSON quotes none of it: %s", (text, { expect }) => {
  const decode = () => jsonCodec.decode(EnqueueJobRequestSchema, Buffer.from(text));
  expect(decode).toThrow(/^The request is not a valid job\.v1\.EnqueueJobRequest: cannot decode message/);
  expect(decode).not.toThrow(/hunter2/);
});
