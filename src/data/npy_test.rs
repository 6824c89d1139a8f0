//! Tests of the NPY reader: what is written is read, in every type, order and byte order.

use proptest::prelude::*;

use super::*;

/// An NPY file with that header text.
pub(in crate::data) fn file(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend([version, 0]);
    let length = header.len() as u32;
    bytes.extend(&length.to_le_bytes()[..if version == 1 { 2 } else { 4 }]);
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

fn header(dtype: &str, fortran: bool, shape: &[usize]) -> String {
    let fortran = if fortran { "True" } else { "False" };
    let tuple = shape.iter().map(|d| format!("{d}, ")).collect::<String>();
    format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': ({tuple}), }}   \n")
        .replace("(, )", "()")
}

fn array(bytes: &[u8]) -> Result<Array, String> {
    read(Source::from_bytes("made", bytes)).map_err(|e| e.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reals_written_are_read(values in prop::collection::vec(-1e300..1e300_f64, 12), big in any::<bool>(), fortran in any::<bool>(), version in 1..4_u8) {
        let to_bytes = |v: &f64| if big { v.to_be_bytes() } else { v.to_le_bytes() };
        // Element (i, j, k) of shape (2, 2, 3); in Fortran order the first index runs fastest.
        let at = |i: usize, j: usize, k: usize| (i * 2 + j) * 3 + k;
        let mut data: Vec<u8> = Vec::new();
        if fortran {
            for k in 0..3 { for j in 0..2 { for i in 0..2 { data.extend(to_bytes(&values[at(i, j, k)])); } } }
        } else {
            data = values.iter().flat_map(to_bytes).collect();
        }
        let dtype = if big { ">f8" } else { "<f8" };
        let read = array(&file(version, &header(dtype, fortran, &[2, 2, 3]), &data)).unwrap();
        prop_assert_eq!(&read.shape, &[2, 2, 3]);
        prop_assert_eq!(read.values, Numbers::Reals(values));
    }

    #[test]
    fn integers_written_are_read(values in prop::collection::vec(any::<i16>(), 1..20), big in any::<bool>()) {
        let data: Vec<u8> = values.iter().flat_map(|v| if big { v.to_be_bytes() } else { v.to_le_bytes() }).collect();
        let dtype = if big { ">i2" } else { "<i2" };
        let read = array(&file(1, &header(dtype, false, &[values.len()]), &data)).unwrap();
        let wide: Vec<i64> = values.iter().map(|&v| i64::from(v)).collect();
        prop_assert_eq!(read.values, Numbers::Integers(wide));
    }

    #[test]
    fn singles_and_bytes_written_are_read(values in prop::collection::vec(-1e30..1e30_f32, 1..20), bytes in prop::collection::vec(any::<u8>(), 1..20)) {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let read = array(&file(1, &header("<f4", false, &[values.len(), 1]), &data)).unwrap();
        prop_assert_eq!(read.values, Numbers::Singles(values));
        let read = array(&file(1, &header("|u1", false, &[bytes.len()]), &bytes)).unwrap();
        prop_assert_eq!(read.values, Numbers::Bytes(bytes));
    }

    #[test]
    fn damage_is_answered_in_one_line(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = file(1, &header("<f4", true, &[2, 3]), &[0; 24]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Err(line) = array(&bytes) {
            prop_assert!(line.starts_with("made") && !line.contains('\n'), "{}", line);
        }
        prop_assert!(array(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn half_precision_is_exact() {
    // Zero, the smallest subnormal, the largest subnormal, one, the largest number, -2 and a third.
    let bits: [u16; 7] = [0, 1, 0x03ff, 0x3c00, 0x7bff, 0xc000, 0x3555];
    let data: Vec<u8> = bits.iter().flat_map(|v| v.to_le_bytes()).collect();
    let read = array(&file(1, &header("<f2", false, &[7]), &data)).unwrap();
    let wanted = [
        0.0,
        5.960_464_5e-8,
        6.097_555e-5,
        1.0,
        65_504.0,
        -2.0,
        0.333_251_95,
    ];
    assert_eq!(read.values, Numbers::Singles(wanted.to_vec()));
    let infinite = array(&file(1, &header("<f2", false, &[1]), &[0, 0x7c])).unwrap_err();
    assert!(
        infinite.contains("row 0, column 0 is not finite"),
        "{infinite}"
    );
}

#[test]
fn wrong_headers_are_named() {
    let line = |header: &str| array(&file(1, header, &[0; 8])).unwrap_err();
    assert!(line("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}").contains("pickle"));
    assert!(
        line("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}")
            .contains("dtype <U3 is not supported")
    );
    assert!(
        line("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}")
            .contains("structured")
    );
    assert!(
        line("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}").contains("dimension -1")
    );
    assert!(
        line("{'descr': '<f8', 'fortran_order': 1, 'shape': (1,)}")
            .contains("neither True nor False")
    );
    assert!(line("{'descr': '<f8', 'shape': (1,)}").contains("no fortran_order"));
    assert!(line("[1]").contains("expected a dictionary"));
    assert!(line(&"(".repeat(60_000)).contains("cannot be read"));
    let huge = "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}";
    assert!(line(huge).contains("too large"));
    let many = "{'descr': '<f8', 'fortran_order': False, 'shape': (100000,)}";
    assert!(line(many).contains("expected 800000 data bytes (shape (100,000,) of <f8), found 8"));
}

#[test]
fn unsigned_numbers_beyond_the_signed_range_are_refused() {
    let line = array(&file(1, &header("<u8", false, &[1]), &[255; 8])).unwrap_err();
    assert!(line.contains("18446744073709551615 is too large"), "{line}");
}
