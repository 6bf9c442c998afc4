// Pictures of questions and options. The edge serves them by their own digest.
import type { Image } from "../../../sdk/schema/text.ts";
import { local, type Open } from "../page.ts";

/** Takes itself away where it cannot be shown: what it says stands beside it in words, or in `alt`. */
export function Picture({ page, image }: { page: Open; image: Image }) {
  const { source, alt, width, height } = image;
  return (
    <img
      class="picture"
      src={`/images/${source}`}
      alt={alt === "" ? "" : local(page, alt)}
      width={width}
      height={height}
      loading="lazy"
      decoding="async"
      onError={({ currentTarget }) => {
        currentTarget.dataset["broken"] = "";
      }}
    />
  );
}
