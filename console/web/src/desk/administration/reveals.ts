/** Looks at reporters and at callers (查看记录) as one list, the latest first: two owners keep them. */

export interface Look {
  key: string;
  at: string;
  person_id: string;
  /** 上报人 or 来电人. */
  whom: string;
  report_number: string | null;
  reason: string;
}

/** What of one owner's list has been read and not been shown. */
export interface Flow {
  looks: Look[];
  before: number | null;
  over: boolean;
}

type Read = (before: number | null) => Promise<{ looks: Look[]; before: number | null }>;

export function emptyFlow(): Flow {
  return { looks: [], before: null, over: false };
}

/** The next looks of both, at most so many. */
export async function merged(
  one: Flow,
  readOne: Read,
  two: Flow,
  readTwo: Read,
  most: number,
): Promise<Look[]> {
  const found: Look[] = [];
  while (found.length < most) {
    await Promise.all([fill(one, readOne), fill(two, readTwo)]);
    const [first, second] = [one.looks[0], two.looks[0]];
    if (!first && !second) break;
    const from = !second || (first && first.at >= second.at) ? one : two;
    found.push(from.looks.shift() as Look);
  }
  return found;
}

async function fill(flow: Flow, read: Read): Promise<void> {
  while (!flow.looks.length && !flow.over) {
    const page = await read(flow.before);
    flow.looks = page.looks;
    flow.before = page.before;
    flow.over = page.before === null;
  }
}
