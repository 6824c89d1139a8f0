//! How numbers are written: a true minus sign, commas between thousands, at most four significant
//! digits in tables, and never a rounding that turns something into 0 or 1.

/// The minus sign of numbers.
pub const MINUS: char = '\u{2212}';
/// What stands where there is no number yet.
pub const NONE: &str = "—";
/// What stands for a value that is not a number.
pub const NAN: &str = "NaN";

/// Puts the true minus sign in place of hyphens.
fn minus(text: String) -> String {
    if text.contains('-') {
        text.replace('-', "\u{2212}")
    } else {
        text
    }
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
    let text = format!("{v:.decimals$}");
    if text.chars().any(|c| c.is_ascii_digit() && c != '0') {
        minus(text)
    } else {
        text.trim_start_matches('-').to_owned()
    }
}

/// [`fixed`] with a sign in front of positive values too: `+0.0629`.
pub fn signed(v: f64, decimals: usize) -> String {
    let text = fixed(v, decimals);
    if v > 0.0 && v.is_finite() && text.chars().any(|c| c.is_ascii_digit() && c != '0') {
        format!("+{text}")
    } else {
        text
    }
}

/// At most four significant digits, trailing zeros dropped: `0.05`, `1.46`, `30,818`, `3.1e−7`.
pub fn number(v: f64) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    if v == 0.0 {
        return "0".to_owned();
    }
    let exponent = exponent_at(v, 4);
    if (4..9).contains(&exponent) {
        return integer(v.round() as i64);
    }
    if !(-4..9).contains(&exponent) {
        return scientific(v, 4);
    }
    let decimals = (3 - exponent).max(0) as usize;
    let text = format!("{v:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    match text.parse::<i64>() {
        Ok(whole) => integer(whole),
        Err(_) => minus(text),
    }
}

/// The decimal exponent of `v` once it is rounded to `digits` significant digits.
fn exponent_at(v: f64, digits: usize) -> i32 {
    let text = format!("{:.*e}", digits.saturating_sub(1), v.abs());
    text.split_once('e')
        .and_then(|(_, e)| e.parse().ok())
        .unwrap_or(0)
}

/// At most `digits` significant digits with a power of ten: `1e−5`.
pub fn scientific(v: f64, digits: usize) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    let text = format!("{:.*e}", digits.saturating_sub(1), v);
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return minus(text);
    };
    let mantissa = if mantissa.contains('.') {
        mantissa.trim_end_matches('0').trim_end_matches('.')
    } else {
        mantissa
    };
    minus(format!("{mantissa}e{exponent}"))
}

/// All digits of a value computed in 32 bits, for hover: the shortest text that reads back the same.
pub fn all_digits_f32(v: f32) -> String {
    not_finite(f64::from(v)).unwrap_or_else(|| minus(format!("{v:?}")))
}

/// All digits of a value computed in 64 bits, for hover.
pub fn all_digits(v: f64) -> String {
    not_finite(v).unwrap_or_else(|| minus(format!("{v:?}")))
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
    let text = if v.abs() < 0.1 {
        number(format!("{v:.1e}").parse().unwrap_or(v))
    } else {
        three(v)
    };
    if text == "1" {
        "1.000".to_owned()
    } else {
        text
    }
}

/// A number with at most three significant digits.
pub fn number3(v: f64) -> String {
    three(v)
}

/// Three significant digits, trailing zeros dropped.
fn three(v: f64) -> String {
    if let Some(text) = not_finite(v) {
        return text;
    }
    if v == 0.0 {
        return "0".to_owned();
    }
    let rounded: f64 = format!("{v:.2e}").parse().unwrap_or(v);
    number(rounded)
}

/// A share as a percentage with `decimals`: `95.76 %`.
pub fn percent(share: f64, decimals: usize) -> String {
    not_finite(share).unwrap_or_else(|| minus(format!("{:.decimals$} %", share * 100.0)))
}

/// A range held symmetric around zero: `± 0.15`.
pub fn plus_minus(r: f64) -> String {
    format!("± {}", number(r))
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
    let sign = if v < 0.0 { "\u{2212}" } else { "" };
    format!("{sign}{}", cell_size(v.abs()))
}

fn cell_size(a: f64) -> String {
    if a == 0.0 || a == 1.0 {
        return format!("{a:.0}");
    }
    if a < 0.005 {
        return "<.01".to_owned();
    }
    if a < 0.995 {
        return format!("{a:.2}").trim_start_matches('0').to_owned();
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
    let exponent = exponent_at(a, 1);
    format!("e{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(all_digits_f32(0.1), "0.1");
        assert_eq!(all_digits_f32(-0.062_899_24), "−0.06289924");
    }
}
