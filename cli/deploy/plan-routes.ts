// What the edge answers: pages and mails that are out there go on asking what they were made for.
import { step, type Situation, type Step } from "./step.ts";

/** Routes that come, go, or go before their time. */
export function* routeSteps({ live, routes, now }: Situation): Generator<Step> {
  if (live === undefined) return;
  const added = routes.filter((route) => !live.routes.has(route));
  for (const route of added) yield step("create", `route ${route}`);
  for (const [route, sunset] of live.routes) {
    if (routes.includes(route)) continue;
    yield sunset !== undefined && Date.parse(sunset) <= now
      ? step("change", `route ${route} is gone`, `Its sunset was ${sunset}.`)
      : step(
          "refuse",
          `route ${route} is gone`,
          "Mails and pages out there may ask it. Declare it deprecated, with its sunset, and take it out after that.",
        );
  }
  const kept =
    live.routes.size - [...live.routes.keys()].filter((route) => !routes.includes(route)).length;
  yield step("keep", `${kept} routes`);
}
