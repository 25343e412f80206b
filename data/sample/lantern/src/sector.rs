//! Sector lights: one lamp that shows different colours over different bearings.

use std::fmt;

/// Colour of a light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Colour {
    /// White, usually the safe sector.
    White,
    /// Red, usually danger to port.
    Red,
    /// Green.
    Green,
}

impl From<Colour> for char {
    fn from(colour: Colour) -> char {
        match colour {
            Colour::White => 'W',
            Colour::Red => 'R',
            Colour::Green => 'G',
        }
    }
}

/// A true bearing in degrees, always at least 0 and below 360.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Bearing(f64);

impl Bearing {
    /// Makes a bearing of any number of degrees.
    pub fn new(degrees: f64) -> Self {
        Bearing(degrees.rem_euclid(360.0))
    }

    /// The opposite direction.
    pub fn reciprocal(self) -> Self {
        Bearing::new(self.0 + 180.0)
    }

    /// Degrees clockwise from this bearing to another.
    pub fn clockwise_to(self, other: Bearing) -> f64 {
        (other.0 - self.0).rem_euclid(360.0)
    }

    /// The bearing in degrees.
    pub fn degrees(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Bearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05.1}°", self.0)
    }
}

/// An arc in which a light shows one colour. As in lists of lights, bearings are taken from seaward.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sector {
    /// Where the sector begins; it runs clockwise.
    pub from: Bearing,
    /// Where it ends, itself not included.
    pub to: Bearing,
    /// Its colour.
    pub colour: Colour,
}

impl Sector {
    /// Whether the light is seen in this sector by an observer who takes this bearing of it.
    pub fn contains(&self, bearing: Bearing) -> bool {
        self.from.clockwise_to(bearing) < self.width()
    }

    /// Width in degrees; equal ends mean all round.
    pub fn width(&self) -> f64 {
        match self.from.clockwise_to(self.to) {
            0.0 => 360.0,
            width => width,
        }
    }
}

/// A light with sectors that do not overlap.
#[derive(Debug, Clone, Default)]
pub struct SectorLight {
    sectors: Vec<Sector>,
}

impl SectorLight {
    /// Adds a sector.
    ///
    /// # Errors
    ///
    /// Returns the sector that is in the way if the new one overlaps it.
    pub fn add(&mut self, sector: Sector) -> Result<(), Sector> {
        let clash = self
            .sectors
            .iter()
            .find(|old| old.contains(sector.from) || sector.contains(old.from));
        match clash {
            Some(old) => Err(*old),
            None => {
                self.sectors.push(sector);
                self.sectors.sort_by(|a, b| a.from.degrees().total_cmp(&b.from.degrees()));
                Ok(())
            }
        }
    }

    /// The colour seen on a bearing, or `None` where the light is obscured.
    pub fn colour_at(&self, bearing: Bearing) -> Option<Colour> {
        self.sectors.iter().find(|sector| sector.contains(bearing)).map(|sector| sector.colour)
    }

    /// Degrees over which no light is shown.
    pub fn obscured(&self) -> f64 {
        360.0 - self.sectors.iter().map(Sector::width).sum::<f64>()
    }

    /// The colours as they are written on a chart, such as `WRG`.
    pub fn colours(&self) -> String {
        let mut colours: Vec<Colour> = self.sectors.iter().map(|sector| sector.colour).collect();
        colours.sort();
        colours.dedup();
        colours.into_iter().map(char::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sector(from: f64, to: f64, colour: Colour) -> Sector {
        Sector { from: Bearing::new(from), to: Bearing::new(to), colour }
    }

    #[test]
    fn sectors_may_cross_north() {
        let mut light = SectorLight::default();
        light.add(sector(350.0, 10.0, Colour::White)).unwrap();
        light.add(sector(10.0, 90.0, Colour::Red)).unwrap();
        assert_eq!(light.colour_at(Bearing::new(359.0)), Some(Colour::White));
        assert_eq!(light.colour_at(Bearing::new(10.0)), Some(Colour::Red));
        assert_eq!(light.colour_at(Bearing::new(180.0)), None);
        assert_eq!(light.obscured(), 260.0);
        assert_eq!(light.colours(), "WR");
    }

    #[test]
    fn overlapping_sectors_are_refused() {
        let mut light = SectorLight::default();
        let white = sector(0.0, 90.0, Colour::White);
        light.add(white).unwrap();
        assert_eq!(light.add(sector(80.0, 120.0, Colour::Green)), Err(white));
    }

    #[test]
    fn bearings_are_kept_within_the_circle() {
        assert_eq!(Bearing::new(-90.0).degrees(), 270.0);
        assert_eq!(Bearing::new(270.0).reciprocal().degrees(), 90.0);
        assert_eq!(Bearing::new(5.0).to_string(), "005.0°");
    }
}
