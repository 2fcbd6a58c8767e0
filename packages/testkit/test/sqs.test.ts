// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { type SqsServer, startSqs } from "@repo/testkit/sqs";
import { withServers } from "@repo/testkit/vitest";
import { describe, vi } from "vitest";

const suites = {
  fauxqs: withServers({ sqs: () => startSqs({ program: "fauxqs" }) }),
  ElasticMQ: withServers({ sqs: () => startSqs({ program: "elasticmq" }) }),
};

describe.for(Object.entries(suites))("%s", ([, test]) => {
  test("hands a message out, hides it from others, and forgets it when it was deleted", async ({
    sqs,
    expect,
  }) => {
    await withQueue(sqs, async (client, QueueUrl) => {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "work" }));
      const [message] = await receive(client, QueueUrl);
      expect(message?.Body).toBe("work");
      expect(await receive(client, QueueUrl)).toEqual([]);
      await client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
      const wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...wanted] }),
      );
      expect(Attributes).toMatchObject({ [wanted[0]]: "0", [wanted[1]]: "0" });
    });
  });

  test("hands a message out again, counted, when it was given back", async ({ sqs, expect }) => {
    await withQueue(sqs, async (client, QueueUrl) => {
      await client.send(new SendMessageCommand({ QueueUrl, MessageBody: "work" }));
      const [first] = await receive(client, QueueUrl);
      const handle = { QueueUrl, ReceiptHandle: first?.ReceiptHandle };
      await client.send(new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 0 }));
      const [second] = await receive(client, QueueUrl);
      expect(second?.MessageId).toBe(first?.MessageId);
      expect(second?.Attributes).toMatchObject({ ApproximateReceiveCount: "2" });
    });
  });

  test("gives queues the address that it listens on", async ({ sqs, expect }) => {
    await withQueue(sqs, async (_client, url) => {
      expect(new URL(url).port).toBe(new URL(sqs.endpoint).port);
    });
  });
});

async function receive(client: SQSClient, QueueUrl: string) {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0, MessageSystemAttributeNames: ["All"] }),
  );
  return Messages;
}

async function withQueue(
  sqs: SqsServer,
  work: (client: SQSClient, url: string) => Promise<void>,
): Promise<void> {
  const client = sqs.client();
  try {
    const { QueueUrl = "" } = await client.send(
      new CreateQueueCommand({ QueueName: `queue-${randomUUID()}` }),
    );
    await work(client, QueueUrl);
  } finally {
    client.destroy();
  }
}

suites.fauxqs("uses the server that SQS_ENDPOINT names", async ({ sqs, expect, onTestFinished }) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("SQS_ENDPOINT", sqs.endpoint);
  await using own = await startSqs();
  expect(own).toMatchObject({ program: "environment", endpoint: sqs.endpoint });
});
