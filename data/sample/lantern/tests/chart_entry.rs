//! Reads whole entries of a list of lights.

use lantern::{dipping_distance, Bearing, Characteristic, Colour, Rhythm, Sector, SectorLight};

#[test]
fn an_entry_of_the_list_of_lights_is_understood() {
    let light: Characteristic = "Fl(3) WR 15s 21m 18M".parse().expect("a valid entry");
    assert_eq!(light.rhythm(), Rhythm::Flashing(3));
    assert_eq!(light.period(), 15.0);
}

#[test]
fn a_safe_channel_lies_in_the_white_sector() {
    let mut leading = SectorLight::default();
    for (from, to, colour) in [(40.0, 44.0, Colour::Green), (44.0, 47.0, Colour::White), (47.0, 52.0, Colour::Red)] {
        leading
            .add(Sector { from: Bearing::new(from), to: Bearing::new(to), colour })
            .expect("sectors touch but do not overlap");
    }
    assert_eq!(leading.colour_at(Bearing::new(45.5)), Some(Colour::White));
    assert_eq!(leading.colours(), "WRG");
}

#[test]
fn a_dinghy_sees_less_than_a_bridge() {
    assert!(dipping_distance(21.0, &1.0) < dipping_distance(21.0, &12.0));
}
