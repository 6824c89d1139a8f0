//! How numbers are written: a true minus sign, commas between thousands, at most four significant
//! digits in tables, and never a rounding that turns something into 0 or 1.
//!
//! The sign is that of the value, never found in a text; no text made here is to be changed afterwards.

use crate::experiment::file::Dtype;

/// The minus sign of numbers.
pub const MINUS: char = '\u{2212}';
/// What stands where there is no number yet.
pub const NONE: &str = "—";
/// What stands for a value that is not a number.
pub const NAN: &str = "NaN";

/// A size with the sign of `v` before it: zero has none, of whichever sign it is stored.
fn with_sign(v: f64, size: &str) -> String {
    if v < 0.0 {
        format!("{MINUS}{size}")
    } else {
        size.to_owned()
    }
}

/// `v` at so many significant digits, as a number.
fn rounded(v: f64, digits: usize) -> f64 {
    let text = format!("{v:.*e}", digits.saturating_sub(1));
    text.parse().unwrap_or(v)
}

/// Not a number or infinite, in words.
fn not_finite(v: f64) -> Option<String> {
    if v.is_nan() {
        Some(NAN.to_owned())
    } else if v == f64::INFINITY {
        Some("∞".to_owned())
    } else if v == f64::NEG_INFINITY {
        Some(format!("{MINUS}∞"))
    } else {
        None
    }
}

/// A count with commas: `105,866`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A count with what is counted: "1 weight", "860 weights".
pub fn plural(n: u64, one: &str, many: &str) -> String {
    let noun = if n == 1 { one } else { many };
    format!("{} {noun}", count(n))
}

/// How long ago something was: "just now", "2 minutes ago", "3 hours ago", "4 days ago".
pub fn ago(time: std::time::Duration) -> String {
    let minutes = time.as_secs() / 60;
    let (n, unit) = match minutes {
        0 => return "just now".to_owned(),
        1..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {unit}{plural} ago")
}

/// A whole number with commas, from a million on in millions: `1.25 M` (the whole number stands in the hover).
pub fn short_count(n: u64) -> String {
    if n < 1_000_000 {
        count(n)
    } else {
        let millions = n as f64 / 1e6;
        format!("{millions:.*} M", if millions < 100.0 { 2 } else { 0 })
    }
}

/// A whole number with commas and a true minus sign.
pub fn integer(n: i64) -> String {
    let digits = count(n.unsigned_abs());
    if n < 0 {
        format!("{MINUS}{digits}")
    } else {
        digits
    }
}

/// `412 of 860`.
pub fn of(done: u64, total: u64) -> String {
    format!("{} of {}", count(done), count(total))
}

/// A fixed number of decimals, for columns that line up: `−0.1420`.
///
/// A value that rounds to zero loses its sign; an exact zero is `0`.
pub fn fixed(v: f64, decimals: usize) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    if v == 0.0 {
        return "0".to_owned();
    }
    let size = format!("{:.decimals$}", v.abs());
    with_sign(if rounds_to_zero(v, decimals) { 0.0 } else { v }, &size)
}

/// True if nothing but zeros is left of `v` at so many decimals.
fn rounds_to_zero(v: f64, decimals: usize) -> bool {
    let shown: f64 = format!("{v:.decimals$}").parse().unwrap_or(v);
    shown == 0.0
}

/// [`fixed`] with a sign in front of positive values too: `+0.0629`.
pub fn signed(v: f64, decimals: usize) -> String {
    let text = fixed(v, decimals);
    if v > 0.0 && v.is_finite() && !rounds_to_zero(v, decimals) {
        format!("+{text}")
    } else {
        text
    }
}

/// A signed number for a column of `decimals` that keeps its sign and two digits at least, by a power of ten where decimals are too
/// few for that: `+0.0629`, `−4.1e−5`; `0` only for exactly 0.
pub fn column(v: f64, decimals: usize) -> String {
    if v == 0.0 || !v.is_finite() {
        return fixed(v, decimals);
    }
    let places = v.abs() * 10_f64.powi(decimals as i32);
    let plus = if v > 0.0 { "+" } else { "" };
    let text = if places >= 9.5 && v.abs() < 1e4 {
        // Of a large number fewer decimals are left: six digits in all.
        let before = (1.0 + v.abs().max(1.0).log10().floor()) as usize;
        fixed(v, decimals.min(6_usize.saturating_sub(before)))
    } else {
        scientific(v, 2)
    };
    format!("{plus}{text}")
}

