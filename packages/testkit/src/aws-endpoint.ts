// SPDX-License-Identifier: Apache-2.0

/** Where a stand-in of an AWS service listens, in the form in which the AWS SDK's clients take it. */
export interface AwsEndpoint {
  /** e.g. `http://127.0.0.1:41234` */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** The stand-ins check no signature, so any credentials of the right shape do. */
export function awsEndpoint(endpoint: string): AwsEndpoint {
  return {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "TESTKIT", secretAccessKey: "testkit" },
  };
}
