import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Problem } from "../../sdk/problem.ts";
import { AgentsFile, type AgentsFile as Agents } from "../../sdk/schema/agents.ts";
import { issueToken } from "../../server/agents/token-issue.ts";
import { TokenVerifier } from "../../server/agents/tokens.ts";
import {
  confused,
  issuerName,
  newIssuer,
  resource,
  token,
  unsigned,
  type Issuing,
} from "./signing.ts";

let ours: Issuing;
let stranger: Issuing;
let verifier: TokenVerifier;

const fileOf = (issuing: Issuing, more: Partial<Agents> = {}): Agents =>
  AgentsFile.parse({
    resource,
    issuers: [{ issuer: issuerName, tenants: [7], keys: [issuing.publicKey] }],
    ...more,
  });

beforeAll(async () => {
  ours = await newIssuer();
  stranger = await newIssuer();
  verifier = new TokenVerifier(fileOf(ours), resource, "eu");
});

async function reasonOf(presented: string | undefined, by = verifier): Promise<unknown> {
  try {
    await by.verify(presented);
    return "taken";
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.code).toBe("agent-token-invalid");
    return error.members["reason"];
  }
}
const reason = (text: string): Promise<unknown> => reasonOf(`Bearer ${text}`);
const setOf = (...keys: unknown[]): string => JSON.stringify({ keys });
const bent = (text: string): string => {
  const bytes = Buffer.from(text, "base64url");
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  return bytes.toString("base64url");
};
const now = (): number => Math.floor(Date.now() / 1000);

test("takes a token of its issuer, for its tenant, region and address", async () => {
  const claims = await verifier.verify(`Bearer ${token(ours)}`);
  expect(claims).toMatchObject({ sub: "strategist-1", tenant: 7, role: "campaign_strategist" });
});

test("takes what the command line issues", async () => {
  const issued = await issueToken(ours.signer, {
    resource,
    seconds: 60,
    sub: "a",
    tenant: 7,
    role: "toolsmith",
    regions: ["eu"],
    purposes: [],
  });
  expect(await reason(issued)).toBe("taken");
});

describe("refuses", () => {
  const cases: [string, string, () => string][] = [
    ["no signature (alg none)", "algorithm", () => unsigned(ours)],
    ["the public key as an HMAC secret", "algorithm", () => confused(ours)],
    [
      "another key under our kid",
      "signature",
      () =>
        token({
          ...stranger,
          signer: { ...stranger.signer, key: { ...stranger.signer.key, kid: ours.signer.key.kid } },
        }),
    ],
    ["a key that is not listed", "key", () => token(stranger)],
    [
      "an issuer that is not listed",
      "issuer",
      () => token(ours, { claims: { iss: "https://other.example" } }),
    ],
    [
      "another server's audience",
      "audience",
      () => token(ours, { claims: { aud: "https://us.maily.example/mcp" } }),
    ],
    [
      "several audiences, ours among them",
      "audience",
      () => token(ours, { claims: { aud: [resource, "https://us.maily.example/mcp"] } }),
    ],
    ["no audience", "audience", () => token(ours, { claims: { aud: undefined } })],
    ["an id token", "type", () => token(ours, { header: { typ: "JWT" } })],
    ["no type", "type", () => token(ours, { header: { typ: undefined } })],
    [
      "an expired one",
      "expired",
      () => token(ours, { claims: { iat: now() - 700, exp: now() - 61 } }),
    ],
    ["no expiry", "claims", () => token(ours, { claims: { exp: undefined } })],
    ["one from later", "not-yet-valid", () => token(ours, { claims: { nbf: now() + 120 } })],
    [
      "one issued later",
      "not-yet-valid",
      () => token(ours, { claims: { iat: now() + 120, exp: now() + 300 } }),
    ],
    ["one that lives too long", "lifetime", () => token(ours, { claims: { exp: now() + 3_700 } })],
    ["a tenant that is not the issuer's", "tenant", () => token(ours, { claims: { tenant: 8 } })],
    ["no tenant", "claims", () => token(ours, { claims: { tenant: undefined } })],
    ["a tenant as text", "claims", () => token(ours, { claims: { tenant: "7" } })],
    ["another region", "region", () => token(ours, { claims: { regions: ["us", "apac"] } })],
    ["a role that is no name", "claims", () => token(ours, { claims: { role: "Boss!" } })],
    ["no subject", "claims", () => token(ours, { claims: { sub: undefined } })],
    ["no id", "claims", () => token(ours, { claims: { jti: undefined } })],
    [
      "critical extensions",
      "malformed",
      () => token(ours, { header: { crit: ["b64"], b64: false } }),
    ],
    ["what is no token", "malformed", () => "abc.def.ghi"],
    [
      "one that is too long",
      "malformed",
      () => token(ours, { claims: { more: "x".repeat(5_000) } }),
    ],
  ];
  for (const [what, why, make] of cases)
    test(what, async () => {
      expect(await reason(make())).toBe(why);
    });

  test("no token at all", async () => {
    expect(await reasonOf(undefined)).toBe("missing");
  });

  test("a token in another scheme", async () => {
    expect(await reasonOf(`Basic ${token(ours)}`)).toBe("malformed");
  });

  test("any token whose bytes were changed", async () => {
    const good = token(ours);
    const [header = "", claims = "", signature = ""] = good.split(".");
    for (const changed of [
      `${header}.${bent(claims)}.${signature}`,
      `${header}.${claims}.${bent(signature)}`,
    ])
      expect(await reason(changed)).not.toBe("taken");
  });
});

