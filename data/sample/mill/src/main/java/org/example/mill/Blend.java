package org.example.mill;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** A mixture of lots of wheat. */
public final class Blend {

    /**
     * One lot's part in a blend.
     *
     * @param wheat the lot
     * @param tonnes how much of it
     */
    public record Part(Wheat wheat, double tonnes) {}

    private final List<Part> parts;

    private Blend(List<Part> parts) {
        this.parts = List.copyOf(parts);
    }

    /** A blend of given parts; parts without mass are left out. */
    public static Blend of(List<Part> parts) {
        List<Part> real = parts.stream().filter(part -> part.tonnes() > 0).toList();
        if (real.isEmpty()) {
            throw new IllegalArgumentException("a blend needs at least one part");
        }
        return new Blend(real);
    }

    /**
     * Finds the cheapest blend of two lots, or one lot alone, that reaches a protein.
     *
     * <p>Protein and price are both linear in the share, so that among two lots the cheapest blend lies at an
     * end or where the protein is just reached. With more than two lots the optimum under the single condition
     * of protein also needs two lots at most, as long as each of them suffices in quantity.
     *
     * @param lots the lots on hand
     * @param protein percent that the blend must reach
     * @param tonnes how much is needed
     * @return the blend, or empty if no pair of sound lots reaches the protein in that quantity
     */
    public static Optional<Blend> cheapest(List<Wheat> lots, double protein, double tonnes) {
        List<Wheat> sound = lots.stream().filter(Wheat::isSound).toList();
        List<Blend> candidates = new ArrayList<>();
        for (Wheat strong : sound) {
            if (strong.protein() < protein) {
                continue;
            }
            if (strong.tonnes() >= tonnes) {
                candidates.add(of(List.of(new Part(strong, tonnes))));
            }
            for (Wheat weak : sound) {
                if (weak.protein() >= protein) {
                    continue;
                }
                double share = (protein - weak.protein()) / (strong.protein() - weak.protein());
                double fromStrong = Math.max(share * tonnes, tonnes - weak.tonnes());
                if (fromStrong <= strong.tonnes()) {
                    candidates.add(of(List.of(new Part(strong, fromStrong), new Part(weak, tonnes - fromStrong))));
                }
            }
        }
        return candidates.stream().min(Comparator.comparingDouble(Blend::cost));
    }

    /** Mass in tonnes. */
    public double tonnes() {
        return parts.stream().mapToDouble(Part::tonnes).sum();
    }

    /** Price of all parts in cents. */
    public double cost() {
        return parts.stream().mapToDouble(part -> part.tonnes() * part.wheat().pricePerTonne()).sum();
    }

    /** Mean protein by mass in percent. */
    public double protein() {
        return mean(Wheat::protein);
    }

    /** Falling number of the blend; it lies below the mean of its parts, since one sprouted lot spoils the rest. */
    public int fallingNumber() {
        return (int) Math.round(6000.0 / mean(Wheat::liquefactionNumber) + 50);
    }

    /** The parts in the order in which they were given. */
    public List<Part> parts() {
        return parts;
    }

    private double mean(ToDoubleFunction<Wheat> property) {
        double weighted = 0;
        for (Part part : parts) {
            weighted += property.applyAsDouble(part.wheat()) * part.tonnes();
        }
        return weighted / tonnes();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Part part : parts) {
            if (!text.isEmpty()) {
                text.append(" + ");
            }
            text.append(String.format(java.util.Locale.ROOT, "%.1f t of %s", part.tonnes(), part.wheat().lot()));
        }
        return text.toString();
    }
}
