/**
 * What the page, the preference page and the mail say themselves in: a file each in their folders `words`. English first, for
 * whoever wants none of them.
 */
export const pageLanguages: readonly string[] =
  "en ar ca cs da de el es fa fi fr he hi hu id it ja ko nb nl pl pt ro sv th tr uk vi zh zh-Hant".split(
    " ",
  );
