package org.example.mill;

import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Puts orders on the days of the mill.
 *
 * <p>Changing the type of flour costs time for cleaning the sifters. Within a day, orders are therefore grouped by
 * type; across days, the order that is due first comes first.
 */
public final class Planner {

    /**
     * A piece of an order on a day.
     *
     * @param order the order
     * @param tonnes the part of it that is milled on that day
     */
    public record Run(Order order, double tonnes) {}

    /**
     * What became of the orders.
     *
     * @param days the runs of each day
     * @param finished when each order is ready, by its number
     */
    public record Plan(Map<LocalDate, List<Run>> days, Map<String, LocalDate> finished) {

        /** Orders that are ready only after they are due, with the days by which they are late. */
        public Map<Order, Long> late(Collection<Order> orders) {
            return orders.stream()
                    .filter(order -> finished.get(order.number()).isAfter(order.due()))
                    .collect(Collectors.toMap(order -> order, order -> -order.daysLeft(finished.get(order.number()))));
        }
    }

    private final ShiftCalendar calendar;
    private final double tonnesPerHour;
    private final Duration changeover;

    public Planner(ShiftCalendar calendar, double tonnesPerHour, Duration changeover) {
        if (tonnesPerHour <= 0) {
            throw new IllegalArgumentException("the mill must have a capacity");
        }
        this.calendar = calendar;
        this.tonnesPerHour = tonnesPerHour;
        this.changeover = changeover;
    }

    /**
     * Plans all orders from a day on.
     *
     * @throws IllegalStateException if the orders do not fit into a year
     */
    public Plan plan(Collection<Order> orders, LocalDate from) {
        List<Order> waiting = new ArrayList<>(orders);
        waiting.sort(Comparator.comparing(Order::due).thenComparing(Order::number));
        Map<String, Double> left = new HashMap<>();
        waiting.forEach(order -> left.put(order.number(), order.tonnes()));
        Map<LocalDate, List<Run>> days = new TreeMap<>();
        Map<String, LocalDate> finished = new HashMap<>();
        Flour set = null;
        for (LocalDate day = from; !waiting.isEmpty(); day = day.plusDays(1)) {
            if (day.isAfter(from.plusYears(1))) {
                throw new IllegalStateException(waiting.size() + " orders do not fit into a year");
            }
            double hours = calendar.on(day).toMinutes() / 60.0;
            List<Run> runs = new ArrayList<>();
            while (hours > 0 && !waiting.isEmpty()) {
                Order next = choose(waiting, set, day);
                if (set != null && set != next.flour()) {
                    hours -= changeover.toMinutes() / 60.0;
                }
                if (hours <= 0) {
                    break;
                }
                set = next.flour();
                double milled = Math.min(left.get(next.number()), hours * tonnesPerHour);
                runs.add(new Run(next, milled));
                hours -= milled / tonnesPerHour;
                double rest = left.merge(next.number(), -milled, Double::sum);
                if (rest < 1e-9) {
                    waiting.remove(next);
                    finished.put(next.number(), day);
                }
            }
            if (!runs.isEmpty()) {
                days.put(day, List.copyOf(runs));
            }
        }
        return new Plan(days, finished);
    }

    /** The most urgent order; but one of the same flour first, if nothing is due on that day or before. */
    private static Order choose(List<Order> waiting, Flour set, LocalDate day) {
        Order urgent = waiting.get(0);
        if (!urgent.due().isAfter(day)) {
            return urgent;
        }
        return waiting.stream().filter(order -> order.flour() == set).findFirst().orElse(urgent);
    }
}
