// Visitors of a site that embeds a widget.
import { Visit, VisitRequest } from "../../sdk/schema/site.ts";
import { route } from "../route.ts";
import { sitePreflight } from "../site-origin.ts";
import { admitVisit } from "../visit.ts";

const visitBytesMax = 1_024;

export const postVisit = route({
  method: "POST",
  path: "/v1/visits",
  summary: "Ask for an invitation as a visitor of a site",
  description:
    "From the widget's own frame, or from a page of one of the campaign's sites. Nothing of it is kept: the region comes from the site's rule, and from the visitor's country where the rule asks for it.",
  body: {
    schema: VisitRequest,
    bytesMax: visitBytesMax,
    memberProblems: {
      campaign: "campaign-unknown",
      embedKey: "embed-unknown",
      visitor: "invitation-malformed",
    },
  },
  limits: { address: true },
  preflight: sitePreflight,
  answers: {
    200: {
      description: "An invitation, signed by the edge",
      contentType: "application/json",
      schema: Visit,
    },
  },
  problems: [
    "campaign-unknown",
    "embed-unknown",
    "origin-unknown",
    "campaign-closed",
    "rate-limited",
    "region-undecided",
    "invitation-malformed",
    "invitation-forged",
    "campaign-mismatch",
    "region-unavailable",
  ],
  handle: async (arrival) =>
    Response.json((await admitVisit(arrival)) satisfies Visit, {
      headers: { "cache-control": "no-store" },
    }),
});
