// An answer's whole way to an agent and back: edge, region, segment, notification; then a withdrawal, and it is gone everywhere.
import { afterAll, beforeAll, expect, test } from "vitest";
import { segmentUri } from "../../sdk/schema/agent-tools.ts";
import type { Manifest } from "../../sdk/schema/campaign.ts";
import { parseInvitation } from "../../sdk/invitation.ts";
import { base64url } from "../../sdk/bytes.ts";
import type { Region } from "../../sdk/region.ts";
import { agentAt, followed, tokenFor, type Agent } from "./agent-client.ts";
import {
  invite,
  post,
  publishWidget,
  startProduct,
  submissionOf,
  type Product,
} from "./product.ts";

/** A loaded machine takes its time, and the edge does before it tries a server again that was away. */
const soon = <T>(look: () => T) => expect.poll(look, { timeout: 60_000 });
const floor = 5;
const teaUri = segmentUri(1, "tea");

let product: Product;
let campaign: Manifest;
beforeAll(async () => {
  product = await startProduct({ agents: true });
  campaign = await publishWidget(product);
  for (const region of ["eu", "us"] as const) await putTea(region);
});
afterAll(() => product.stop());

async function putTea(region: Region): Promise<void> {
  const response = await fetch(`${product.running.servers[region]}/v1/segments/tea`, {
    method: "PUT",
    headers: {
      authorization: `Bearer ${product.keys.tenant.token}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({
      id: "tea",
      campaign: campaign.id,
      name: "Drink tea",
      purpose: "results",
      floor,
      owner: "test@tea.example",
      sql: "SELECT reader FROM current_answers WHERE question = 'drink' AND option_id = 'tea'",
    }),
  });
  expect(response.status, await response.text()).toBeLessThan(300);
}

/** Somebody new answers; the invitation. */
async function drink(region: Region, what: "tea" | "coffee", id: string): Promise<string> {
  const { invitation } = await invite(product, campaign, region, id);
  const taken = await post(product, await submissionOf(campaign, invitation, { drink: what }));
  expect(taken.status).toBe(202);
  return invitation;
}

const withdraw = async (invitation: string): Promise<void> => {
  const taken = await fetch(`${product.running.edge}/v1/withdrawals`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ invitation }),
  });
  expect(taken.status).toBe(202);
};

const sizeAt = async (agent: Agent): Promise<number | undefined> =>
  (await agent.call("get_segment", { segment: "tea" })).size;

test("an answer reaches the agents of its region, and a withdrawal takes it from segment, feed and call", async () => {
  const stopped = new AbortController();
  const [inEurope, inAmerica] = await Promise.all([agentAt(product, "eu"), agentAt(product, "us")]);
  await Promise.all([inEurope.subscribe(teaUri), inAmerica.subscribe(teaUri)]);
  const feed = await followed(product, "eu", stopped.signal);
  const elsewhere = await followed(product, "us", stopped.signal);
  // Below the floor nothing is told but that.
  await drink("eu", "tea", "reader-0@example.org");
  await soon(() => inEurope.notified.length).toBeGreaterThan(0);
  expect(await sizeAt(inEurope)).toBeUndefined();
  expect(new Set(inEurope.notified)).toEqual(new Set([teaUri]));

  const invitations: string[] = [];
  for (let index = 1; index <= floor; index++)
    invitations.push(await drink("eu", "tea", `reader-${index}@example.org`));
  await drink("eu", "coffee", "another@example.org");
  await soon(() => sizeAt(inEurope)).toBe(floor + 1);
  await soon(() => feed.get("tea")?.size).toBe(floor + 1);

  // Nothing of it in the other region: neither told, nor counted, nor shown by a sequence that rises.
  expect(inAmerica.notified).toEqual([]);
  expect(await sizeAt(inAmerica)).toBeUndefined();
  expect(elsewhere.get("tea")?.size).toBeUndefined();
  const abroad = await fetch(`${product.running.servers.us}/v1/agents/segments`, {
    headers: { authorization: `Bearer ${await tokenFor(product, "eu")}` },
  });
  expect(abroad.status).toBe(401);

  const [gone = ""] = invitations;
  const reader = base64url(parseInvitation(gone).body.reader);
  const asked = { campaign: campaign.id, reader, purpose: "results" };
  expect(await inEurope.call("get_reader_preferences", asked)).toMatchObject({
    decision: expect.any(String),
  });
  await withdraw(gone);
  await soon(() => feed.get("tea")?.size).toBe(floor);
  expect(await sizeAt(inEurope)).toBe(floor);
  await expect(inEurope.call("get_reader_preferences", asked)).rejects.toThrow();

  // One more, and the segment is below its floor: its size is nowhere any more.
  await withdraw(invitations[1] ?? "");
  await soon(() => feed.get("tea")?.size).toBeUndefined();
  expect(await sizeAt(inEurope)).toBeUndefined();
  stopped.abort();
  await Promise.all([inEurope.close(), inAmerica.close()]);
});

test("who kills the server finds its segments as they were", async () => {
  const agent = await agentAt(product, "us");
  for (let index = 0; index < floor; index++)
    await drink("us", "tea", `before-${index}@example.org`);
  await soon(() => sizeAt(agent)).toBe(floor);
  const server = product.running.children.us;
  await server.kill9();
  const kept = await drink("us", "tea", "meanwhile@example.org");
  await server.start();
  const again = await agentAt(product, "us");
  await soon(() => sizeAt(again)).toBe(floor + 1);
  await withdraw(kept);
  await soon(() => sizeAt(again)).toBe(floor);
  await again.close();
});
