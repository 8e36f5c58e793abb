import type { Link } from './link.ts';

/** Links that the end of a turn looks at, once each. A list and a mark at each link: it is filled and emptied in most turns, which costs a set more. */
export class TouchedLinks {
  readonly #links: Link[] = [];

  add(link: Link): void {
    if (link.touched) return;
    link.touched = true;
    this.#links.push(link);
  }

  /** The link is closed: nobody looks at it any more. */
  delete(link: Link): void {
    link.touched = false;
  }

  /** Hands over all of them, those that come meanwhile included, and forgets them. */
  drain(each: (link: Link) => void): void {
    const links = this.#links;
    if (links.length === 0) return;
    for (let at = 0; at < links.length; at += 1) if (links[at]?.touched === true) each(links[at] as Link);
    for (const link of links) link.touched = false;
    links.length = 0;
  }
}
