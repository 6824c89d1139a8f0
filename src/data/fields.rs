//! Fields of a table: what is a number, a day, a yes, or nothing, in the notations that people and programs write.

/// What Python writes for no value, and people for a class beside "Some".
pub(super) const NONE: &str = "None";

/// A field that stands for no value.
pub(super) fn is_missing(field: &str) -> bool {
    // Most fields are numbers: told by their first byte.
    if field.len() > 4 || field.as_bytes().first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    matches!(
        field,
        "" | "?" | "NA" | "N/A" | "n/a" | "null" | "NULL" | NONE | "-" | "."
    ) || is_nan(field)
}

/// A field that says "not a number".
pub(super) fn is_nan(field: &str) -> bool {
    field.eq_ignore_ascii_case("nan") || field == "#N/A"
}

/// A number as people write it: plain, with separators of thousands, with a currency before or a percent sign after it; with a
/// decimal `comma` the point parts thousands. `None` if it is none; it may be infinite.
pub(super) fn number(text: &str, comma: bool) -> Option<f64> {
    let plain = || text.parse::<f64>().ok().filter(|value| !value.is_nan());
    if !comma && let Some(value) = plain() {
        return Some(value);
    }
    if !text.as_bytes().iter().any(u8::is_ascii_digit) {
        return plain();
    }
    let bare = text.trim_start_matches(['$', '€', '£']).trim_start();
    let bare = bare.strip_suffix(['%', '€']).unwrap_or(bare).trim_end();
    let (thousands, point) = if comma { ('.', ',') } else { (',', '.') };
    let (whole, rest) = match bare.split_once(point) {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (bare, None),
    };
    let whole = if whole.contains(thousands) {
        let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
        let mut groups = digits.split(thousands);
        let first = groups.next().unwrap_or_default();
        let all_digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
        let grouped = (1..=3).contains(&first.len())
            && all_digits(first)
            && groups.all(|g| g.len() == 3 && all_digits(g));
        if !grouped {
            return None;
        }
        whole.replace(thousands, "")
    } else {
        whole.to_owned()
    };
    let written = match rest {
        Some(rest) => format!("{whole}.{rest}"),
        None => whole,
    };
    let starts = written.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'));
    written
        .parse::<f64>()
        .ok()
        .filter(|v| starts && !v.is_nan())
}

/// Whether a field is a number with a decimal comma that cannot part thousands.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.split_once(',').is_some_and(|(whole, rest)| {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let whole = whole.replace('.', "");
        digits(&whole) && digits(rest) && (rest.len() != 3 || whole == "0" || whole.len() > 3)
    })
}

/// A whole number with a zero in front, such as a postal code: a name made of digits.
pub(super) fn is_code(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit())
}

/// Yes and its like as 1, no and its like as 0.
pub(super) fn truth(text: &str) -> Option<f64> {
    const YES: [&str; 4] = ["true", "yes", "t", "y"];
    const NO: [&str; 4] = ["false", "no", "f", "n"];
    let is = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(YES) {
        Some(1.0)
    } else if is(NO) {
        Some(0.0)
    } else {
        None
    }
}

/// The order of the parts of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::enum_variant_names, reason = "each says what comes first")]
pub enum DayOrder {
    /// As in 2024-12-31.
    YearFirst,
    /// As in 31.12.2024.
    DayFirst,
    /// As in 12/31/2024.
    MonthFirst,
}

/// All orders, the likeliest first.
pub(super) const DAY_ORDERS: [DayOrder; 3] = [
    DayOrder::YearFirst,
    DayOrder::MonthFirst,
    DayOrder::DayFirst,
];

/// Days since the start of 1970, with the time of day as a fraction; `None` if the text is no day in that order.
pub(super) fn day(text: &str, order: DayOrder) -> Option<f64> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    };
    let separator = date.chars().find(|c| !c.is_ascii_digit())?;
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let mut parts = date.split(separator);
    let mut next = || -> Option<(i64, usize)> {
        let part = parts.next()?;
        let value = part.parse().ok().filter(|_| part.len() <= 4)?;
        Some((value, part.len()))
    };
    let (a, b, c) = (next()?, next()?, next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match order {
        DayOrder::YearFirst => (a, b, c),
        DayOrder::DayFirst => (c, b, a),
        DayOrder::MonthFirst => (c, a, b),
    };
    let year = match year {
        (year, 4) => year,
        (year, 2) if order != DayOrder::YearFirst => year + if year < 70 { 2000 } else { 1900 },
        _ => return None,
    };
    let (month, day) = (month.0, day.0);
    const LENGTHS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let most = *LENGTHS.get(usize::try_from(month - 1).ok()?)?;
    if !(1..=most).contains(&day) {
        return None;
    }
    // Counted from 1 March of year 0, so that the day that some years have more is the last.
    let shifted = if month > 2 { year } else { year - 1 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = shifted * 365 + shifted.div_euclid(4) - shifted.div_euclid(100)
        + shifted.div_euclid(400)
        + of_year
        - 719_468;
    let time = match time {
        None => 0.0,
        Some(time) => time_of_day(time)?,
    };
    Some(days as f64 + time)
}

/// The share of a day that has passed at "14:30", "14:30:05" or "14:30:05.25"; a Z at the end is passed over.
fn time_of_day(text: &str) -> Option<f64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let mut seconds = 0.0;
    let mut unit = 3600.0;
    let mut parts = 0;
    for part in text.split(':') {
        if !part.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return None;
        }
        seconds += part.parse::<f64>().ok()? * unit;
        unit /= 60.0;
        parts += 1;
    }
    ((1..=3).contains(&parts) && seconds < 86_401.0).then_some(seconds / 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        for (text, comma, value) in [
            ("1.5", false, Some(1.5)),
            ("-1e3", false, Some(-1000.0)),
            ("1,137", false, Some(1137.0)),
            ("-1,234,567.5", false, Some(-1_234_567.5)),
            ("$1,137", false, Some(1137.0)),
            ("12 %", false, Some(12.0)),
            ("1,5", true, Some(1.5)),
            ("1.234,5", true, Some(1234.5)),
            ("7", true, Some(7.0)),
            ("1,5", false, None),
            ("1,1374", false, None),
            ("cm", false, None),
            ("7a", false, None),
            ("nan", false, None),
            ("", false, None),
            ("12-3", false, None),
        ] {
            assert_eq!(number(text, comma), value, "{text}");
        }
        assert!(number("1e400", false).is_some_and(f64::is_infinite));
        assert!(has_decimal_comma("1,5") && has_decimal_comma("-0,125"));
        assert!(!has_decimal_comma("1,137") && !has_decimal_comma("a,5"));
        assert!(is_code("007") && !is_code("0") && !is_code("0.5"));
    }

    #[test]
    fn days_are_counted_from_1970() {
        let iso = |text| day(text, DayOrder::YearFirst);
        assert_eq!(iso("1970-01-01"), Some(0.0));
        assert_eq!(iso("2000/03/01"), Some(11_017.0));
        assert_eq!(iso("1969-12-31T12:00"), Some(-0.5));
        assert_eq!(iso("2024-02-29 06:00:00"), Some(19_782.25));
        assert_eq!(iso("2024-13-01"), None);
        assert_eq!(iso("1.5"), None);
        assert_eq!(iso("3-4-5"), None);
        assert_eq!(day("31.12.1969", DayOrder::DayFirst), Some(-1.0));
        assert_eq!(day("12/31/69", DayOrder::MonthFirst), Some(36_524.0));
        assert_eq!(day("31/12/2020", DayOrder::MonthFirst), None);
    }
}
