import { expect, test } from "vitest";
import { z } from "zod";
import { segmentSourceOf, segmentVariables } from "../../../server/segments/environment.ts";

const Variables = z.object(segmentVariables);
const sourceOf = (variables: Record<string, string>) =>
  segmentSourceOf(Variables.parse(variables), async (setting) => `content of ${setting}\n`);
const url = "postgres://maily@materialize.example:6875/materialize";

test("without an address segments are kept here", async () => {
  expect(await sourceOf({})).toBeUndefined();
});

test("the password and the authority come from files, and TLS is on", async () => {
  expect(
    await sourceOf({
      MAILY_SEGMENTS_URL: url,
      MAILY_SEGMENTS_PASSWORD_FILE: "a",
      MAILY_SEGMENTS_CA_FILE: "b",
    }),
  ).toEqual({
    url,
    schema: "maily",
    password: "content of MAILY_SEGMENTS_PASSWORD_FILE",
    tls: { ca: "content of MAILY_SEGMENTS_CA_FILE\n" },
  });
  expect(await sourceOf({ MAILY_SEGMENTS_URL: url })).toMatchObject({ tls: true });
});

test("a password in the address is refused, and so is plain text over a network", async () => {
  const parsed = Variables.safeParse({ MAILY_SEGMENTS_URL: "postgres://maily:secret@host/db" });
  expect(parsed.error?.issues[0]?.message).toMatch(/without the password/);
  expect(JSON.stringify(parsed.error?.issues)).not.toContain("secret");
  await expect(
    sourceOf({ MAILY_SEGMENTS_URL: url, MAILY_SEGMENTS_TLS: "off" }),
  ).rejects.toMatchObject({
    members: { errors: [expect.stringMatching(/^MAILY_SEGMENTS_TLS: set it to on/)] },
  });
  expect(
    await sourceOf({
      MAILY_SEGMENTS_URL: "postgres://maily@localhost/db",
      MAILY_SEGMENTS_TLS: "off",
    }),
  ).toMatchObject({ tls: false });
});
