// What authors write: texts and pictures, and the limits of a definition.
import { z } from "zod";
import { Language } from "./ids.ts";

/** Limits of a definition (SPEC §2). */
export const widgetLimits = {
  questions: 50,
  options: 50,
  languages: 30,
  purposes: 20,
  outcomes: 20,
  textCharacters: 2000,
  definitionBytes: 65_536,
  rows: 20,
  columns: 10,
  /** Of a matrix that takes several a row: the whole answer must fit a sealed payload. */
  cells: 100,
  /** Of a text written under "Other…". */
  otherCharacters: 200,
  emailCharacters: 254,
  phoneCharacters: 16,
  /** A number's distance from zero: sums of a region's answers stay exact. */
  number: 1_000_000_000_000,
  pointsTotal: 1_000_000,
  hidden: 20,
  hiddenCharacters: 500,
  calculated: 20,
  addends: 50,
  fallbackCharacters: 100,
  imagePixels: 10_000,
} as const;

/** What UTF-8, and with it canonical JSON, can say: half of a surrogate pair could be neither signed nor sent. */
export const wellFormed = (length: { readonly min: number; readonly max: number }) =>
  z
    .string()
    .min(length.min)
    .max(length.max)
    .refine((text) => text.isWellFormed(), "has half of a surrogate pair");

const Prose = wellFormed({ min: 1, max: widgetLimits.textCharacters });

export const LocalText = z
  .union([Prose, z.record(Language, Prose)])
  .describe("A text: one string for every language, or one string a language.");
export type LocalText = z.infer<typeof LocalText>;

export const Colour = z.string().regex(/^#[0-9a-f]{6}$/, "must be a colour such as #0b5fff");
export type Colour = z.infer<typeof Colour>;

/** Published, a digest; in an author's file, a path below it: no widget reads files from elsewhere. */
const imageSource =
  /^(?:[0-9a-f]{64}\.(?:png|jpg|webp|gif|avif)|\.\/(?:[\w-][\w. -]{0,63}\/){0,4}[\w-][\w. -]{0,99}\.(?:png|jpe?g|webp|gif|avif))$/;

const Pixels = z.int().min(1).max(widgetLimits.imagePixels);

export const Image = z
  .strictObject({
    source: z
      .string()
      .max(300)
      .regex(
        imageSource,
        "must be a file beside the widget, such as ./cup.webp (png, jpg, webp, gif, avif)",
      )
      .describe(
        "In the author's file a path from it; published, the picture's SHA-256 and ending, which the edge serves.",
      ),
    alt: z
      .union([z.literal(""), LocalText])
      .describe("What the picture shows, for who does not see it; empty where it only decorates."),
    width: Pixels.optional().describe("In pixels; read from the file when published."),
    height: Pixels.optional(),
  })
  .describe("A picture.");
export type Image = z.infer<typeof Image>;
