// get_revenue_metrics: what readers bought who agree that it is looked at.
import { activityPurposes } from "../../../sdk/activities.ts";
import type { GivenRevenue, ToolInput, ToolOutput } from "../../../sdk/schema/agent-tools.ts";
import type { RevenueCell } from "../../../sdk/schema/insight.ts";
import { segmentLimits } from "../../../sdk/schema/segment.ts";
import { revenueOf } from "../../activities/revenue.ts";
import type { Permit } from "../authority.ts";
import { agreeingScope, campaignOf, commonOf, noticePurposes, type Asked } from "./asked.ts";
import { tellsOfFew } from "./counted.ts";

/** What may be told: of which columns, and whether of how many readers they are. */
interface Giving {
  readonly may: Permit["may"];
  readonly ofHowMany: boolean;
}

/** Of a cell what the policy gives, without what would say how many readers it is of where that is not told. */
function given(cell: RevenueCell, { may, ofHowMany }: Giving): GivenRevenue {
  const { readers, buyers, orders, conversion, revenue, withheld } = cell;
  return {
    ...(may("size") && ofHowMany && readers !== undefined && { readers }),
    ...(may("orders") && {
      ...(buyers !== undefined && { buyers }),
      ...(orders !== undefined && { orders }),
      ...(ofHowMany && conversion !== undefined && { conversion }),
    }),
    ...(withheld !== undefined && { withheld }),
    ...(may("amount") && {
      revenue: ofHowMany
        ? revenue
        : revenue.map(({ currency, amount, withheld: why }) => ({
            currency,
            ...(amount !== undefined && { amount }),
            ...(why !== undefined && { withheld: why }),
          })),
    }),
  };
}

export async function getRevenueMetrics(
  asked: Asked,
  { campaign: id, purpose: named, by }: ToolInput<"get_revenue_metrics">,
): Promise<ToolOutput<"get_revenue_metrics">> {
  const { authority, claims, warehouse, tallies } = asked;
  const campaign = campaignOf(asked, id);
  const purposes = activityPurposes(campaign.notice);
  const purpose = named ?? purposes[0];
  const permit = await authority.permit(claims, {
    action: "call",
    tool: "get_revenue_metrics",
    columns: ["size", "orders", "amount"],
    resource: {
      campaign: campaign.id,
      ...(purpose !== undefined && { purpose }),
      consented: purposes,
      floor: segmentLimits.floorDefault,
    },
  });
  const asOf = Date.now();
  const of = { tenant: claims.tenant, campaign: campaign.id };
  const common = {
    ...commonOf(asked, permit, asOf, { purpose, scope: agreeingScope }),
    campaign: campaign.id,
  };
  const others = noticePurposes(campaign).filter(
    (other) => other !== purpose && claims.purposes.includes(other),
  );
  const counts = await tallies.count({ ...of, purpose: purpose ?? "", others });
  // The same figures for another purpose: less these, they would be a few readers' money.
  const alike = counts.apart.filter((apart) => purposes.includes(apart.purpose));
  if (tellsOfFew({ ...counts, apart: alike }, permit.floor))
    return { ...common, floor: permit.floor, total: { withheld: "derivable" } };
  const figures = await warehouse.read((connection) =>
    revenueOf(connection, of, {
      floor: permit.floor,
      purposes: purpose === undefined ? [] : [purpose],
      by,
    }),
  );
  const giving = { may: permit.may, ofHowMany: !tellsOfFew(counts, permit.floor) };
  return {
    ...common,
    floor: figures.floor,
    total: given(figures.total, giving),
    ...(figures.by !== undefined && {
      by: {
        question: figures.by.question,
        options: figures.by.options.map(({ option, ...cell }) => ({
          option,
          ...given(cell, giving),
        })),
      },
    }),
  };
}
