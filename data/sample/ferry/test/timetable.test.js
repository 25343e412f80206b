import assert from "node:assert/strict";
import { describe as suite, it } from "node:test";

import { addDays, formatDuration, formatTime, parseTime, weekday } from "../src/clock.js";
import { describe, earliestArrival, paretoFront } from "../src/journeys.js";
import { Calendar, findConflicts, parseSailings, Timetable } from "../src/timetable.js";

const SAILINGS = parseSailings(`
  # id from departs to arrives vessel
  12 Northquay 07:30 Skerry 08:05 Alcyone
  13 Skerry 08:20 Northquay 08:55 Alcyone
  14 Skerry 08:10 Outerholm 08:50 Halcyon
  15 Skerry 08:40 Outerholm 09:15 Halcyon
`);

suite("clock", () => {
  it("reads and prints times after midnight", () => {
    assert.equal(parseTime("25:10"), 1510);
    assert.equal(formatTime(1510), "01:10+");
    assert.throws(() => parseTime("7.45"), SyntaxError);
  });

  it("knows the days of the week", () => {
    assert.equal(weekday("2025-06-30"), 1);
    assert.equal(weekday(addDays("2025-06-30", 6)), 7);
    assert.equal(addDays("2024-02-28", 1), "2024-02-29");
  });

  it("prints durations", () => {
    assert.deepEqual([45, 120, 65].map(formatDuration), ["45 min", "2 h", "1 h 05"]);
  });
});

suite("timetable", () => {
  const summer = new Calendar({ first: "2025-06-01", last: "2025-08-31", weekdays: [1, 2, 3, 4, 5] });

  it("follows seasons, weekdays and cancellations", () => {
    assert.ok(summer.runsOn("2025-06-30"));
    assert.ok(!summer.runsOn("2025-06-29"));
    assert.ok(!summer.without("2025-06-30").runsOn("2025-06-30"));
  });

  it("finds the next sailing", () => {
    const timetable = new Timetable();
    for (const sailing of SAILINGS) timetable.add(sailing, summer);
    assert.equal(timetable.next("2025-06-30", "Skerry", "Outerholm", parseTime("08:15")).id, "15");
    assert.equal(timetable.next("2025-06-30", "Skerry", "Outerholm", parseTime("09:00")), undefined);
    assert.deepEqual([...timetable.piers()], ["Northquay", "Skerry", "Outerholm"]);
  });

  it("reports vessels that are in the wrong harbour", () => {
    assert.deepEqual(findConflicts(SAILINGS), ["Halcyon ends 14 in Outerholm but starts 15 in Skerry"]);
  });
});

suite("journeys", () => {
  it("leaves time to change vessels", () => {
    const ordered = [...SAILINGS].sort((a, b) => a.departs - b.departs);
    const legs = earliestArrival(ordered, "Northquay", "Outerholm", parseTime("07:00"));
    assert.deepEqual(legs.map((leg) => leg.id), ["12", "15"]);
    assert.equal(describe(legs), "Northquay to Outerholm in 1 h 45, changing at Skerry.");
    assert.equal(earliestArrival(ordered, "Northquay", "Outerholm", parseTime("08:00")), null);
  });

  it("drops journeys that another one beats", () => {
    const front = paretoFront([
      { departs: 10, arrives: 60 },
      { departs: 20, arrives: 50 },
      { departs: 30, arrives: 70 },
    ]);
    assert.deepEqual(front.map((j) => j.departs), [20, 30]);
  });
});
