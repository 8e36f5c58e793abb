/** Small parts of SVG and HTML for reports. Everything that comes from a run goes through `escapeText`. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** What XML 1.0 cannot hold, escaped or not. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** A colour for each of many things, told apart also in grey by their order in the legend. */
const COLOURS = ['#2563a8', '#c2571a', '#3d8b40', '#8e44ad', '#b03a2e', '#7d6608', '#148f8f', '#5d6d7e', '#d081a0', '#4a4a4a'];

export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length] as string;
}

/** The largest of many: more than a call may have arguments. */
export function largest(values: readonly number[], least: number): number {
  return values.reduce((most, value) => Math.max(most, value), least);
}

/** A number with at most two digits after the point. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** Round values that cut a range into about `count` parts (1, 2 or 5 times a power of ten apart). */
export function ticks(max: number, count = 5): number[] {
  if (!(max > 0)) return [0];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}

export interface Series {
  readonly name: string;
  /** In order of x. */
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
  /** Marks instead of a line: how many each of them stands for. */
  readonly dots?: readonly number[];
}

export interface ChartOptions {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Shaded ranges of x: times of faults. */
  readonly shaded?: ReadonlyArray<readonly [from: number, to: number]>;
}

const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 56;
const BOTTOM = 40;
const TOP = 26;
const RIGHT = 130;

/** Lines or dots over two axes from zero, with a legend. */
export function chart(series: readonly Series[], options: ChartOptions): string {
  const points = series.flatMap((each) => each.points);
  if (points.length === 0) return `<p class="none">${escapeText(options.title)}: nothing to show in this run.</p>`;
  const maxX = largest(
    points.map(([x]) => x),
    1e-9,
  );
  const maxY =
    largest(
      points.map(([, y]) => y),
      1e-9,
    ) * 1.05;
  const x = (value: number) => LEFT + (value / maxX) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / maxY) * (HEIGHT - BOTTOM - TOP);
  const parts: string[] = [];
  for (const [from, to] of options.shaded ?? []) {
    if (from < maxX)
      parts.push(`<rect x="${short(x(from))}" y="${TOP}" width="${short(x(Math.min(to, maxX)) - x(from))}" height="${HEIGHT - BOTTOM - TOP}" class="fault"/>`);
  }
  for (const tick of ticks(maxY)) {
    parts.push(`<line x1="${LEFT}" y1="${short(y(tick))}" x2="${WIDTH - RIGHT}" y2="${short(y(tick))}" class="grid"/>`);
    parts.push(`<text x="${LEFT - 6}" y="${short(y(tick) + 4)}" text-anchor="end">${short(tick)}</text>`);
  }
  for (const tick of ticks(maxX, 8)) parts.push(`<text x="${short(x(tick))}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${short(tick)}</text>`);
  for (const [index, { name, points: own, dots }] of series.entries()) {
    const colour = colourOf(index);
    const marks = dots ?? (own.length === 1 ? [1] : null);
    if (marks !== null)
      for (const [at, [px, py]] of own.entries()) {
        const count = marks[at] ?? 1;
        const radius = short(Math.min(9, 2 + Math.log2(count)));
        const says = count === 1 ? '' : `<title>${count} times</title>`;
        parts.push(`<circle cx="${short(x(px))}" cy="${short(y(py))}" r="${radius}" fill="${colour}" fill-opacity="0.6">${says}</circle>`);
      }
    else
      parts.push(
        `<polyline points="${own.map(([px, py]) => `${short(x(px))},${short(y(py))}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.6"/>`,
      );
    parts.push(`<rect x="${WIDTH - RIGHT + 10}" y="${TOP + index * 16}" width="10" height="10" fill="${colour}"/>`);
    parts.push(`<text x="${WIDTH - RIGHT + 25}" y="${TOP + 9 + index * 16}">${escapeText(name)}</text>`);
  }
  parts.push(`<text x="${LEFT}" y="15" class="title">${escapeText(options.title)}</text>`);
  parts.push(`<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">${escapeText(options.xTitle)}</text>`);
  parts.push(`<text x="14" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})">${escapeText(options.yTitle)}</text>`);
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeText(options.title)}">${parts.join('')}</svg>`;
}

const BAR_HEIGHT = 18;
const BAR_LEFT = 150;
const BAR_RIGHT = 90;

/** One bar for each name, the longest first as given. */
export function bars(title: string, rows: ReadonlyArray<readonly [name: string, value: number]>, unit: string): string {
  if (rows.length === 0) return `<p class="none">${escapeText(title)}: nothing to show in this run.</p>`;
  const max = largest(
    rows.map(([, value]) => value),
    1e-9,
  );
  const height = TOP + rows.length * BAR_HEIGHT + 6;
  const parts = rows.map(([name, value], index) => {
    const top = TOP + index * BAR_HEIGHT;
    const length = (value / max) * (WIDTH - BAR_LEFT - BAR_RIGHT);
    return (
      `<text x="${BAR_LEFT - 6}" y="${top + 12}" text-anchor="end">${escapeText(name.slice(0, 24))}</text>` +
      `<rect x="${BAR_LEFT}" y="${top + 2}" width="${short(length)}" height="${BAR_HEIGHT - 6}" fill="${colourOf(0)}"/>` +
      `<text x="${short(BAR_LEFT + length + 5)}" y="${top + 12}">${value.toLocaleString('en-GB')} ${escapeText(unit)}</text>`
    );
  });
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(title)}"><text x="4" y="15" class="title">${escapeText(title)}</text>${parts.join('')}</svg>`;
}
