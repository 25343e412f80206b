package org.example.mill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.Test;

class MillTest {

    private static final Wheat STRONG = new Wheat("S", 14.0, 13.0, 320, 100, 26_000);
    private static final Wheat WEAK = new Wheat("W", 11.0, 14.0, 280, 100, 21_000);
    private static final Wheat SPROUTED = new Wheat("X", 15.0, 15.0, 120, 100, 12_000);
    private static final LocalDate MONDAY = LocalDate.of(2025, 6, 30);

    @Test
    void theCheapestBlendJustReachesTheProtein() {
        Blend blend = Blend.cheapest(List.of(STRONG, WEAK, SPROUTED), 12.5, 60).orElseThrow();
        assertEquals(12.5, blend.protein(), 1e-9);
        assertEquals("30.0 t of S + 30.0 t of W", blend.toString());
    }

    @Test
    void noBlendReachesMoreThanItsStrongestLot() {
        assertTrue(Blend.cheapest(List.of(STRONG, WEAK), 14.5, 10).isEmpty());
    }

    @Test
    void aSproutedLotSpoilsTheBlend() {
        Blend blend = Blend.of(List.of(new Blend.Part(STRONG, 50), new Blend.Part(SPROUTED, 50)));
        assertTrue(blend.fallingNumber() < (320 + 120) / 2);
    }

    @Test
    void temperingAddsWater() {
        assertEquals(35.7, STRONG.temperingLitres(16.0), 0.05);
        assertEquals(0, SPROUTED.temperingLitres(14.0));
    }

    @Test
    void stagesAreChained() throws Stage.StageException {
        Stage<Wheat, Double> line = Stage.require(Wheat::isSound, "sprouted").then(Wheat::protein);
        assertEquals(14.0, line.apply(STRONG));
        assertThrows(Stage.StageException.class, () -> line.apply(SPROUTED));
    }

    @Test
    void flourIsSoldAsTheWhitestTypeItMayBe() {
        assertEquals(Flour.TYPE_550, Flour.forAsh(0.58));
        assertThrows(IllegalArgumentException.class, () -> Flour.forAsh(2.1));
    }

    @Test
    void holidaysAreNotWorked() {
        ShiftCalendar calendar = ShiftCalendar.standard().holiday(MONDAY);
        assertEquals(Duration.ofHours(16 * 4 + 8), calendar.between(MONDAY, MONDAY.plusDays(6)));
        assertEquals(MONDAY.plusDays(1), calendar.workingDays(MONDAY).findFirst().orElseThrow());
    }

    @Test
    void flourOfOneTypeIsMilledTogetherUnlessSomethingIsDue() {
        Planner planner = new Planner(ShiftCalendar.standard(), 5, Duration.ofHours(1));
        List<Order> orders = List.of(
                new Order("1", "Baker", Flour.TYPE_550, 20, MONDAY.plusDays(1)),
                new Order("2", "Pastry", Flour.TYPE_405, 20, MONDAY.plusDays(2)),
                new Order("3", "Baker", Flour.TYPE_550, 20, MONDAY.plusDays(3)));
        Planner.Plan plan = planner.plan(orders, MONDAY);
        List<String> numbers = plan.days().get(MONDAY).stream().map(run -> run.order().number()).toList();
        assertEquals(List.of("1", "3", "2"), numbers);
        assertTrue(plan.late(orders).isEmpty());
    }

    @Test
    void sievesKeepBackWhatIsTooCoarse() {
        List<Sifter.Fraction> fractions = new Sifter(132, 500).sift(new double[] {80, 90, 200, 900});
        assertEquals(List.of(500, 132, 0), fractions.stream().map(Sifter.Fraction::aperture).toList());
        assertEquals(0.5, fractions.get(2).share());
        assertFalse(Double.isFinite(new Sifter(132).median(new double[0])));
    }
}
