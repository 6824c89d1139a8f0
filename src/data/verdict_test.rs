//! What is decided about columns.

use super::*;
use crate::data::table_layout;

fn judged(text: &str, options: &LoadOptions) -> Verdict {
    tried(text, options).unwrap()
}

fn tried(text: &str, options: &LoadOptions) -> Result<Verdict, DataError> {
    let form = table_layout::of("t.csv", text.as_bytes(), options).unwrap();
    let mut survey = Survey::new(form.names.len());
    for line in text.lines().skip(form.skip) {
        let fields = line.split(char::from(form.delimiter));
        survey.add(fields.map(str::trim), form.comma);
    }
    of("t.csv", &form.names, form.named, &survey, options)
}

fn verdict(text: &str) -> Verdict {
    judged(text, &LoadOptions::default())
}

fn rows(n: usize, row: impl Fn(usize) -> String) -> String {
    (0..n).map(|i| row(i) + "\n").collect()
}

#[test]
fn the_column_to_learn_is_named_words_few_numbers_or_last() {
    let target = |text: &str| verdict(text).target;
    assert_eq!(
        target("class,a,b\n1,2.5,3.5\n2,2.5,1.5\n"),
        Target::Column(0)
    );
    assert_eq!(target("a,kind,b\n1,red,3\n2,blue,1\n"), Target::Column(1));
    assert_eq!(target("a,b,c\n1,2,0\n2,1,1\n"), Target::Column(2));
    let prices = rows(60, |i| format!("{i},{}", 1000 + 7 * i));
    let v = verdict(&format!("rooms,price\n{prices}"));
    assert_eq!((v.target, v.kind), (Target::Column(1), TargetKind::Values));
    assert_eq!(verdict("a,b\n1,0.5\n2,0.25\n").kind, TargetKind::Values);
    // MNIST as a table: the label first, the last pixel always black.
    let digits = rows(40, |i| format!("{},{},7,0", i % 10, i * 7 % 40));
    assert_eq!(target(&digits), Target::Column(0));
    // Places are inputs of the class beside them, and all there is to learn without it.
    let places = rows(30, |i| {
        format!("{}.5,{}.5,{}", i * 7 % 30, i * 11 % 30, i % 3)
    });
    assert_eq!(target(&format!("x,y,group\n{places}")), Target::Column(2));
    let pairs = rows(30, |i| format!("{}.5,{}.5", i * 7 % 30, i * 11 % 30));
    assert_eq!(target(&format!("x,y\n{pairs}")), Target::Column(1));
    let late = rows(40, |i| format!("{},{}.5,{}", i, i * 7 % 40, i % 2));
    assert_eq!(
        target(&format!("id,fare,survived\n{late}")),
        Target::Column(2)
    );
}

#[test]
fn row_numbers_are_no_input_even_where_nothing_else_is() {
    let years = rows(40, |i| format!("{},{}.25", i + 1, 1851 + i * 3));
    for (header, column) in [(",date", "1=number"), ("id,date", "id=number")] {
        let line = tried(&format!("{header}\n{years}"), &LoadOptions::default()).unwrap_err();
        assert!(
            line.to_string().contains("(it counts the rows)") && line.to_string().contains(column),
            "{line}"
        );
    }
    // Taken in as the line says; and nothing is advised against what was asked.
    let asked = LoadOptions {
        kind: [("id".to_owned(), ColumnKind::Number)].into(),
        ..LoadOptions::default()
    };
    let taken = tried(&format!("id,date\n{years}"), &asked).unwrap();
    assert_eq!(taken.roles, [Role::Number, Role::Target]);
    let dropped = LoadOptions {
        drop: Some(vec![Column::Number(1)]),
        ..LoadOptions::default()
    };
    let line = tried(&format!("a,b\n{years}"), &dropped).unwrap_err();
    assert!(!line.to_string().contains("--kind"), "{line}");
}

#[test]
fn what_counts_names_or_tells_is_no_input() {
    let left = |v: &Verdict| v.left_out.iter().map(|(c, _)| *c).collect::<Vec<_>>();
    let v = verdict(&format!(
        "n,who,size,kind_no,kind\n{}",
        rows(30, |i| format!(
            "{i},w{i},{}.5,{},{}",
            i * 7 % 30,
            i % 2 + 5,
            ["a", "b"][i % 2]
        ))
    ));
    assert_eq!(
        (v.target.clone(), left(&v)),
        (Target::Column(4), vec![0, 1, 3])
    );
    let asked = LoadOptions {
        drop: Some(vec![Column::Name("size".into())]),
        ..LoadOptions::default()
    };
    let table = format!(
        "n,size,kind\n{}",
        rows(20, |i| format!(
            "{i},{}.5,{}",
            i * 7 % 20,
            ["a", "b"][i % 2]
        ))
    );
    assert_eq!(left(&judged(&table, &asked)), [1]);
    let kind = LoadOptions {
        kind: [("n".to_owned(), ColumnKind::Number)].into(),
        ..LoadOptions::default()
    };
    assert_eq!(left(&judged(&table, &kind)), [0_usize; 0]);
    // Years count and are no row numbers.
    let years = format!(
        "year,sales\n{}",
        rows(20, |i| format!("{},{}.5", 1990 + i, i * 7 % 20))
    );
    assert_eq!(left(&verdict(&years)), [0_usize; 0]);
    // Two that tell each other without a name in common: noted and kept.
    let tells = format!(
        "colour,size,kind\n{}",
        rows(30, |i| format!(
            "{},{}.5,{}",
            i % 2,
            i * 7 % 30,
            ["a", "b"][i % 2]
        ))
    );
    assert_eq!(verdict(&tells).leaks, [0]);
}

