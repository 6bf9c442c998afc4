// mjml's own parser; the types that DefinitelyTyped has for mjml leave it out.
declare module "mjml-parser-xml" {
  export interface MjmlNode {
    tagName: string;
    attributes?: Record<string, unknown>;
    children?: MjmlNode[];
    content?: string;
    line?: number;
    /** Of the file that the element is written in; absent on comments. */
    absoluteFilePath?: string;
    errors?: { type: string; params: Record<string, string> }[];
  }
  export default function parse(
    xml: string,
    options: {
      components: Record<string, unknown>;
      filePath: string;
      actualPath: string;
      ignoreIncludes: boolean;
      keepComments: boolean;
    },
  ): MjmlNode;
}
