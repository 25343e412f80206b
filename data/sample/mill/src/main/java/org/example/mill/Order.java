package org.example.mill;

import java.time.LocalDate;

/**
 * An order of flour.
 *
 * @param number the order's number
 * @param customer who ordered
 * @param flour what was ordered
 * @param tonnes how much
 * @param due the day on which it must leave the mill
 */
public record Order(String number, String customer, Flour flour, double tonnes, LocalDate due) {

    public Order {
        if (tonnes <= 0) {
            throw new IllegalArgumentException("order " + number + " is for nothing");
        }
    }

    /** Wheat that the order needs in tonnes. */
    public double wheatNeeded() {
        return tonnes / flour.extraction();
    }

    /** Days from a date until the order is due; negative if it is late. */
    public long daysLeft(LocalDate today) {
        return java.time.temporal.ChronoUnit.DAYS.between(today, due);
    }
}
