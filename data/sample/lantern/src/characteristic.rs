//! Rhythms of lights: how they are written on charts, and when they are lit.

use std::fmt;
use std::str::FromStr;

/// How a light changes over its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rhythm {
    /// Always lit.
    Fixed,
    /// Shorter times of light than of darkness, in groups of this size.
    Flashing(u8),
    /// Like flashing, but each flash lasts at least two seconds.
    LongFlashing,
    /// Longer times of light than of darkness, in groups of this many eclipses.
    Occulting(u8),
    /// Equal times of light and darkness.
    Isophase,
    /// Fifty to eighty flashes a minute, without groups.
    Quick,
}

impl Rhythm {
    /// The abbreviation used on charts, without the size of the group.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Rhythm::Fixed => "F",
            Rhythm::Flashing(_) => "Fl",
            Rhythm::LongFlashing => "LFl",
            Rhythm::Occulting(_) => "Oc",
            Rhythm::Isophase => "Iso",
            Rhythm::Quick => "Q",
        }
    }

    /// Number of flashes or eclipses in a group; one for rhythms without groups.
    pub fn group(self) -> u8 {
        match self {
            Rhythm::Flashing(n) | Rhythm::Occulting(n) => n,
            _ => 1,
        }
    }

    /// Whether a period has to be stated on the chart.
    pub fn needs_period(self) -> bool {
        !matches!(self, Rhythm::Fixed | Rhythm::Quick)
    }
}

impl fmt::Display for Rhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.abbreviation())?;
        if self.group() > 1 {
            write!(f, "({})", self.group())?;
        }
        Ok(())
    }
}

/// Why a characteristic could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// There was nothing to read.
    Empty,
    /// The abbreviation is none of those known.
    UnknownRhythm(String),
    /// The size of the group is not a number from 1 to 20.
    BadGroup(String),
    /// The rhythm needs a period, and there is none.
    MissingPeriod,
    /// The period is not a positive number of seconds.
    BadPeriod(String),
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParseError::Empty => write!(f, "the characteristic is empty"),
            ParseError::UnknownRhythm(text) => write!(f, "unknown rhythm {text:?}"),
            ParseError::BadGroup(text) => write!(f, "bad size of group {text:?}"),
            ParseError::MissingPeriod => write!(f, "the rhythm needs a period"),
            ParseError::BadPeriod(text) => write!(f, "bad period {text:?}"),
        }
    }
}

impl std::error::Error for ParseError {}

/// A rhythm with its period in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Characteristic {
    rhythm: Rhythm,
    period: f64,
}

impl Characteristic {
    /// Makes a characteristic. A quick light without a period flashes once a second.
    ///
    /// # Errors
    ///
    /// `MissingPeriod` or `BadPeriod` if the period does not fit the rhythm.
    pub fn new(rhythm: Rhythm, period: Option<f64>) -> Result<Self, ParseError> {
        let period = match (rhythm, period) {
            (Rhythm::Fixed, _) => f64::INFINITY,
            (Rhythm::Quick, None) => 1.0,
            (_, None) => return Err(ParseError::MissingPeriod),
            (_, Some(p)) if p > 0.0 && p.is_finite() => p,
            (_, Some(p)) => return Err(ParseError::BadPeriod(p.to_string())),
        };
        Ok(Self { rhythm, period })
    }

    /// The rhythm.
    pub fn rhythm(&self) -> Rhythm {
        self.rhythm
    }

    /// The period in seconds; infinite for a fixed light.
    pub fn period(&self) -> f64 {
        self.period
    }

