use super::*;

fn range(from: u64, to: u64, every: u64) -> Range {
    Range {
        along: Along::States,
        from,
        to,
        every,
        rate: 4.0,
    }
}

#[test]
fn a_range_ends_at_its_last_and_is_counted_before_it_is_drawn() {
    for (from, to, every) in [(0, 10, 1), (0, 10, 3), (4, 4, 7), (5, 26, 7), (5, 27, 7)] {
        let range = range(from, to, every);
        let points: Vec<u64> = range.points().collect();
        assert_eq!(points.len() as u64, range.frames(), "{range:?}");
        assert_eq!((points.first(), points.last()), (Some(&from), Some(&to)));
        assert!(range.check((100, 100), 27).is_ok());
    }
    assert_eq!(
        (range(3, 2, 1).frames(), range(3, 2, 1).points().count()),
        (0, 0)
    );
    for (wrong, size, words) in [
        (
            range(3, 2, 1),
            (9, 9),
            "state 3 to 2: expected a range within 0 to 5000",
        ),
        (range(0, 5001, 1), (9, 9), "within 0 to 5000"),
        (
            range(0, 5000, 1),
            (9, 9),
            "5001 pictures: expected at most 1000, as with every 6",
        ),
        (range(0, 1, 0), (9, 9), "every 0"),
        (range(0, 1, 1), (70_000, 1), "70000 × 1 pixels"),
        (range(0, 1, 1), (5_000, 4_000), "expected at most 16000000"),
    ] {
        let said = wrong.check(size, 5000).unwrap_err();
        assert!(said.contains(words), "{said}");
    }
}
