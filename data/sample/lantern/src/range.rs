//! How far a light is seen: by the curve of the earth, and by the clarity of the air.

/// Nautical miles to the horizon from one metre of height, with ordinary refraction.
const HORIZON: f64 = 2.08;

/// Illuminance in lux at which the eye just sees a light at night (the nominal threshold of lists of lights).
const THRESHOLD_LUX: f64 = 2e-7;

const METRES_PER_MILE: f64 = 1852.0;

/// An observer whose eye is at some height.
pub trait Eye {
    /// Height of the eye above the water in metres.
    fn height(&self) -> f64;

    /// Distance to the horizon in nautical miles; nothing is seen from below the water.
    fn horizon(&self) -> f64 {
        HORIZON * self.height().max(0.0).sqrt()
    }
}

impl Eye for f64 {
    fn height(&self) -> f64 {
        *self
    }
}

/// A vessel that stands on the tide, so that its eye rises and falls with it.
#[derive(Debug, Clone, Copy)]
pub struct Bridge {
    /// Height of the eye above the waterline in metres.
    pub above_waterline: f64,
    /// Height of the tide above the chart's datum of heights in metres; mostly negative.
    pub tide: f64,
}

impl Eye for Bridge {
    fn height(&self) -> f64 {
        self.above_waterline + self.tide
    }
}

/// Distance in nautical miles at which a light of some elevation dips below the horizon of an observer.
pub fn dipping_distance(elevation: f64, observer: &impl Eye) -> f64 {
    elevation.horizon() + observer.horizon()
}

/// Illuminance in lux from a light of some candelas at a distance in nautical miles (Allard's law).
///
/// `visibility` is the meteorological visibility in nautical miles, at which the air lets 5 % of the light through.
pub fn illuminance(candelas: f64, distance: f64, visibility: f64) -> f64 {
    let metres = distance * METRES_PER_MILE;
    candelas * 0.05_f64.powf(distance / visibility) / (metres * metres)
}

/// Luminous range in nautical miles: where the illuminance falls to the threshold of the eye.
///
/// Illuminance falls steadily with distance, so that halving an interval finds the range to a thousandth of a mile.
/// Returns `None` for a light that is too weak to be seen at all, or for air that lets nothing through.
pub fn luminous_range(candelas: f64, visibility: f64) -> Option<f64> {
    if candelas <= 0.0 || visibility <= 0.0 {
        return None;
    }
    let (mut near, mut far) = (1e-3, 1.0);
    if illuminance(candelas, near, visibility) < THRESHOLD_LUX {
        return None;
    }
    while illuminance(candelas, far, visibility) > THRESHOLD_LUX {
        far *= 2.0;
    }
    while far - near > 1e-3 {
        let middle = (near + far) / 2.0;
        if illuminance(candelas, middle, visibility) > THRESHOLD_LUX {
            near = middle;
        } else {
            far = middle;
        }
    }
    Some((near + far) / 2.0)
}

/// The distance at which a light comes into sight: the smaller of the luminous and the geographical range.
pub fn sighting_distance(candelas: f64, visibility: f64, elevation: f64, observer: &impl Eye) -> Option<f64> {
    luminous_range(candelas, visibility).map(|range| range.min(dipping_distance(elevation, observer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_of_25_metres_dips_at_15_miles_for_an_eye_at_5() {
        let distance = dipping_distance(25.0, &5.0);
        assert!((distance - 15.05).abs() < 0.01, "{distance}");
    }

    #[test]
    fn low_water_shortens_the_view() {
        let high = Bridge { above_waterline: 4.0, tide: 0.0 };
        let low = Bridge { above_waterline: 4.0, tide: -3.0 };
        assert!(low.horizon() < high.horizon());
    }

    #[test]
    fn range_grows_with_visibility() {
        let hazy = luminous_range(10_000.0, 2.0).unwrap();
        let clear = luminous_range(10_000.0, 20.0).unwrap();
        assert!(hazy < clear);
        assert!((illuminance(10_000.0, clear, 20.0) / THRESHOLD_LUX - 1.0).abs() < 0.01);
    }

    #[test]
    fn darkness_has_no_range() {
        assert_eq!(luminous_range(0.0, 10.0), None);
    }
}
