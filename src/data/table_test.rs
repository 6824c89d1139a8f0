//! Tests of tables: what is written is read, and what is wrong is named by line and column.

use proptest::prelude::*;

use super::*;
use crate::data::Part;
use crate::data::options::{Column, Rows};

fn loaded(name: &str, text: &[u8], options: &LoadOptions) -> Result<Found, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    load(&Origin::file(&path), options, &Progress::new()).map_err(|e| e.to_string())
}

fn table(text: &str) -> Result<Found, String> {
    loaded("t.csv", text.as_bytes(), &LoadOptions::default())
}

fn row(data: &Dataset, i: usize) -> Vec<f64> {
    let values = data.stored_values(i, usize::MAX);
    values.into_iter().map(|(_, v)| v).collect()
}

#[test]
fn quotes_marks_line_ends_and_blank_lines_are_no_content() {
    let found =
        table("\u{feff}\"f1\",\"f2\",\"label\"\r\n\"1\",2.5,\"a \"\"b\"\"\"\r\n\r\n3,4,c\r\n\r\n")
            .unwrap();
    assert_eq!(found.columns, ["f1", "f2"]);
    assert_eq!(found.target.as_deref(), Some("label"));
    assert_eq!(
        (row(&found.data, 0), row(&found.data, 1)),
        (vec![1.0, 2.5], vec![3.0, 4.0])
    );
    assert_eq!(found.data.classes(), ["a \"b\"", "c"]);
}

#[test]
fn what_is_kept_of_a_table_means_the_same_columns_where_numbers_are_names() {
    let rows: String = (1..=9)
        .map(|i| format!("\"{i}\",{},{},{}\n", i * i % 7, i * 5 % 11, i * 3 % 8))
        .collect();
    let text = format!("\"\",\"1\",\"2\",\"3\"\n{rows}");
    let first = table(&text).unwrap();
    assert_eq!(
        (&*first.columns.join(" "), first.target.as_deref()),
        ("1 2", Some("3"))
    );
    let decided = first.decided.clone().unwrap();
    let kept = LoadOptions {
        label: Some(decided.label),
        drop: Some(decided.drop),
        kind: decided.kind,
        ..LoadOptions::default()
    };
    let again = loaded("t.csv", text.as_bytes(), &kept).unwrap();
    assert_eq!((again.columns, again.target), (first.columns, first.target));
    assert_eq!(row(&again.data, 0), row(&first.data, 0));
}

#[test]
fn a_count_of_columns_that_no_table_has_is_no_count() {
    let line = table("12,18446744073709551615,red,blue\n1,2,0\n3,4,1\n").err();
    assert!(line.is_none_or(|line| !line.contains("its reader failed")));
}

#[test]
fn what_is_wrong_is_named_by_line_and_column() {
    for (text, words) in [
        (
            "f1,f2,label\n1,2,0\n3,1\n",
            &["line 3: expected 3 fields, found 2"][..],
        ),
        (
            "f1,f2,label\n1,2,0\nNaN,4,1\n",
            &["line 3, column 1: f1 is not finite"],
        ),
        (
            "f1,f2,label\n1,2,0\n1e400,4,1\n",
            &["line 3, column 1: f1 is not finite"],
        ),
        (
            "f1,f2,label\n1,2,0\n3,abc,1\n",
            &["line 3, column 2: f2 is \"abc\", which is not a number"],
        ),
        (
            "f1,f2,label\n1,,0\n3,4,1\n",
            &["line 2, column 2: f2 is missing"],
        ),
        (
            "f1,f2,label\n1,2,0\n3,4,1.5\n",
            &["line 3: label 1.5 is not a whole number"],
        ),
        ("f1,f2,label\n", &["no data rows"]),
        ("", &["file is empty"]),
        ("a\n1\n", &["line 1: 1 column"]),
    ] {
        let line = table(text).unwrap_err();
        assert!(!line.contains('\n'));
        for word in words {
            assert!(line.contains(word), "{word} is not in: {line}");
        }
    }
    let latin = loaded("t.csv", b"f1,label\n1,M\xfcller\n", &LoadOptions::default());
    assert_eq!(latin.unwrap().data.classes(), ["Müller"]);
    let comma = table("f1;f2;label\n1,5;2,5;0\n3,5;4,5;1\n").unwrap();
    assert_eq!(row(&comma.data, 1), [3.5, 4.5]);
}

#[test]
fn classes_values_pictures_and_series() {
    let values = table("a,price\n1,0.5\n2,0.75\n").unwrap();
    assert_eq!(
        values.data.targets(),
        &Targets::Values {
            dim: 1,
            data: vec![0.5, 0.75]
        }
    );
    let asked = LoadOptions {
        label: Some(Column::Number(1)),
        targets: Some(TargetKind::Classes),
        ..LoadOptions::default()
    };
    let classes = loaded("t.csv", b"a,b\n1.5,0.5\n2,0.75\n", &asked).unwrap();
    assert_eq!(classes.data.classes(), ["1.5", "2"]);
    let pixels: Vec<String> = (0..64).map(|i| format!("p{i}")).collect();
    let dark = ["0,"; 63].concat();
    let digits = table(&format!(
        "{},label\n{dark}16,3\n{dark}2,4\n",
        pixels.join(",")
    ))
    .unwrap();
    assert_eq!(
        (digits.data.shape(), digits.data.white()),
        ([1, 8, 8], Some(16))
    );
    let series = table("label,t0,t1,t2\na,1,2.5,3\nb,4,,\n").unwrap();
    assert_eq!(series.data.lengths(), Some(&[3, 1][..]));
    let line = table("label,t0,t1,t2\na,1,2,3\nb,4,,5\n").unwrap_err();
    assert!(
        line.contains("line 3, column 3: t1 is missing inside the series"),
        "{line}"
    );
    let short = LoadOptions {
        rows: Some(Rows::Series),
        ..LoadOptions::default()
    };
    let rows = loaded(
        "t.csv",
        b"a,1,2\nb,3\n",
        &LoadOptions {
            label: Some(Column::Number(1)),
            ..short
        },
    );
    assert_eq!(rows.unwrap().data.lengths(), Some(&[2, 1][..]));
}