test("a token or subject on the list of what is revoked is not taken", async () => {
  const revoking = (revoked: { tokens?: string[]; subjects?: string[] }): TokenVerifier =>
    new TokenVerifier(AgentsFile.parse({ ...fileOf(ours), revoked }), resource, "eu");
  const presented = `Bearer ${token(ours, { claims: { jti: "stolen" } })}`;
  expect(await reasonOf(presented, revoking({ tokens: ["stolen"] }))).toBe("revoked");
  expect(await reasonOf(presented, revoking({ subjects: ["strategist-1"] }))).toBe("revoked");
  expect(await reasonOf(presented, revoking({ tokens: ["other"] }))).toBe("taken");
});

test("a file with a private key, or an address that is not safe, is refused", () => {
  const keys = [ours.signer.key];
  const issuers = [{ issuer: issuerName, tenants: [7], keys }];
  expect(AgentsFile.safeParse({ resource, issuers }).success).toBe(false);
  for (const jwksUrl of [
    "http://issuer.example/jwks",
    "file:///etc/passwd",
    "https://a:b@c.example/",
  ])
    expect(
      AgentsFile.safeParse({ resource, issuers: [{ issuer: issuerName, tenants: [7], jwksUrl }] })
        .success,
    ).toBe(false);
});

describe("keys behind an address", () => {
  let server: Server;
  let asked = 0;
  let answer: () => { status: number; body: string; location?: string };

  beforeAll(async () => {
    server = createServer((_, response) => {
      asked++;
      const { status, body, location } = answer();
      response.writeHead(status, location === undefined ? {} : { location }).end(body);
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
  });
  afterAll(() => server.close());

  const behind = (): TokenVerifier =>
    new TokenVerifier(
      AgentsFile.parse({
        resource,
        issuers: [
          {
            issuer: issuerName,
            tenants: [7],
            jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
          },
        ],
      }),
      resource,
      "eu",
    );

  test("are asked for once and kept", async () => {
    answer = () => ({ status: 200, body: setOf(ours.publicKey) });
    asked = 0;
    const by = behind();
    for (let calls = 0; calls < 5; calls++)
      expect(await reasonOf(`Bearer ${token(ours)}`, by)).toBe("taken");
    expect(asked).toBe(1);
  });

  test("are not asked for again by everybody who makes up a key id", async () => {
    answer = () => ({ status: 200, body: setOf(ours.publicKey) });
    asked = 0;
    const by = behind();
    for (let calls = 0; calls < 10; calls++)
      expect(await reasonOf(`Bearer ${token(stranger)}`, by)).toBe("key");
    expect(asked).toBeLessThanOrEqual(2);
  });

  test("that cannot be had let nobody in", async () => {
    for (const bad of [
      { status: 500, body: "" },
      { status: 200, body: "not json" },
      { status: 200, body: setOf({ ...ours.publicKey, x: "y".repeat(100_000) }) },
      { status: 302, body: "", location: "/elsewhere" },
    ]) {
      answer = () => bad;
      expect(await reasonOf(`Bearer ${token(ours)}`, behind())).toBe("keys-away");
    }
  });
});
