// What a site asks for, by attributes of the element or as an object. Types alone.
export type Mode = "inline" | "popup" | "slide-in" | "side-tab" | "full-page";

export interface MailyOptions {
  /** The campaign's id. */
  readonly campaign?: string | undefined;
  /** The edge's address, such as https://ask.example.org; unless told, of the script tag whose file is embed.js. */
  readonly edge?: string | undefined;
  /** The public name of this embedding, which `maily publish` prints. As an attribute: embed-key. */
  readonly embedKey?: string | undefined;
  /** "inline" unless told. */
  readonly mode?: Mode | undefined;
  /**
   * When it shows, several with spaces between: "load" (unless told; a side tab "none"), "none", "click:<selector>",
   * "delay:<seconds>", "scroll:<percent>", "idle:<seconds>", "exit".
   */
  readonly trigger?: string | undefined;
  /** "reader": this browser is one reader, and is not asked by itself again after it has answered. */
  readonly once?: "reader" | undefined;
  /** For how many days after it was closed it does not show by itself; 7 unless told. */
  readonly rest?: number | string | undefined;
  /** As in BCP 47; unless told, what the browser prefers. */
  readonly language?: string | undefined;
  /** Unless told, what the reader prefers. */
  readonly theme?: "light" | "dark" | undefined;
  /** Of the side tab's button, of the frame until its title is known, and of the link that replaces a blocked frame. */
  readonly label?: string | undefined;
  /** Answers to begin with, by question id; or that as JSON. */
  readonly prefill?: object | string | undefined;
  /** Hidden fields by id; or that as JSON. */
  readonly fields?: object | string | undefined;
  /** A personal invitation, where the site knows its reader: an option rather than an attribute, which recorders copy. */
  readonly invitation?: string | undefined;
}

/** An element's options, or its attributes where those say nothing, or null. A number or an object of the former is no text. */
export type Get = (name: keyof MailyOptions) => string | null;
