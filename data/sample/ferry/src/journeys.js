import { formatDuration } from "./clock.js";

/** @typedef {import("./timetable.js").Sailing} Sailing */

/**
 * Find the journey that arrives first, changing vessels where needed.
 *
 * The sailings must be in order of departure. One pass suffices: a sailing can be caught if its pier was reached
 * in time, and since departures only grow, no later sailing can improve an earlier decision (connection scan).
 *
 * @param {Sailing[]} sailings
 * @param {string} from
 * @param {string} to
 * @param {number} start earliest departure
 * @param {number} [change] minutes that changing vessels takes
 * @returns {Sailing[] | null} the legs of the journey, or null if there is none
 */
export function earliestArrival(sailings, from, to, start, change = 8) {
  const reached = new Map([[from, start]]);
  const cameBy = new Map();
  for (const sailing of sailings) {
    const ready = reached.get(sailing.from);
    if (ready === undefined) continue;
    const slack = cameBy.has(sailing.from) ? change : 0;
    if (ready + slack > sailing.departs) continue;
    const best = reached.get(sailing.to) ?? Infinity;
    if (sailing.arrives < best) {
      reached.set(sailing.to, sailing.arrives);
      cameBy.set(sailing.to, sailing);
    }
  }
  if (!cameBy.has(to)) return null;
  const legs = [];
  for (let pier = to; pier !== from; pier = legs[0].from) {
    legs.unshift(cameBy.get(pier));
  }
  return legs;
}

/**
 * All journeys without a change, and for each how long it takes.
 */
export const directJourneys = (sailings, from, to) =>
  sailings
    .filter((s) => s.from === from && s.to === to)
    .map((s) => ({ ...s, duration: s.arrives - s.departs }));

/**
 * Keep the journeys that no other beats: one is beaten by another that leaves no earlier and arrives no later.
 *
 * @template {{departs: number, arrives: number}} T
 * @param {T[]} journeys
 * @returns {T[]}
 */
export function paretoFront(journeys) {
  const latestFirst = [...journeys].sort((a, b) => b.departs - a.departs || a.arrives - b.arrives);
  let earliest = Infinity;
  return latestFirst
    .filter((journey) => {
      if (journey.arrives >= earliest) return false;
      earliest = journey.arrives;
      return true;
    })
    .reverse();
}

/** Describe a journey in one sentence for the announcement on the pier. */
export function describe(legs) {
  if (legs.length === 0) return "You are there already.";
  const total = legs.at(-1).arrives - legs[0].departs;
  const changes = legs.slice(1).map((leg) => leg.from);
  const via = changes.length > 0 ? `, changing at ${changes.join(" and ")}` : "";
  return `${legs[0].from} to ${legs.at(-1).to} in ${formatDuration(total)}${via}.`;
}