/// A signed number in five characters or six, beside a bar: `+0.87`, `−4e−3`, `−12`.
pub fn signed_short(v: f64) -> String {
    if v == 0.0 || !v.is_finite() {
        return fixed(v, 2);
    }
    let plus = if v > 0.0 { "+" } else { "" };
    let text = match v.abs() {
        a if a < 0.01 => scientific(v, 1),
        a if a < 10.0 => fixed(v, 2),
        _ => number3(v),
    };
    format!("{plus}{text}")
}

/// At most four significant digits, trailing zeros dropped: `0.05`, `1.46`, `30,818`, `3.1e−7`.
pub fn number(v: f64) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    if v == 0.0 {
        return "0".to_owned();
    }
    let shown = rounded(v, 4);
    if shown.abs() == 1.0 && v != shown {
        return fixed(v, 3);
    }
    match exponent_of(shown) {
        4..9 => integer(v.round() as i64),
        -4..4 if shown.fract() == 0.0 => integer(shown as i64),
        // The shortest text of a number of four digits has no more than those.
        -4..4 => with_sign(v, &shown.abs().to_string()),
        _ => scientific(v, 4),
    }
}

/// The exponent of the power of ten just below a size.
fn exponent_of(v: f64) -> i32 {
    let text = format!("{v:e}");
    text.split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0)
}

/// At most `digits` significant digits, for hover, of what was worked out and has no type of its own; more where these would say a
/// whole number that it is not.
pub fn significant(v: f64, digits: usize) -> String {
    let shown = rounded(v, digits);
    all_digits(if shown.fract() == 0.0 { v } else { shown })
}

/// At most `digits` significant digits with a power of ten: `1e−5`.
pub fn scientific(v: f64, digits: usize) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    if v == 0.0 {
        return "0".to_owned();
    }
    with_sign(v, &power_of_ten(&format!("{:e}", rounded(v.abs(), digits))))
}

/// Rust's text of a size with a power of ten, with the true minus sign in its exponent.
fn power_of_ten(text: &str) -> String {
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let exponent: i64 = exponent.parse().unwrap_or(0);
            format!("{mantissa}e{}", integer(exponent))
        }
        None => text.to_owned(),
    }
}

/// All digits of a number computed in `dtype`, for hover: the shortest text that reads back the same, the sign of a zero included.
///
/// What was worked out from such numbers in higher precision (a size, an energy) is written in their type too.
pub fn exact(v: f64, dtype: Dtype) -> String {
    match dtype {
        Dtype::F32 => all_digits_f32(v as f32),
        Dtype::F64 => all_digits(v),
    }
}

/// All digits of a value computed in 32 bits: the shortest text that reads back the same.
pub fn all_digits_f32(v: f32) -> String {
    let whole = v.fract() == 0.0 && v.abs() < 1e16;
    digits(
        f64::from(v),
        if whole {
            format!("{:.0}", v.abs())
        } else {
            format!("{:?}", v.abs())
        },
    )
}

/// All digits of a value computed in 64 bits: the shortest text that reads back the same.
pub fn all_digits(v: f64) -> String {
    let whole = v.fract() == 0.0 && v.abs() < 1e16;
    digits(
        v,
        if whole {
            format!("{:.0}", v.abs())
        } else {
            format!("{:?}", v.abs())
        },
    )
}

/// The sign of `v`, also of a negative zero, and its size.
fn digits(v: f64, size: String) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    let size = power_of_ten(&size);
    if v.is_sign_negative() {
        format!("{MINUS}{size}")
    } else {
        size
    }
}

/// A ratio of lengths: `×0.36`; exactly one is `×1`, nearly one is `×1.000`.
pub fn times(v: f64) -> String {
    format!("×{}", ratio(v))
}

/// A cosine: `1` only when it is exactly one, else three decimals: `−0.822`.
pub fn cosine(v: f64) -> String {
    if v.abs() == 1.0 {
        integer(v as i64)
    } else {
        fixed(v, 3)
    }
}

fn ratio(v: f64) -> String {
    if v == 1.0 {
        return "1".to_owned();
    }
    // Far from one, two digits say enough, and a narrow column has room for no more.
    if v.abs() < 0.1 {
        number(rounded(v, 2))
    } else if rounded(v, 3).abs() == 1.0 {
        fixed(v, 3)
    } else {
        three(v)
    }
}

/// A number with at most three significant digits.
pub fn number3(v: f64) -> String {
    three(v)
}

/// The same where there is little room: by a power of ten from 100,000 on.
pub fn few(v: f64) -> String {
    match v.abs() {
        1e5.. => scientific(v, 3),
        _ => three(v),
    }
}

/// Three significant digits, trailing zeros dropped.
fn three(v: f64) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    if v == 0.0 {
        return "0".to_owned();
    }
    let shown = rounded(v, 3);
    if shown.abs() == 1.0 && v != shown {
        return fixed(v, 2);
    }
    number(shown)
}

