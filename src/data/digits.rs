//! The 8 x 8 digits as CSV: a header line, then 64 pixels from 0 to 16 and a label from 0 to 9 on each line.

use super::error::{DataError, Place, one_line};
use super::source::Source;

/// Pixels of one digit.
const PIXELS: usize = 64;
/// The highest pixel value.
pub(super) const WHITE: u8 = 16;

/// Appends the digits of one CSV file (plain or gzip) to `pixels` and `labels`; returns how many there were.
///
/// # Errors
/// The line and column of a field that is missing, too many, or out of range; or what the source says.
pub(super) fn append(
    mut source: Source<'_>,
    unpacked: usize,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<usize, DataError> {
    let mut text = Vec::new();
    source.read_exactly(unpacked, "lines of 8 x 8 digits", &mut text)?;
    let file = source.file();
    let text = std::str::from_utf8(&text).map_err(|error| {
        DataError::malformed(
            file,
            source.place(error.valid_up_to() as u64),
            "expected UTF-8 text",
        )
    })?;
    let mut count = 0;
    for (index, row) in text.lines().enumerate().skip(1) {
        let mut fields = 0;
        for (column, field) in row.split(',').enumerate() {
            fields = column + 1;
            let highest = match column {
                0..PIXELS => WHITE,
                PIXELS => 9,
                _ => break,
            };
            match field.parse::<u8>() {
                Ok(value) if value <= highest && column < PIXELS => pixels.push(value),
                Ok(value) if value <= highest => labels.push(u16::from(value)),
                _ => {
                    return Err(DataError::malformed(
                        file,
                        Place::Field {
                            line: index + 1,
                            column: column + 1,
                        },
                        format!(
                            "\"{}\" is not a whole number from 0 to {highest}",
                            one_line(field)
                        ),
                    ));
                }
            }
        }
        if fields != PIXELS + 1 {
            return Err(DataError::malformed(
                file,
                Place::Field {
                    line: index + 1,
                    column: fields,
                },
                format!(
                    "expected {} fields, found {}",
                    PIXELS + 1,
                    row.split(',').count()
                ),
            ));
        }
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(rows: &[String]) -> Result<(Vec<u8>, Vec<u16>), String> {
        let text = format!("header\n{}", rows.join("\n"));
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        append(
            Source::from_bytes("d.csv", text.as_bytes()),
            text.len(),
            &mut pixels,
            &mut labels,
        )
        .map_err(|error| error.to_string())?;
        Ok((pixels, labels))
    }

    fn row(pixel: &str, label: &str) -> String {
        let mut fields = vec![pixel; 64];
        fields.push(label);
        fields.join(",")
    }

    #[test]
    fn rows_are_pixels_then_a_label() {
        let (pixels, labels) = load(&[row("16", "9"), row("0", "3")]).unwrap();
        assert_eq!(labels, [9, 3]);
        assert_eq!((pixels.len(), pixels[63], pixels[64]), (128, 16, 0));
    }

    #[test]
    fn a_wrong_field_is_named_by_line_and_column() {
        let line = |row: String| load(&[row]).unwrap_err();
        assert_eq!(
            line(row("17", "3")),
            "d.csv, line 2, column 1: \"17\" is not a whole number from 0 to 16"
        );
        assert_eq!(
            line(row("1", "10")),
            "d.csv, line 2, column 65: \"10\" is not a whole number from 0 to 9"
        );
        assert_eq!(
            line("1,2".to_owned()),
            "d.csv, line 2, column 2: expected 65 fields, found 2"
        );
        assert_eq!(
            line(row("1", "3,4,5")),
            "d.csv, line 2, column 66: expected 65 fields, found 67"
        );
    }
}
