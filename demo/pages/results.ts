// Runs in the browser: the numbers of the results page follow the region's server. Types only from the sdk; served with its types stripped.
import type { OptionResult, Results } from "../../sdk/schema/results.ts";

const write = (root: ParentNode, key: string, text: string): void => {
  const place = root.querySelector(`[data-value="${CSS.escape(key)}"]`);
  if (place !== null && place.textContent !== text) place.textContent = text;
};

function draw(root: ParentNode, key: string, count: number | string, share: number): void {
  write(root, key, String(count));
  const bar = root.querySelector<HTMLElement>(`[data-bar="${CSS.escape(key)}"]`);
  bar?.style.setProperty("--share", String(share));
}

function drawMatrix(root: ParentNode, { id, matrix }: Results["questions"][number]): void {
  for (const row of matrix?.rows ?? [])
    for (const [index, { count }] of row.cells.entries())
      write(root, `${id}/${row.id}:${matrix?.columns[index]?.id ?? ""}`, String(count));
}

/** As the page was drawn: of shared points their mean. */
const numberOf = ({ count, meanPoints }: OptionResult): number | string =>
  meanPoints === undefined ? count : (meanPoints?.toFixed(1) ?? "–");

function drawFunnel(root: ParentNode, { funnel }: Results): void {
  if (funnel === undefined) return;
  const { viewed, started, sent, questions } = funnel;
  const steps: [string, number][] = [
    ["viewed", viewed],
    ["started", started],
    ...questions.map(({ id, seen }): [string, number] => [`question/${id}`, seen]),
    ["sent", sent],
  ];
  for (const [step, count] of steps)
    draw(root, `funnel/${step}`, count, count / Math.max(1, viewed));
}

function show(section: HTMLElement, results: Results): void {
  write(section, "answers", String(results.answers));
  write(section, "visitors", String(results.visitors ?? 0));
  write(section, "submissions", String(results.submissions));
  for (const question of results.questions) {
    write(section, `${question.id}/answered`, String(question.answered));
    for (const option of question.options ?? [])
      draw(section, `${question.id}/${option.id}`, numberOf(option), option.share);
    drawMatrix(section, question);
    const { numbers } = question;
    if (numbers === undefined) continue;
    for (const { value, count } of numbers.histogram)
      draw(section, `${question.id}=${value}`, count, count / Math.max(1, question.answered));
    write(section, `${question.id}/mean`, numbers.mean === null ? "–" : numbers.mean.toFixed(1));
    write(section, `${question.id}/nps`, String(numbers.nps ?? "–"));
  }
  for (const outcome of results.outcomes ?? [])
    write(section, `outcome/${outcome.id}`, String(outcome.count));
  drawFunnel(section, results);
  for (const { id, mean } of results.calculated ?? [])
    write(section, `calculated/${id}`, mean === null ? "–" : mean.toFixed(1));
  for (const { id, answered } of results.hidden ?? [])
    write(section, `hidden/${id}`, String(answered));
}

const state = document.querySelector<HTMLElement>(".live");
function say(text: "live" | "waiting"): void {
  if (state === null) return;
  state.dataset["state"] = text;
  state.textContent = text === "live" ? "Live: numbers follow as readers answer" : "Reconnecting…";
}

for (const section of document.querySelectorAll<HTMLElement>("[data-campaign]")) {
  const source = new EventSource(`${location.pathname}/${section.dataset["campaign"] ?? ""}/live`);
  source.addEventListener("open", () => say("live"));
  source.addEventListener("error", () => say("waiting"));
  source.addEventListener("results", (event: MessageEvent<string>) =>
    show(section, JSON.parse(event.data) as Results),
  ); // Our own server's schema.
}
for (const bar of document.querySelectorAll<HTMLElement>("[data-bar]"))
  bar.style.setProperty("--share", bar.dataset["share"] ?? "0");
