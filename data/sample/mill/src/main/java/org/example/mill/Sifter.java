package org.example.mill;

import java.util.Arrays;
import java.util.List;

/** A plansifter: a stack of sieves, the coarsest on top. */
public final class Sifter {

    /**
     * What one sieve keeps back.
     *
     * @param aperture of the sieve in micrometres; zero for the pan at the bottom
     * @param share of the whole, between 0 and 1
     */
    public record Fraction(int aperture, double share) {}

    private final int[] apertures;

    /** Makes a stack of sieves; they are put in order, the coarsest first. */
    public Sifter(int... apertures) {
        this.apertures = Arrays.stream(apertures).boxed()
                .sorted((a, b) -> Integer.compare(b, a))
                .mapToInt(Integer::intValue)
                .toArray();
        if (apertures.length == 0 || this.apertures[this.apertures.length - 1] <= 0) {
            throw new IllegalArgumentException("a sifter needs sieves with positive apertures");
        }
    }

    /** Shares of particles that each sieve keeps back, and last what falls into the pan. */
    public List<Fraction> sift(double[] particles) {
        int[] counts = new int[apertures.length + 1];
        for (double particle : particles) {
            int sieve = 0;
            while (sieve < apertures.length && particle < apertures[sieve]) {
                sieve++;
            }
            counts[sieve]++;
        }
        Fraction[] fractions = new Fraction[counts.length];
        for (int i = 0; i < counts.length; i++) {
            int aperture = i < apertures.length ? apertures[i] : 0;
            double share = particles.length == 0 ? 0 : (double) counts[i] / particles.length;
            fractions[i] = new Fraction(aperture, share);
        }
        return List.of(fractions);
    }

    /** The size than which half of the particles are finer, in micrometres; NaN for an empty sample. */
    public double median(double[] particles) {
        if (particles.length == 0) {
            return Double.NaN;
        }
        double[] sorted = particles.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
