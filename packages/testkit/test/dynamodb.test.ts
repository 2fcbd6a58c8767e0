// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from "node:crypto";
import {
  CreateTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { type DynamoDbServer, startDynamoDb } from "@repo/testkit/dynamodb";
import { withServers } from "@repo/testkit/vitest";
import { describe, vi } from "vitest";

const suites = {
  moto: withServers({ dynamodb: () => startDynamoDb({ program: "moto" }) }),
  dynoxide: withServers({ dynamodb: () => startDynamoDb({ program: "dynoxide" }) }),
};

describe.for(Object.entries(suites))("%s", ([, test]) => {
  test("gives back an item", async ({ dynamodb, expect }) => {
    await withTable(dynamodb, async (client, TableName) => {
      await client.send(new PutItemCommand({ TableName, Item: { id: { S: "one" }, count: { N: "1" } } }));
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: { id: { S: "one" } } }));
      expect(Item).toEqual({ id: { S: "one" }, count: { N: "1" } });
    });
  });

  test("refuses a write whose condition is not met", async ({ dynamodb, expect }) => {
    await withTable(dynamodb, async (client, TableName) => {
      const put = { TableName, Item: { id: { S: "one" } }, ConditionExpression: "attribute_not_exists(id)" };
      await client.send(new PutItemCommand(put));
      await expect(client.send(new PutItemCommand(put))).rejects.toThrow(/conditional request failed/i);
    });
  });

  test("undoes a transaction whole and says which part was at fault", async ({ dynamodb, expect }) => {
    await withTable(dynamodb, async (client, TableName) => {
      const put = (id: string) => ({ TableName, Item: { id: { S: id } } });
      const isNew = "attribute_not_exists(id)";
      await client.send(new PutItemCommand(put("two")));
      const transaction = new TransactWriteItemsCommand({
        TransactItems: [{ Put: put("one") }, { Put: { ...put("two"), ConditionExpression: isNew } }],
      });
      const error = await client.send(transaction).then(
        () => undefined,
        (cause: unknown) => cause,
      );
      const reasons = error instanceof TransactionCanceledException ? error.CancellationReasons : undefined;
      expect(reasons?.map(({ Code }) => Code)).toEqual(["None", "ConditionalCheckFailed"]);
      const { Item } = await client.send(new GetItemCommand({ TableName, Key: { id: { S: "one" } } }));
      expect(Item).toBeUndefined();
    });
  });
});

async function withTable(
  dynamodb: DynamoDbServer,
  work: (client: DynamoDBClient, table: string) => Promise<void>,
): Promise<void> {
  const client = dynamodb.client();
  const TableName = `table-${randomUUID()}`;
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    await work(client, TableName);
  } finally {
    client.destroy();
  }
}

suites.moto("uses the server that DYNAMODB_ENDPOINT names", async ({ dynamodb, expect, onTestFinished }) => {
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv("DYNAMODB_ENDPOINT", dynamodb.endpoint);
  await using own = await startDynamoDb();
  expect(own).toMatchObject({ program: "environment", endpoint: dynamodb.endpoint });
});