/// A share as a percentage with `decimals`: `95.76 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    not_finite(share).unwrap_or_else(|| {
        let size = format!("{:.decimals$} %", share.abs() * 100.0);
        with_sign(share, &size)
    })
}

/// A range held symmetric around zero: `± 0.15`.
pub fn plus_minus(r: f64) -> String {
    format!("± {}", number(r))
}

/// The ends of a range held symmetric around zero: `−0.15` and `+0.15`.
pub fn ends(r: f64) -> [String; 2] {
    let high = number(r);
    [format!("{MINUS}{high}"), format!("+{high}")]
}

/// A size in memory or on disk: `47 MB`, `1.1 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut v = n as f64;
    let mut unit = "B";
    for next in UNITS {
        if v < 999.5 {
            break;
        }
        v /= 1000.0;
        unit = next;
    }
    if v < 9.95 {
        format!("{v:.1} {unit}")
    } else {
        format!("{v:.0} {unit}")
    }
}

/// A duration: `10.7 ms`, `1.24 s`, `85 µs`.
pub fn seconds(s: f64) -> String {
    if let Some(text) = not_finite(s) {
        return text;
    }
    if s < 1e-3 {
        format!("{} µs", three(s * 1e6))
    } else if s < 1.0 {
        format!("{} ms", three(s * 1e3))
    } else {
        format!("{} s", three(s))
    }
}

/// At most four characters for a cell: `.95`, `1.7`, `211`, `<.01`, `4.9k`, `56k`.
///
/// `0` and `1` stand only for exactly 0 and 1.
pub fn cell(v: f64) -> String {
    if v.is_nan() {
        return "!".to_owned();
    }
    if let Some(text) = not_finite(v) {
        return text;
    }
    with_sign(v, &cell_size(v.abs()))
}