    /// Whether the light is lit `seconds` after the beginning of a period.
    ///
    /// Members of a group share the first half of the period evenly; the second half tells one group from the next.
    pub fn is_lit(&self, seconds: f64) -> bool {
        let phase = match self.rhythm {
            Rhythm::Fixed => return true,
            _ => seconds.rem_euclid(self.period) / self.period,
        };
        let member = |count: u8, lit_share: f64| -> bool {
            let within = phase * 2.0 * f64::from(count);
            within < f64::from(count) && within.fract() < lit_share
        };
        match self.rhythm {
            Rhythm::Fixed => true,
            Rhythm::Flashing(n) => member(n, 0.25),
            Rhythm::LongFlashing => seconds.rem_euclid(self.period) < 2.0_f64.min(self.period / 2.0),
            Rhythm::Occulting(n) => !member(n, 0.25),
            Rhythm::Isophase => phase < 0.5,
            Rhythm::Quick => phase < 0.3,
        }
    }

    /// Share of a period during which the light is lit, sampled `steps` times.
    pub fn duty_cycle(&self, steps: u32) -> f64 {
        if self.rhythm == Rhythm::Fixed {
            return 1.0;
        }
        let lit = (0..steps)
            .filter(|step| self.is_lit((f64::from(*step) + 0.5) / f64::from(steps) * self.period))
            .count();
        lit as f64 / f64::from(steps)
    }
}

impl fmt::Display for Characteristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rhythm.needs_period() {
            write!(f, "{} {}s", self.rhythm, self.period)
        } else {
            write!(f, "{}", self.rhythm)
        }
    }
}

impl FromStr for Characteristic {
    type Err = ParseError;

    /// Reads the notation of charts, such as `Fl(3) 15s`; what follows the period is ignored.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut words = text.split_whitespace();
        let head = words.next().ok_or(ParseError::Empty)?;
        let (name, group) = match head.split_once('(') {
            None => (head, 1),
            Some((name, rest)) => {
                let digits = rest.strip_suffix(')').unwrap_or(rest);
                let size = digits.parse::<u8>().ok().filter(|n| (1..=20).contains(n));
                (name, size.ok_or_else(|| ParseError::BadGroup(digits.to_owned()))?)
            }
        };
        let rhythm = match name {
            "F" => Rhythm::Fixed,
            "Fl" => Rhythm::Flashing(group),
            "LFl" => Rhythm::LongFlashing,
            "Oc" => Rhythm::Occulting(group),
            "Iso" => Rhythm::Isophase,
            "Q" => Rhythm::Quick,
            other => return Err(ParseError::UnknownRhythm(other.to_owned())),
        };
        let period = words
            .find_map(|word| word.strip_suffix('s'))
            .map(|number| number.parse::<f64>().map_err(|_| ParseError::BadPeriod(number.to_owned())))
            .transpose()?;
        Characteristic::new(rhythm, period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notation_survives_a_round_trip() {
        for text in ["F", "Fl(3) 15s", "LFl 10s", "Oc(2) 8s", "Iso 4s", "Q"] {
            let light: Characteristic = text.parse().unwrap();
            assert_eq!(light.to_string(), text);
        }
    }

    #[test]
    fn a_group_of_three_has_three_flashes() {
        let light: Characteristic = "Fl(3) 15s".parse().unwrap();
        let lit: Vec<bool> = (0..1500).map(|n| light.is_lit(f64::from(n) / 100.0)).collect();
        let starts = lit.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        assert_eq!(starts + usize::from(lit[0]), 3);
        assert!(light.duty_cycle(1000) < 0.5);
    }

    #[test]
    fn an_occulting_light_is_mostly_lit() {
        let light: Characteristic = "Oc(2) 8s".parse().unwrap();
        assert!(light.duty_cycle(1000) > 0.5);
    }

    #[test]
    fn errors_name_what_is_wrong() {
        assert_eq!("Fl(0) 5s".parse::<Characteristic>(), Err(ParseError::BadGroup("0".into())));
        assert_eq!("Iso".parse::<Characteristic>(), Err(ParseError::MissingPeriod));
        assert_eq!("Xq 5s".parse::<Characteristic>(), Err(ParseError::UnknownRhythm("Xq".into())));
        assert_eq!("".parse::<Characteristic>(), Err(ParseError::Empty));
    }
}
