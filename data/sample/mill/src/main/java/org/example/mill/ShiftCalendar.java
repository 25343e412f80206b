package org.example.mill;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalDate;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The hours in which the mill runs. */
public final class ShiftCalendar {

    private final Map<DayOfWeek, Duration> hours = new EnumMap<>(DayOfWeek.class);
    private final Set<LocalDate> holidays = new TreeSet<>();

    /** Two shifts from Monday to Friday, and one on Saturday. */
    public static ShiftCalendar standard() {
        ShiftCalendar calendar = new ShiftCalendar();
        for (DayOfWeek day : DayOfWeek.values()) {
            calendar.hours.put(day, switch (day) {
                case SATURDAY -> Duration.ofHours(8);
                case SUNDAY -> Duration.ZERO;
                default -> Duration.ofHours(16);
            });
        }
        return calendar;
    }

    /** Adds a day on which the mill stands still. */
    public ShiftCalendar holiday(LocalDate day) {
        holidays.add(day);
        return this;
    }

    /** How long the mill runs on a day. */
    public Duration on(LocalDate day) {
        if (holidays.contains(day)) {
            return Duration.ZERO;
        }
        return hours.getOrDefault(day.getDayOfWeek(), Duration.ZERO);
    }

    /** Total running time from one day to another, both included. */
    public Duration between(LocalDate first, LocalDate last) {
        return first.datesUntil(last.plusDays(1)).map(this::on).reduce(Duration.ZERO, Duration::plus);
    }

    /** Days on which the mill runs, without end. */
    public Stream<LocalDate> workingDays(LocalDate from) {
        return Stream.iterate(from, day -> day.plusDays(1)).filter(day -> !on(day).isZero());
    }
}
