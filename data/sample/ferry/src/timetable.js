import { formatTime, parseTime, weekday } from "./clock.js";

/**
 * @typedef {object} Sailing
 * @property {string} id
 * @property {string} from
 * @property {string} to
 * @property {number} departs minutes since midnight
 * @property {number} arrives minutes since midnight, after `departs`
 * @property {string} vessel
 */

/**
 * When a sailing runs: on some weekdays within a season, with single dates added or left out.
 */
export class Calendar {
  /**
   * @param {object} options
   * @param {string} options.first first date of the season
   * @param {string} options.last last date of the season
   * @param {Iterable<number>} [options.weekdays] 1 for Monday to 7 for Sunday
   * @param {Iterable<string>} [options.added]
   * @param {Iterable<string>} [options.cancelled]
   */
  constructor({ first, last, weekdays = [1, 2, 3, 4, 5, 6, 7], added = [], cancelled = [] }) {
    if (last < first) {
      throw new RangeError(`the season ends (${last}) before it begins (${first})`);
    }
    this.first = first;
    this.last = last;
    this.weekdays = new Set(weekdays);
    this.added = new Set(added);
    this.cancelled = new Set(cancelled);
  }

  /** Whether a sailing runs on a date; a cancellation wins over everything else. */
  runsOn(date) {
    if (this.cancelled.has(date)) return false;
    if (this.added.has(date)) return true;
    return date >= this.first && date <= this.last && this.weekdays.has(weekday(date));
  }

  /** The same calendar with one more date cancelled. */
  without(date) {
    return new Calendar({ ...this, cancelled: [...this.cancelled, date] });
  }
}

/** All sailings of a line, with the calendars by which they run. */
export class Timetable {
  #sailings = [];
  #calendars = new Map();

  /**
   * @param {Sailing} sailing
   * @param {Calendar} calendar
   * @returns {this}
   */
  add(sailing, calendar) {
    if (sailing.arrives <= sailing.departs) {
      throw new RangeError(`sailing ${sailing.id} arrives before it departs`);
    }
    if (this.#calendars.has(sailing.id)) {
      throw new Error(`sailing ${sailing.id} is in the timetable already`);
    }
    this.#sailings.push(Object.freeze({ ...sailing }));
    this.#sailings.sort((a, b) => a.departs - b.departs || a.id.localeCompare(b.id));
    this.#calendars.set(sailing.id, calendar);
    return this;
  }

  /** Sailings of a date in order of departure. */
  on(date) {
    return this.#sailings.filter((sailing) => this.#calendars.get(sailing.id).runsOn(date));
  }

  /** The next sailing from one pier to another, or `undefined` if the last one has left. */
  next(date, from, to, now) {
    return this.on(date).find((s) => s.from === from && s.to === to && s.departs >= now);
  }

  *piers() {
    const seen = new Set();
    for (const { from, to } of this.#sailings) {
      for (const pier of [from, to]) {
        if (!seen.has(pier)) {
          seen.add(pier);
          yield pier;
        }
      }
    }
  }

  get size() {
    return this.#sailings.length;
  }
}

/**
 * Read sailings from lines such as `12 Northquay 07:30 Skerry 08:05 Alcyone`.
 * Empty lines and lines that begin with `#` are skipped.
 *
 * @param {string} text
 * @returns {Sailing[]}
 */
export function parseSailings(text) {
  const sailings = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const fields = trimmed.split(/\s+/);
    if (fields.length !== 6) {
      throw new SyntaxError(`line ${index + 1}: expected 6 fields, found ${fields.length}`);
    }
    const [id, from, departs, to, arrives, vessel] = fields;
    sailings.push({ id, from, to, departs: parseTime(departs), arrives: parseTime(arrives), vessel });
  }
  return sailings;
}

/**
 * Find sailings of one vessel that overlap or leave it in the wrong harbour.
 *
 * @param {Sailing[]} sailings
 * @param {number} turnaround minutes that a vessel needs in harbour
 * @returns {string[]} one sentence for each conflict
 */
export function findConflicts(sailings, turnaround = 10) {
  const byVessel = Object.groupBy
    ? Object.groupBy(sailings, (s) => s.vessel)
    : sailings.reduce((groups, s) => ({ ...groups, [s.vessel]: [...(groups[s.vessel] ?? []), s] }), {});
  return Object.entries(byVessel).flatMap(([vessel, runs]) => {
    const ordered = [...runs].sort((a, b) => a.departs - b.departs);
    const problems = [];
    for (let i = 1; i < ordered.length; i += 1) {
      const before = ordered[i - 1];
      const after = ordered[i];
      if (before.to !== after.from) {
        problems.push(`${vessel} ends ${before.id} in ${before.to} but starts ${after.id} in ${after.from}`);
      } else if (after.departs - before.arrives < turnaround) {
        problems.push(`${vessel} has no time between ${before.id} (${formatTime(before.arrives)}) and ${after.id}`);
      }
    }
    return problems;
  });
}
