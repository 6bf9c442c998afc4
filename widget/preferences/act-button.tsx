// What every act shows: its button, how far it is, and how it failed.
import type { Act, ActName, Center } from "./center.ts";

export const regionOf = ({ speech, visit }: Center): string =>
  speech.asking.regions[visit.invited.body.region];

/** How an act failed, said at once. */
export const FaultText = ({ page, act }: { page: Center; act: Act }) =>
  act.at === "failed" ? (
    <p class="fault" role="alert">
      {page.words.faults[act.fault]}
    </p>
  ) : null;

/** A button that begins an act and says that it is under way. */
export function ActButton(props: {
  page: Center;
  name: ActName;
  label: string;
  main?: boolean;
  onPress: (event: Event) => void;
}) {
  const { page, name, label, main, onPress } = props;
  const busy = page.acts[name].at === "working";
  return (
    <button type="button" class={main ? "main" : ""} aria-disabled={busy} onClick={onPress}>
      {busy ? page.words.working : label}
    </button>
  );
}
