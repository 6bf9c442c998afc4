// What the agents find when they begin: segments, and readers in them.
import { sendInvented, type Sending } from "../invented/send.ts";
import type { Person } from "../samples.ts";
import type { Desk } from "./desk.ts";
import { putSegments } from "./segments.ts";

/** Segments, at the first start invented readers in them, and then the agents. */
export async function fillDesk(
  desk: Desk,
  sending: Sending & Pick<Person, "sample">,
): Promise<void> {
  const { server, secrets, sample, campaign } = sending;
  await putSegments({ server, token: secrets.token }, { [sample]: campaign.id });
  await sendInvented(sending);
  desk.start();
}
