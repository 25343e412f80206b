package org.example.mill;

import java.util.Objects;

/**
 * A lot of wheat as the laboratory describes it.
 *
 * @param lot the number on the delivery note
 * @param protein percent of the dry matter
 * @param moisture percent of the whole
 * @param fallingNumber seconds; low values mean that the grain has begun to sprout
 * @param tonnes what is left of the lot
 * @param pricePerTonne price in cents
 */
public record Wheat(
        String lot, double protein, double moisture, int fallingNumber, double tonnes, long pricePerTonne) {

    /** The falling number below which wheat is used for feed only. */
    public static final int SOUND_FALLING_NUMBER = 220;

    public Wheat {
        Objects.requireNonNull(lot, "lot");
        if (protein < 0 || protein > 25) {
            throw new IllegalArgumentException("protein of lot " + lot + " is " + protein + " %");
        }
        if (moisture < 0 || moisture >= 100) {
            throw new IllegalArgumentException("moisture of lot " + lot + " is " + moisture + " %");
        }
        if (tonnes < 0) {
            throw new IllegalArgumentException("lot " + lot + " has a negative mass");
        }
    }

    /** Whether bread can be baked of it. */
    public boolean isSound() {
        return fallingNumber >= SOUND_FALLING_NUMBER;
    }

    /** The same lot after some of it was taken. */
    public Wheat less(double taken) {
        if (taken > tonnes + 1e-9) {
            throw new IllegalArgumentException("lot " + lot + " holds only " + tonnes + " t");
        }
        return new Wheat(lot, protein, moisture, fallingNumber, Math.max(0, tonnes - taken), pricePerTonne);
    }

    /**
     * Water to add so that the wheat reaches a moisture before milling.
     *
     * @param target percent; 15.5 to 16.5 is usual
     * @return litres a tonne of this wheat; zero if it is wet enough already
     */
    public double temperingLitres(double target) {
        if (target <= moisture) {
            return 0;
        }
        return 1000 * (target - moisture) / (100 - target);
    }

    /**
     * The liquefaction number, which unlike the falling number may be averaged by mass when lots are blended.
     */
    public double liquefactionNumber() {
        return 6000.0 / (fallingNumber - 50);
    }
}
