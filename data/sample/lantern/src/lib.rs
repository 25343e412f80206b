//! Light characteristics of lighthouses, and the tides below them.
//!
//! A *characteristic* is the rhythm and colour by which a light is told from its neighbours. The notation is that of
//! sea charts: `Fl(3) WR 15s 21m 18M` is a light that shows three flashes every fifteen seconds, white and red by
//! sector, 21 metres above high water, seen over 18 nautical miles.

pub mod characteristic;
pub mod range;
pub mod sector;
pub mod tide;

pub use characteristic::{Characteristic, ParseError, Rhythm};
pub use range::{dipping_distance, luminous_range, Eye};
pub use sector::{Bearing, Colour, Sector, SectorLight};
pub use tide::{Constituent, Extreme, TideModel};
