/** SQL's LIKE: `_` is one character, `%` any number of them. In time of text times pattern, whatever they are. */
export function isLike(text: string, pattern: string): boolean {
  const letters = Array.from(text);
  const wanted = Array.from(pattern);
  let [at, next] = [0, 0];
  // Where the last `%` stands, and up to where it has taken letters.
  let [star, taken] = [-1, 0];
  while (at < letters.length) {
    if (wanted[next] === "%") {
      [star, taken] = [next, at];
      next++;
    } else if (next < wanted.length && (wanted[next] === "_" || wanted[next] === letters[at])) {
      at++;
      next++;
    } else if (star >= 0) {
      taken++;
      [at, next] = [taken, star + 1];
    } else return false;
  }
  return wanted.slice(next).every((letter) => letter === "%");
}
