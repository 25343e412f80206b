import { useEffect, useMemo, useState } from "react";

import { formatTime } from "./clock.js";

export interface Departure {
  id: string;
  to: string;
  departs: number;
  vessel: string;
  delay?: number;
  cancelled?: boolean;
}

interface BoardProps {
  pier: string;
  departures: readonly Departure[];
  rows?: number;
  clock?: () => number;
}

/** Minutes since midnight by the clock of the machine that shows the board. */
const wallClock = (): number => {
  const now = new Date();
  return now.getHours() * 60 + now.getMinutes();
};

/** The present time, renewed every `everyMs` milliseconds. */
export function useMinutes(clock: () => number, everyMs = 5_000): number {
  const [minutes, setMinutes] = useState(clock);
  useEffect(() => {
    const timer = setInterval(() => setMinutes(clock()), everyMs);
    return () => clearInterval(timer);
  }, [clock, everyMs]);
  return minutes;
}

/** What to print beside a departure. */
export function remark(departure: Departure, now: number): string {
  if (departure.cancelled) return "cancelled";
  const delay = departure.delay ?? 0;
  const left = departure.departs + delay - now;
  if (left <= 3) return "boarding";
  return delay > 0 ? `${delay} min late` : "on time";
}

function Row({ departure, now }: { departure: Departure; now: number }) {
  const text = remark(departure, now);
  return (
    <tr className={departure.cancelled ? "row row--cancelled" : "row"}>
      <td>
        <time>{formatTime(departure.departs)}</time>
      </td>
      <td>{departure.to}</td>
      <td>{departure.vessel}</td>
      <td aria-live={text === "boarding" ? "assertive" : "off"}>{text}</td>
    </tr>
  );
}

/** The departure board on a pier: the next sailings, with delays. */
export function Board({ pier, departures, rows = 6, clock = wallClock }: BoardProps) {
  const now = useMinutes(clock);
  const upcoming = useMemo(
    () =>
      departures
        .filter((d) => d.departs + (d.delay ?? 0) >= now)
        .sort((a, b) => a.departs - b.departs)
        .slice(0, rows),
    [departures, now, rows],
  );
  return (
    <section aria-label={`Departures from ${pier}`}>
      <h1>{pier}</h1>
      {upcoming.length === 0 ? (
        <p>No more sailings today.</p>
      ) : (
        <table>
          <tbody>
            {upcoming.map((departure) => (
              <Row key={departure.id} departure={departure} now={now} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
