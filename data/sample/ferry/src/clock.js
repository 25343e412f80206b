/**
 * Times of day as minutes since midnight. A ferry that leaves after midnight belongs to the
 * timetable of the day before, so that values may exceed 24 hours.
 * @module clock
 */

export const MINUTES_PER_DAY = 24 * 60;

/**
 * Read a time such as `"07:45"` or `"25:10"`.
 *
 * @param {string} text
 * @returns {number} minutes since midnight
 * @throws {SyntaxError} if the text is not a time
 */
export function parseTime(text) {
  const match = /^(\d{1,2}):([0-5]\d)$/.exec(text.trim());
  if (!match) {
    throw new SyntaxError(`not a time of day: ${JSON.stringify(text)}`);
  }
  const [, hours, minutes] = match;
  return Number(hours) * 60 + Number(minutes);
}

/**
 * Format minutes for display; times after midnight are marked with a plus sign.
 *
 * @param {number} minutes
 * @returns {string}
 */
export function formatTime(minutes) {
  const nextDay = minutes >= MINUTES_PER_DAY;
  const within = ((minutes % MINUTES_PER_DAY) + MINUTES_PER_DAY) % MINUTES_PER_DAY;
  const hours = String(Math.floor(within / 60)).padStart(2, "0");
  const rest = String(within % 60).padStart(2, "0");
  return `${hours}:${rest}${nextDay ? "+" : ""}`;
}

/** Format a duration: `"45 min"`, `"2 h"`, `"1 h 05"`. */
export const formatDuration = (minutes) => {
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  const hours = `${Math.floor(minutes / 60)} h`;
  return rest === 0 ? hours : `${hours} ${String(rest).padStart(2, "0")}`;
};

/**
 * Day of the week of an ISO date, Monday being 1 and Sunday 7.
 *
 * @param {string} isoDate such as `"2025-06-30"`
 * @returns {number}
 */
export function weekday(isoDate) {
  const day = new Date(`${isoDate}T00:00:00Z`).getUTCDay();
  if (Number.isNaN(day)) {
    throw new RangeError(`not a date: ${isoDate}`);
  }
  return day === 0 ? 7 : day;
}

/** Add days to an ISO date without ever touching the local time zone. */
export function addDays(isoDate, days) {
  const date = new Date(`${isoDate}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