fn cell_size(a: f64) -> String {
    if a == 0.0 || a == 1.0 {
        return format!("{a:.0}");
    }
    if a < 0.005 {
        return "<.01".to_owned();
    }
    if a < 0.995 {
        return format!(".{:02.0}", 100.0 * a);
    }
    let mut v = a;
    for suffix in ["", "k", "M", "G", "T"] {
        if v < 9.95 {
            return format!("{v:.1}{suffix}");
        }
        if v < 999.5 {
            return format!("{v:.0}{suffix}");
        }
        v /= 1000.0;
    }
    format!("e{}", exponent_of(rounded(a, 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_something_is_no_plural() {
        let weights = |n| plural(n, "weight", "weights");
        assert_eq!([weights(0), weights(1)], ["0 weights", "1 weight"]);
        assert_eq!(weights(105_866), "105,866 weights");
        assert_eq!([few(0.4567), few(99_999.4)], ["0.457", "100,000"]);
        assert_eq!([few(799e6), few(-1.034e9)], ["7.99e8", "−1.03e9"]);
    }

    #[test]
    fn table_of_numbers() {
        let cases = [
            (0.0, "0"),
            (0.05, "0.05"),
            (-0.1420, "−0.142"),
            (1.4567, "1.457"),
            (4.201, "4.201"),
            (999.96, "1,000"),
            (1234.5, "1,234"),
            (30_818.2, "30,818"),
            (105_866.0, "105,866"),
            (-105_866.0, "−105,866"),
            (1e-5, "1e−5"),
            (3.141_59e-7, "3.142e−7"),
            (2.5e12, "2.5e12"),
            (0.000_123_4, "0.0001234"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (v, want) in cases {
            assert_eq!(number(v), want, "{v}");
        }
    }

    #[test]
    fn table_of_cells() {
        let cases = [
            (0.0, "0"),
            (1.0, "1"),
            (0.95, ".95"),
            (-0.9, "−.90"),
            (0.9999, "1.0"),
            (1.0001, "1.0"),
            (1.7, "1.7"),
            (9.97, "10"),
            (211.4, "211"),
            (999.7, "1.0k"),
            (1087.0, "1.1k"),
            (4900.0, "4.9k"),
            (56_000.0, "56k"),
            (0.004, "<.01"),
            (-0.004, "−<.01"),
            (3e7, "30M"),
            (1e20, "e20"),
            (f64::NAN, "!"),
        ];
        for (v, want) in cases {
            assert_eq!(cell(v), want, "{v}");
        }
    }

    #[test]
    fn one_and_zero_are_written_only_when_exact() {
        assert_eq!(times(1.0), "×1");
        assert_eq!(times(0.99999), "×1.000");
        assert_eq!(number(1.000_02), "1.000");
        assert_eq!(number(-0.999_98), "−1.000");
        assert_eq!(number3(0.999_6), "1.00");
        assert_eq!(number3(-1.0), "−1");
        assert_eq!(times(1.001_02), "×1.001");
        assert_eq!(times(0.998_7), "×0.999");
        assert_eq!(times(0.3579), "×0.358");
        assert_eq!(times(6.23), "×6.23");
        assert_eq!(cosine(1.0), "1");
        assert_eq!(cosine(0.99999), "1.000");
        assert_eq!(cosine(-0.8218), "−0.822");
        assert_eq!(cosine(0.0), "0");
        assert_eq!(cosine(1e-9), "0.000");
        assert_eq!(fixed(-1e-9, 4), "0.0000");
        assert_eq!(signed(1e-9, 4), "0.0000");
    }

    #[test]
    fn columns_counts_and_units() {
        assert_eq!(fixed(-0.142, 4), "−0.1420");
        assert_eq!(signed(0.0629, 4), "+0.0629");
        assert_eq!(signed(0.0, 4), "0");
        assert_eq!(count(1_287_827), "1,287,827");
        assert_eq!(count(100), "100");
        assert_eq!(integer(-1000), "−1,000");
        assert_eq!(of(412, 860), "412 of 860");
        assert_eq!(plus_minus(0.15), "± 0.15");
        assert_eq!(percent(0.9576, 2), "95.76 %");
        assert_eq!(bytes(47_040_016), "47 MB");
        assert_eq!(bytes(1_100_000), "1.1 MB");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(seconds(0.0107), "10.7 ms");
        assert_eq!(seconds(85e-6), "85 µs");
        assert_eq!(scientific(1e-5, 2), "1e−5");
    }

    #[test]
    fn all_digits_read_back_the_same_in_the_type_of_the_number() {
        let third = f64::from(1.0_f32 / 3.0);
        assert_eq!(exact(third, Dtype::F32), "0.33333334");
        assert_eq!(exact(third, Dtype::F64), "0.3333333432674408");
        assert_eq!(exact(f64::from(0.1_f32), Dtype::F32), "0.1");
        assert_eq!(
            exact(f64::from(-0.062_899_24_f32), Dtype::F32),
            "−0.06289924"
        );
        assert_eq!(exact(f64::from(-1e-7_f32), Dtype::F32), "−1e−7");
        assert_eq!(exact(784.0, Dtype::F32), "784");
        assert_eq!(exact(0.0, Dtype::F64), "0");
        assert_eq!(exact(-0.0, Dtype::F64), "−0");
        let mut bits = 0x3f80_0000_u32;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let v = f32::from_bits(bits);
            if v.is_finite() {
                let text = exact(f64::from(v), Dtype::F32);
                let ascii: String = text
                    .chars()
                    .map(|c| if c == MINUS { '-' } else { c })
                    .collect();
                assert_eq!(
                    ascii.parse::<f32>().unwrap().to_bits(),
                    v.to_bits(),
                    "{text}"
                );
                assert!(
                    text.chars().filter(char::is_ascii_digit).count() <= 21,
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn what_is_worked_out_has_six_digits_and_is_1_only_when_it_is() {
        assert_eq!(significant(0.123_456_789, 6), "0.123457");
        assert_eq!(significant(-1.0, 6), "−1");
        assert_eq!(significant(0.999_999_94, 6), "0.99999994");
        assert_eq!(significant(f64::NAN, 6), "NaN");
        assert_eq!(ends(0.15), ["−0.15", "+0.15"]);
    }

    #[test]
    fn a_sign_is_kept_however_small_and_zero_has_none() {
        let cases = [
            (-0.0331, "−0.0331"),
            (-0.5, "−0.5000"),
            (-0.000_4, "−4e−4"),
            (0.000_12, "+1.2e−4"),
            (0.001, "+0.0010"),
            (-0.0, "0"),
            (0.0, "0"),
            (12_345.0, "+1.2e4"),
            (f64::NEG_INFINITY, "−∞"),
        ];
        for (v, want) in cases {
            assert_eq!(column(v, 4), want, "{v}");
        }
        for v in [-0.0_f64, 0.0] {
            for text in [
                number(v),
                fixed(v, 2),
                signed(v, 2),
                signed_short(v),
                scientific(v, 2),
                cell(v),
                number3(v),
                column(v, 3),
            ] {
                assert_eq!(text, "0");
            }
        }
        let short = [
            (0.87, "+0.87"),
            (-0.04, "−0.04"),
            (-0.004, "−4e−3"),
            (12.3, "+12.3"),
            (-123.4, "−123"),
        ];
        for (v, want) in short {
            assert_eq!(signed_short(v), want, "{v}");
        }
    }
}
