package org.example.mill;

import java.util.Arrays;
import java.util.Comparator;

/** Types of wheat flour by the ash that is left when they are burnt, as in DIN 10355. */
public enum Flour {
    TYPE_405(0.50),
    TYPE_550(0.63),
    TYPE_812(0.90),
    TYPE_1050(1.20),
    TYPE_1600(1.80);

    private final double maxAsh;

    Flour(double maxAsh) {
        this.maxAsh = maxAsh;
    }

    /** The most ash that flour of this type may have, in percent of the dry matter. */
    public double maxAsh() {
        return maxAsh;
    }

    /**
     * The whitest type that flour of some ash may be sold as.
     *
     * @throws IllegalArgumentException if it is darker than every type
     */
    public static Flour forAsh(double ash) {
        return Arrays.stream(values())
                .filter(type -> ash <= type.maxAsh)
                .min(Comparator.comparingDouble(Flour::maxAsh))
                .orElseThrow(() -> new IllegalArgumentException("ash of " + ash + " % fits no type"));
    }

    /** Flour got from a tonne of wheat in tonnes, roughly: the whiter the flour, the more bran is left over. */
    public double extraction() {
        return switch (this) {
            case TYPE_405 -> 0.55;
            case TYPE_550 -> 0.72;
            case TYPE_812 -> 0.79;
            case TYPE_1050 -> 0.83;
            case TYPE_1600 -> 0.90;
        };
    }
}