#[test]
fn a_test_table_beside_the_training_table_is_its_test_part() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let path = write("x_train.csv", "a,label\n1,u\n2,v\n");
    write("x_test.csv", "a,label\n3,w\n");
    let found = load(
        &Origin::file(&path),
        &LoadOptions::default(),
        &Progress::new(),
    )
    .unwrap();
    assert_eq!(
        (found.data.classes().join(""), found.data.range(Part::Test)),
        ("uvw".into(), 2..3)
    );
    write("x_test.csv", "a,b,label\n3,4,w\n");
    let line = load(
        &Origin::file(&path),
        &LoadOptions::default(),
        &Progress::new(),
    )
    .unwrap_err()
    .to_string();
    assert!(
        line.contains("x_test.csv, line 1: expected 2 fields, found 3"),
        "{line}"
    );
}

#[test]
fn a_quote_that_is_never_closed_takes_no_memory_without_end() {
    let mut text = b"a,label\n1,x\n\"".to_vec();
    text.resize(18 << 20, b'7');
    let line = loaded("t.csv", &text, &LoadOptions::default()).unwrap_err();
    assert!(line.contains("a row of more than 16777216 bytes"), "{line}");
}

#[test]
fn a_cancelled_loading_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, "a,label\n1,x\n".repeat(100_000)).unwrap();
    let progress = Progress::new();
    progress.cancel();
    let error = load(&Origin::file(&path), &LoadOptions::default(), &progress).unwrap_err();
    assert!(matches!(error, DataError::Cancelled { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_table_written_is_read(
        rows in prop::collection::vec((prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 3), "[a-z \",;\n]{1,8}[a-z]"), 1..12),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        crlf in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(["one", "two", "three", "label"]).unwrap();
        for (values, label) in &rows {
            let fields = values.iter().map(f64::to_string).chain([label.clone()]);
            writer.write_record(fields).unwrap();
        }
        let text = writer.into_inner().unwrap();
        let asked = LoadOptions {
            delimiter: Some(char::from(delimiter)),
            ..LoadOptions::default()
        };
        let found = loaded("t.csv", &text, &asked).unwrap();
        prop_assert_eq!(found.data.len(), rows.len());
        for (i, (values, label)) in rows.iter().enumerate() {
            prop_assert_eq!(row(&found.data, i), values.clone());
            let class = found.data.label(i).map(|l| found.data.classes()[l].clone());
            prop_assert_eq!(class, Some(one_line(label.trim())));
        }
    }
}

#[test]
fn none_is_a_word_among_words_and_a_gap_among_numbers() {
    let rows: String = (0..40)
        .map(|i| {
            let improved = ["None", "Some", "Marked"][i % 3];
            let roof = ["None", "tile"][i / 2 % 2];
            let weight = if i == 7 {
                "None".into()
            } else {
                format!("{i}.5")
            };
            format!("{weight},{roof},{improved}\n")
        })
        .collect();
    let found = table(&format!("weight,roof,improved\n{rows}")).unwrap();
    assert_eq!(found.data.len(), 40);
    let mut classes = found.data.classes().to_vec();
    classes.sort();
    assert_eq!(classes, ["Marked", "None", "Some"]);
    let words = &found.words[0];
    assert_eq!(words.0, "roof");
    assert!(words.1.contains(&"None".to_owned()), "{words:?}");
    let gaps = found.warnings.iter().find_map(|w| match w {
        Warning::Reading { note } if note.contains("gap") => Some(note.clone()),
        _ => None,
    });
    let all = format!("{:?}", found.warnings);
    assert!(gaps.is_some() || all.contains("weight"), "{all}");
    // Where words are asked to be numbers, it is a gap again: nothing but gaps and a word.
    let options = LoadOptions {
        kind: [("roof".to_owned(), ColumnKind::Number)].into(),
        ..LoadOptions::default()
    };
    let text = format!("weight,roof,improved\n{rows}");
    let line = loaded("t.csv", text.as_bytes(), &options).err().unwrap();
    assert!(line.contains("tile"), "{line}");
}

#[test]
fn a_matrix_of_correlations_is_said_to_be_one() {
    let names = ["sun", "rain", "wind", "snow", "fog"];
    let text: String = std::iter::once(format!(",{}\n", names.join(",")))
        .chain(names.iter().enumerate().map(|(i, name)| {
            let own = (0..5).map(|j| format!("{}", 1.0 - 0.1 * f64::from(i32::abs(j - i as i32))));
            format!("{name},{}\n", own.collect::<Vec<_>>().join(","))
        }))
        .collect();
    let said = |text: &str| format!("{:?}", table(text).unwrap().warnings);
    assert!(said(&text).contains("its rows are named like its columns"));
    let other = text.replace("snow,0", "hail,0");
    assert!(!said(&other).contains("its rows are named like"));
}
