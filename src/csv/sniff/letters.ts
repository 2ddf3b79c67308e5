/**
 * The letters beyond ASCII of the languages that files in 8-bit encodings are written in, each with its rough share
 * of them (per mille, from texts of news and encyclopedias; what is rarer than 1 is 1).
 */
export interface Language {
  readonly name: string;
  readonly encodings: readonly string[];
  readonly letters: ReadonlyMap<string, number>;
  /** Written in Latin letters: most of a word is ASCII. */
  readonly latin: boolean;
}

const WESTERN = ['windows-1252', 'macintosh'];
const CENTRAL = ['windows-1250', 'iso-8859-2'];
const CYRILLIC = ['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5'];

/** `é450à150`: letters, each with its share. */
function language(name: string, encodings: readonly string[], shares: string): Language {
  const pairs = [...shares.matchAll(/(\p{L}|\p{S}|\p{P})(\d+)/gu)];
  const letters = new Map(pairs.map(([, letter = '', share]) => [letter, Number(share)]));
  return {
    name,
    encodings,
    letters,
    latin: letters.keys().some((letter) => /\p{Script=Latin}/u.test(letter)),
  };
}

/** Made when they are asked for: most files are UTF-8, and need none. */
const alone = (): Language[] => [
  language('French', WESTERN, 'é560à130è110ê60ç30î20ô25û15â15ù10ë8ï8œ8«10»10’60€10°10'),
  language('German', WESTERN, 'ü370ä310ö170ß100é20€10°10'),
  language('Spanish', WESTERN, 'ó330í250á200é160ñ90ú70ü5¿5¡5ª10º10€10'),
  language('Portuguese', WESTERN, 'ã220ç190á150é140í90ó70ê50õ50ú30â25à20ô15º15ª10€5'),
  language('Italian', WESTERN, 'à340è300ù120ò120ì80é40’60€10°10'),
  language('Swedish', WESTERN, 'ä430å320ö300é20'),
  language('Danish and Norwegian', WESTERN, 'ø400å400æ250é20ö10ä10'),
  language('Dutch and English', WESTERN, 'é400ë200ï100è60ö60ü60’150‘40“60”60–60£60€60©10®10'),
  language('Polish', CENTRAL, 'ł250ą180ę170ó120ż110ś90ć60ń40ź20'),
  language('Czech', CENTRAL, 'í230á200é110ě100ř90č80ž80š70ý70ů50ú20ň10ó10ť5ď5'),
  language('Slovak', CENTRAL, 'á200í140é110č110š90ž90ý100ú80ľ50ť60ó20ô20ň20ä10ď20ŕ3ĺ3'),
  language('Hungarian', CENTRAL, 'á330é330ö100ó100ő80ü60í60ú30ű20'),
  language('Croatian and Slovene', CENTRAL, 'č330š280ž250ć130đ60'),
  language('Romanian', CENTRAL, 'ă350ş180ţ180î150â140'),
  language(
    'Russian',
    CYRILLIC,
    'о110е85а80и74н67т63с55р47в45л44к35м32д30п28у26я20ы19ь17г17з16б16ч14й12х10ж9ш7ю6ц5щ4э3ф3ё2ъ1і4ї2є2',
  ),
  language(
    'Greek',
    ['windows-1253', 'iso-8859-7'],
    'α90ο90ι80τ80ε75ν65ς40σ50ρ45κ40π40η35υ35λ30μ30ω20δ18γ17χ12θ12φ8β7ξ4ζ4ψ2ά25έ25ή20ί35ό30ύ18ώ15',
  ),
  language('Turkish', ['windows-1254'], 'ı330ü130ş120ö70ğ90ç90İ60â5î3û3'),
  language(
    'Hebrew',
    ['windows-1255'],
    'י110ה90ו105ל75א65ר60ת60ב55מ55ש50ם35ד30ע30ח28נ30ק25פ22כ20ט14ג14ן12ז12ס14צ12ך6ף3ץ3',
  ),
  language(
    'Arabic',
    ['windows-1256'],
    'ا160ل120ي75م65و60ن60ر55ت50ب40ة40ع40د35س28ف30ه30ك25ق25ح22أ20ج15ش12ص12ط12خ10ذ8ض8ى8ث6ز6إ8غ5ظ3ئ3ء5',
  ),
];

/** Names of people and places come in many languages at once: the mean of all Western ones. */
function mixed(languages: readonly Language[]): Language {
  const letters = new Map<string, number>();
  for (const each of languages) {
    for (const [letter, share] of each.letters) {
      letters.set(letter, (letters.get(letter) ?? 0) + share / languages.length);
    }
  }
  return { name: 'several Western languages', encodings: WESTERN, letters, latin: true };
}

let made: readonly Language[] | null = null;

export function languages(): readonly Language[] {
  made ??= withMixed(alone());
  return made;
}

const withMixed = (each: readonly Language[]): Language[] => [
  ...each,
  mixed(each.filter(({ encodings }) => encodings === WESTERN)),
];
