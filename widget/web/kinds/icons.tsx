// Drawn for this page, in the colour of the text around them. What they mean is said in words beside them.
import type { ComponentChildren, JSX } from "preact";

const drawn = (paths: ComponentChildren): JSX.Element => (
  <svg viewBox="0 0 24 24" aria-hidden="true">
    {paths}
  </svg>
);

export const star = (): JSX.Element =>
  drawn(<path d="M12 2.8l2.8 5.9 6.4.9-4.7 4.5 1.2 6.4-5.7-3.1-5.7 3.1 1.2-6.4L2.8 9.6l6.4-.9z" />);

export const heart = (): JSX.Element =>
  drawn(
    <path d="M12 20.5C5.6 15.9 2.8 12.5 2.8 8.9a4.8 4.8 0 0 1 9.2-2 4.8 4.8 0 0 1 9.2 2c0 3.6-2.8 7-9.2 11.6z" />,
  );

/** From sad (0) to glad (1): the mouth bends. */
export const face = (mood: number): JSX.Element => {
  const bend = (mood - 0.5) * 7;
  const line = 15.2 - bend / 3;
  return drawn(
    <>
      <circle cx="12" cy="12" r="9.2" />
      <path class="line" d="M8.7 9.3v.8M15.3 9.3v.8" />
      <path class="line" d={`M7.8 ${line}Q12 ${line + bend} 16.2 ${line}`} />
    </>,
  );
};

const thumb =
  "M7.5 10.5 11.3 2.8c1.6 0 2.7 1.2 2.5 2.9l-.5 3.3h5.1c1.3 0 2.3 1.2 2 2.5l-1.5 7c-.2 1-1.1 1.7-2.1 1.7H7.5zM3.5 10.5h4v9.7h-4z";

export const thumbUp = (): JSX.Element => drawn(<path d={thumb} />);
export const thumbDown = (): JSX.Element =>
  drawn(<path d={thumb} transform="matrix(1 0 0 -1 0 24)" />);
