// Every picture that a definition names: one list for whoever uploads, looks for or serves them.
import type { Definition, Image } from "./schema/widget.ts";

export function* imagesOf({ theme, questions, outcomes }: Definition): Generator<Image> {
  if (theme.logo !== undefined) yield theme.logo;
  for (const question of questions) {
    if (question.image !== undefined) yield question.image;
    if (!("options" in question)) continue;
    for (const { image } of question.options) if (image !== undefined) yield image;
  }
  for (const { image } of outcomes ?? []) if (image !== undefined) yield image;
}

/** The same definition with each picture as `published` says it. */
export function withImages<Defined extends Definition>(
  definition: Defined,
  published: (image: Image) => Image,
): Defined {
  const own = structuredClone(definition);
  // Its own copies: what was given stays as it is.
  for (const image of imagesOf(own)) Object.assign(image, published({ ...image }));
  return own;
}
