//! Tides as a sum of harmonic constituents.
//!
//! The nodal corrections, which change over 18.6 years, are left to whoever prepares the constituents. The result is good
//! enough to plan a visit to a light, and not for navigation.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

/// Speeds of the larger constituents in degrees an hour.
pub const SPEEDS: [(&str, f64); 6] = [
    ("M2", 28.984_104_2),
    ("S2", 30.0),
    ("N2", 28.439_729_5),
    ("K1", 15.041_068_6),
    ("O1", 13.943_035_6),
    ("M4", 57.968_208_4),
];

/// One cosine of the tide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constituent {
    /// Speed in degrees an hour.
    pub speed: f64,
    /// Amplitude in metres.
    pub amplitude: f64,
    /// Phase lag in degrees at the model's epoch.
    pub phase: f64,
}

impl Constituent {
    /// Makes a constituent of one of the names in [`SPEEDS`].
    pub fn named(name: &str, amplitude: f64, phase: f64) -> Option<Self> {
        SPEEDS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|&(_, speed)| Constituent { speed, amplitude, phase })
    }

    /// Height in metres, `hours` after the epoch.
    pub fn height(&self, hours: f64) -> f64 {
        let degrees = self.speed * hours - self.phase;
        self.amplitude * (degrees / 360.0 * TAU).cos()
    }

    /// Rate of change in metres an hour.
    pub fn rate(&self, hours: f64) -> f64 {
        let degrees = self.speed * hours - self.phase;
        let radians_per_hour = self.speed / 360.0 * TAU;
        -self.amplitude * radians_per_hour * (degrees / 360.0 * TAU).sin()
    }

    /// Period in hours.
    pub fn period(&self) -> f64 {
        360.0 / self.speed
    }
}

/// A high or a low water.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extreme {
    /// Hours after the epoch.
    pub hours: f64,
    /// Height in metres above the datum.
    pub height: f64,
    /// Whether it is a high water.
    pub high: bool,
}

/// The tide at one place.
#[derive(Debug, Clone, Default)]
pub struct TideModel {
    mean_level: f64,
    constituents: BTreeMap<String, Constituent>,
}

impl TideModel {
    /// A model without constituents: the water stands still at its mean level.
    pub fn new(mean_level: f64) -> Self {
        TideModel { mean_level, constituents: BTreeMap::new() }
    }

    /// Adds or replaces a constituent; unknown names are ignored and reported by `false`.
    pub fn set(&mut self, name: &str, amplitude: f64, phase: f64) -> bool {
        match Constituent::named(name, amplitude, phase) {
            Some(constituent) => {
                self.constituents.insert(name.to_ascii_uppercase(), constituent);
                true
            }
            None => false,
        }
    }

    /// Height in metres above the datum, `hours` after the epoch.
    pub fn height(&self, hours: f64) -> f64 {
        self.mean_level + self.constituents.values().map(|c| c.height(hours)).sum::<f64>()
    }

    fn rate(&self, hours: f64) -> f64 {
        self.constituents.values().map(|c| c.rate(hours)).sum()
    }

    /// Range between mean high and mean low water springs in metres: twice the sum of M2 and S2.
    pub fn spring_range(&self) -> f64 {
        let amplitude = |name| self.constituents.get(name).map_or(0.0, |c: &Constituent| c.amplitude);
        2.0 * (amplitude("M2") + amplitude("S2"))
    }

    /// High and low waters between two times, found where the rate of change passes through zero.
    pub fn extremes(&self, from: f64, to: f64) -> Vec<Extreme> {
        const STEP: f64 = 0.25;
        let mut found = Vec::new();
        let mut start = from;
        while start < to {
            let end = (start + STEP).min(to);
            let (before, after) = (self.rate(start), self.rate(end));
            if before != 0.0 && before.signum() != after.signum() {
                let hours = self.bisect(start, end);
                found.push(Extreme { hours, height: self.height(hours), high: before > 0.0 });
            }
            start = end;
        }
        found
    }

    fn bisect(&self, mut low: f64, mut high: f64) -> f64 {
        let rising = self.rate(low) > 0.0;
        // Thirty halvings of a quarter of an hour are less than a microsecond.
        for _ in 0..30 {
            let middle = (low + high) / 2.0;
            if (self.rate(middle) > 0.0) == rising {
                low = middle;
            } else {
                high = middle;
            }
        }
        (low + high) / 2.0
    }

    /// The spells in which the tide stays below a height, such as those in which a causeway is dry.
    pub fn below(&self, height: f64, from: f64, to: f64, step: f64) -> Vec<(f64, f64)> {
        let mut spells = Vec::new();
        let mut since = None;
        let count = ((to - from) / step).ceil() as usize;
        for hours in (0..=count).map(|n| (from + n as f64 * step).min(to)) {
            match (self.height(hours) < height, since) {
                (true, None) => since = Some(hours),
                (false, Some(start)) => {
                    spells.push((start, hours));
                    since = None;
                }
                _ => {}
            }
        }
        spells.extend(since.map(|start| (start, to)));
        spells
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn harbour() -> TideModel {
        let mut model = TideModel::new(2.5);
        assert!(model.set("M2", 1.6, 40.0));
        assert!(model.set("S2", 0.5, 80.0));
        model
    }

    #[test]
    fn a_lunar_day_has_two_tides() {
        let extremes = harbour().extremes(0.0, 24.84);
        assert_eq!(extremes.len(), 4);
        assert!(extremes.windows(2).all(|pair| pair[0].high != pair[1].high));
    }

    #[test]
    fn extremes_are_higher_than_their_surroundings() {
        let model = harbour();
        for extreme in model.extremes(0.0, 100.0).into_iter().filter(|e| e.high) {
            assert!(model.height(extreme.hours - 0.1) < extreme.height);
            assert!(model.height(extreme.hours + 0.1) < extreme.height);
        }
    }

    #[test]
    fn springs_follow_from_moon_and_sun() {
        assert!((harbour().spring_range() - 4.2).abs() < 1e-9);
    }

    #[test]
    fn unknown_constituents_are_reported() {
        assert!(!harbour().set("Z9", 1.0, 0.0));
    }

    #[test]
    fn the_causeway_is_dry_around_low_water() {
        let spells = harbour().below(1.5, 0.0, 24.84, 0.1);
        assert_eq!(spells.len(), 2);
        assert!(spells.iter().all(|(start, end)| end - start > 1.0));
    }
}