#[test]
fn two_columns_that_are_as_likely_are_asked_about() {
    let both = rows(60, |i| format!("{},{}.5,{}", i % 3, i * 7 % 60, i * 11 % 4));
    assert_eq!(verdict(&both).doubt, Some([0, 2]));
    // A name decides, and so does a table that is sorted by one of them.
    assert_eq!(verdict(&format!("group,size,stage\n{both}")).doubt, None);
    let sorted = rows(60, |i| {
        format!("{},{}.5,{}", i * 11 % 4, i * 7 % 60, i / 20)
    });
    let v = verdict(&sorted);
    assert_eq!((v.target, v.doubt), (Target::Column(2), None));
}

#[test]
fn counts_are_values_and_few_numbers_classes() {
    let kind = |row: &dyn Fn(usize) -> String| verdict(&format!("a,b\n{}", rows(60, row))).kind;
    assert_eq!(
        kind(&|i| format!("{}.5,{}", i * 7 % 60, i % 3)),
        TargetKind::Classes
    );
    assert_eq!(
        kind(&|i| format!("{}.5,{}", i * 7 % 60, 5 + i % 18)),
        TargetKind::Values
    );
    assert_eq!(
        kind(&|i| format!("{}.5,{}", i * 7 % 60, i % 3 * 2000)),
        TargetKind::Classes
    );
}

#[test]
fn coordinates_before_a_measure_are_no_target_and_settings_are_no_classes() {
    let target = |text: &str| verdict(text).target;
    let heights = rows(30, |i| {
        format!("{}.5,{}.5,{}", i * 7 % 30, i * 11 % 29, 700 + i * 13 % 200)
    });
    assert_eq!(target(&format!("x,y,z\n{heights}")), Target::Column(2));
    assert_eq!(target(&format!("x,y,por\n{heights}")), Target::Column(2));
    // y before x is what R calls its response.
    assert_eq!(target(&format!("y,x,w\n{heights}")), Target::Column(0));
    let settings = rows(24, |i| {
        format!("{},{}.5", [20, 50, 100][i % 3], i * 11 % 29)
    });
    assert_eq!(
        target(&format!("load,speed\n{settings}")),
        Target::Column(1)
    );
    let codes = rows(24, |i| format!("{},{}.5", i % 3, i * 11 % 29));
    assert_eq!(target(&format!("sort,speed\n{codes}")), Target::Column(0));
}

#[test]
fn the_factors_of_a_design_are_asked_about_beside_what_was_measured() {
    let design = rows(36, |i| {
        format!(
            "{},{},{}.5",
            ["a", "b", "c"][i / 12],
            ["u", "v"][i % 2],
            i * 7 % 31
        )
    });
    // The first factor is sorted, or one is called type.
    assert_eq!(
        verdict(&format!("lab,cut,found\n{design}")).doubt,
        Some([0, 2])
    );
    assert_eq!(
        verdict(&format!("lab,type,found\n{design}")).doubt,
        Some([1, 2])
    );
    // A name that says what is learnt leaves no doubt.
    assert_eq!(verdict(&format!("lab,cut,yield\n{design}")).doubt, None);
    assert_eq!(verdict(&format!("species,cut,found\n{design}")).doubt, None);
}

#[test]
fn other_targets_and_large_numbers_of_rows_are_no_inputs() {
    let energy = rows(40, |i| {
        format!("{}.5,{}.5,{}.25", i * 7 % 31, i * 11 % 29, i * 3 % 37)
    });
    let v = verdict(&format!("X1,Y1,Y2\n{energy}"));
    assert_eq!(v.target, Target::Column(2));
    assert_eq!(v.left_out, [(1, "like Y2 it may be learnt".to_owned())]);
    // X1 and X2 are no targets for ending in numbers.
    assert!(verdict(&format!("Y1,X1,X2\n{energy}")).left_out.is_empty());
    // UCI's wdbc.data: a number of a patient, a letter, measurements.
    let cells = rows(40, |i| {
        format!(
            "{},{},{}.5",
            842_302 + i * 7919 % 40 * 977,
            ["M", "B"][i % 2],
            i * 7 % 31
        )
    });
    let v = verdict(&cells);
    assert_eq!(v.roles, [Role::Out, Role::Target, Role::Number]);
    // Beside another such column it may be a measurement.
    let lots = rows(40, |i| {
        format!("{},{},{}.5", 5000 + i * 977, 9000 + i * 37, i * 7 % 31)
    });
    assert!(verdict(&lots).left_out.is_empty());
}
