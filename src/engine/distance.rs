//! How far apart two parties are: whole kilometres, by exact integer arithmetic, so that every machine ranks alike.
//!
//! Must not know roads. Source: equirectangular approximation, one degree of latitude = 111.32 km. Tests: below.

use rust_decimal::Decimal;

use crate::domain::Party;

/// Metres in a millionth of a degree of latitude, × 1,000,000.
const METRES_PER_DEGREE: i128 = 111_320;
const MICRO: i128 = 1_000_000;
/// π/180 × 10⁹.
const RADIANS_PER_DEGREE_E9: i128 = 17_453_293;

/// The cosine of an angle in millionths of a degree, × 1,000,000, by four terms of its series (exact to 10⁻⁴ up to 90°).
fn cosine_e6(micro_degrees: i128) -> i128 {
    let x = micro_degrees.abs() * RADIANS_PER_DEGREE_E9 / 1_000_000_000;
    let square = x * x / MICRO;
    let (fourth, sixth) = (square * square / MICRO, square * square / MICRO * square / MICRO);
    let eighth = fourth * fourth / MICRO;
    (MICRO - square / 2 + fourth / 24 - sixth / 720 + eighth / 40_320).max(0)
}

/// Kilometres between two parties; none where a location is unknown.
pub fn kilometres(a: &Party, b: &Party) -> Option<Decimal> {
    let ((lat_a, lon_a), (lat_b, lon_b)) = (a.location?, b.location?);
    let (north, east) = (i128::from(lat_b) - i128::from(lat_a), i128::from(lon_b) - i128::from(lon_a));
    let middle = i128::midpoint(i128::from(lat_a), i128::from(lat_b));
    let east = east * cosine_e6(middle) / MICRO;
    let metres = |micro_degrees: i128| micro_degrees * METRES_PER_DEGREE / MICRO;
    let (dx, dy) = (metres(east), metres(north));
    Some(Decimal::from((dx * dx + dy * dy).isqrt() / 1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: i32, lon: i32) -> Party {
        Party {
            bu: "ac".into(),
            code: "x".into(),
            name: String::new(),
            kind: "asp".into(),
            parent: None,
            address: String::new(),
            city: String::new(),
            state: String::new(),
            pin: String::new(),
            gstin: String::new(),
            calendar: None,
            location: Some((lat, lon)),
        }
    }

    #[test]
    fn bengaluru_to_chennai_is_about_290_kilometres() {
        let km = kilometres(&at(12_971_600, 77_594_600), &at(13_082_700, 80_270_700)).unwrap();
        assert!((Decimal::from(285)..Decimal::from(296)).contains(&km), "{km}");
        assert_eq!(kilometres(&at(1, 1), &at(1, 1)).unwrap(), Decimal::ZERO);
    }
}
