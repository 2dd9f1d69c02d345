use std::path::{Path, PathBuf};

use super::lists::{Entry, Lists, Requirement};
use super::ran::Ran;
use super::scan::Target;
use super::{Fault, Gap, Matrix, Sources, TagKind, totals};

/// A folder with a package of these files; removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("mls-conformance-{name}-{}", std::process::id()));
        for (file, text) in [("Cargo.toml", "[package]\nname = \"some-crate\"\n")].iter().chain(files) {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(root)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ids with their targets: `line`, `line name` or nothing.
fn targets(name: &str, files: &[(&str, &str)]) -> Vec<(String, String)> {
    let folder = Folder::new(name, files);
    let sources = Sources::read(&folder.0).unwrap();
    let show = |target: &Target| match target {
        Target::Code { line } => format!("{line}"),
        Target::Test { line, name } => format!("{line} {name}"),
        Target::Nothing => String::new(),
    };
    assert!(sources.tags.iter().all(|tag| tag.package == "some-crate"));
    sources.tags.iter().map(|tag| (tag.id.clone(), show(&tag.target))).collect()
}

fn wanted(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(id, target)| ((*id).to_owned(), (*target).to_owned())).collect()
}

#[test]
fn comments_stand_at_the_code_that_follows_or_that_they_end() {
    let code = "// req: R-1-01, R-1-02 (a note)\n// why\nfn f(x: [u8; 3]) {\n    g(); // req: R-1-03\n\n\
                \x20   // req: R-1-04\n\n    if a {\n    }\n}\n";
    let found = targets("code", &[("src/a.rs", code)]);
    assert_eq!(found, wanted(&[("R-1-01", "3"), ("R-1-02", "3"), ("R-1-03", "4"), ("R-1-04", "8")]));
}

#[test]
fn literals_and_documentation_hold_no_comments() {
    let code = "/// req: R-1-01\nfn f() {\n    let a = \"// req: R-1-02 \\\" // req: R-1-03\";\n    \
                let b = r#\"\n// req: R-1-04 \" \n\"#; /* // req: R-1-05\n*/ let c = ['\"', '\\'', '{'];\n    \
                let d: &'static str = x; // req: R-1-06\n}\n";
    assert_eq!(targets("literals", &[("src/a.rs", code)]), wanted(&[("R-1-06", "8")]));
}

#[test]
fn tests_are_found_inside_and_below_comments() {
    let code = "fn f() {\n}\n// req: R-1-00\n#[cfg(test)]\nmod tests {\n    // req: R-1-01\n    #[test]\n    fn one() {\n    \
                    // req: R-1-02\n    }\n    proptest! {\n        // req: R-1-03\n        #[test]\n        \
                    fn two(x in any().prop_map(|x| { x })) {\n        }\n    }\n    // req: R-1-04\n    fn help() {}\n}\n";
    let found = targets(
        "tests",
        &[
            ("src/lib.rs", "#[cfg(test)]\nmod oracle;\nmod a;"),
            ("src/a.rs", code),
            ("src/oracle.rs", "// req: R-1-05\nfn help() {}\n"),
        ],
    );
    let list = [
        ("R-1-00", ""),
        ("R-1-01", "7 a::tests::one"),
        ("R-1-02", "7 a::tests::one"),
        ("R-1-03", "13 a::tests::two"),
        ("R-1-04", ""),
        ("R-1-05", ""),
    ];
    assert_eq!(found, wanted(&list));
}

#[test]
fn tests_have_the_names_that_runners_print() {
    let test = "// req: R-1-01\n#[test]\nfn f() {}\n";
    let name = |file: &str| targets("names", &[(file, test)]).remove(0).1;
    assert_eq!(name("src/a/tests.rs"), "2 a::tests::f");
    assert_eq!(name("src/a/tests/b.rs"), "2 a::tests::b::f");
    assert_eq!(name("tests/a.rs"), "2 f");
    assert_eq!(name("tests/a/main.rs"), "2 f");
    assert_eq!(name("tests/a/b.rs"), "2 b::f");
    assert_eq!(name("src/bin/x/a/tests.rs"), "2 a::tests::f");
}

#[test]
fn what_begins_like_a_tag_and_is_none_is_told() {
    let folder =
        Folder::new("malformed", &[("src/a.rs", "// req: see below\nfn f() {}\n// bad: valn-0101\nfn g() {}\n")]);
    let sources = Sources::read(&folder.0).unwrap();
    assert_eq!(sources.malformed, [(PathBuf::from("src/a.rs"), 1, "req: see below".to_owned())]);
    assert_eq!(sources.tags[0].kind, TagKind::BadInput);
}

fn lists(rows: &[(&str, bool)], exceptions: &[&str]) -> Lists {
    let requirement = |(id, testable): &(&str, bool)| Requirement {
        id: (*id).to_owned(),
        level: "MUST".to_owned(),
        applies_to: "all".to_owned(),
        text: "text".to_owned(),
        testable: *testable,
    };
    let entry = |id: &&str| Entry { id: (*id).to_owned(), text: "text".to_owned() };
    Lists {
        requirements: rows.iter().map(requirement).collect(),
        exceptions: exceptions.iter().map(entry).collect(),
        bad_input: vec![entry(&"valn-0101"), entry(&"valn-0102")],
    }
}

#[test]
fn rows_without_line_or_test_are_gaps_unless_excepted() {
    let code = "// req: R-1-01\nfn f() {}\n#[cfg(test)]\nmod tests {\n    // req: R-1-01, R-9-99, R-1-05, R-1-06\n    // bad: valn-0102\n    \
                #[test]\n    fn one() {}\n}\n";
    let folder = Folder::new("gaps", &[("src/a.rs", code)]);
    let sources = Sources::read(&folder.0).unwrap();
    let all = ["R-1-01", "R-1-02", "R-1-03", "R-1-04", "R-1-05", "R-1-06"].map(|id| (id, id != "R-1-04"));
    let matrix = Matrix::new(lists(&all, &["R-1-03", "R-1-05"]), &sources, None);
    let gaps: Vec<_> = matrix.gaps.iter().map(ToString::to_string).collect();
    assert_eq!(gaps, ["R-1-02\tMUST\ttext", "R-1-06\tMUST\ttext", "valn-0101\ttext"]);
    assert!(matches!(matrix.gaps.as_slice(), [Gap::Untested(_), Gap::Unplaced(_), Gap::BadInput(_)]));
    assert!(matches!(matrix.faults.as_slice(), [Fault::Unknown(place, id)] if place.line == 5 && id == "R-9-99"));
    assert!(totals(&matrix).starts_with(
        "requirements: 6 in all, 5 testable: 1 with line and test, 2 excepted (1 of them with a test), 1 without a line, \
         1 missing\n"
    ));

    // Exceptions have to be needed, and known.
    let matrix = Matrix::new(lists(&all, &["R-1-01", "R-1-04", "R-1-05", "R-1-07"]), &sources, None);
    let faults: Vec<_> = matrix.faults.iter().map(ToString::to_string).collect();
    assert!(faults.contains(&"an exception for R-1-01, which has a line and a test".to_owned()), "{faults:?}");
    assert!(faults.contains(&"an exception for R-1-04, which is no testable requirement".to_owned()));
    assert!(faults.contains(&"an exception for R-1-07, which is no testable requirement".to_owned()));
    assert!(!faults.iter().any(|fault| fault.contains("R-1-05")), "{faults:?}");
    let ids: Vec<String> = (0..16).map(|n| format!("R-2-{n:02}")).collect();
    let many: Vec<&str> = ids.iter().map(String::as_str).collect();
    let rows: Vec<_> = many.iter().map(|id| (*id, true)).collect();
    assert!(Matrix::new(lists(&rows, &many), &Sources::default(), None).faults.contains(&Fault::TooManyExceptions(16)));
    assert_eq!(Matrix::new(lists(&rows, &many[..15]), &Sources::default(), None).faults, []);
}

#[test]
fn a_test_names_five_requirements_at_most() {
    let code = "// req: R-1-01, R-1-02, R-1-03\n// req: R-1-04, R-1-05\n#[test]\nfn five() {}\n\
                // req: R-1-01, R-1-02, R-1-03, R-1-04, R-1-05\n#[test]\nfn six() {\n    // req: R-1-06\n}\n";
    let folder = Folder::new("five", &[("tests/a.rs", code)]);
    let rows: Vec<String> = (1..7).map(|n| format!("R-1-{n:02}")).collect();
    let rows: Vec<_> = rows.iter().map(|id| (id.as_str(), true)).collect();
    let matrix = Matrix::new(lists(&rows, &[]), &Sources::read(&folder.0).unwrap(), None);
    assert!(matches!(matrix.faults.as_slice(), [Fault::TooManyIds(test, 6)] if test.name == "six"));
}

const LIST: &str = r#"{"rust-suites": {
    "some-crate": {"testcases": {
        "a::tests::one": {"ignored": false, "filter-match": {"status": "matches"}},
        "a::tests::two": {"ignored": true, "filter-match": {"status": "matches"}},
        "a::tests::three": {"ignored": false, "filter-match": {"status": "mismatch"}}}},
    "some-crate::scenarios": {"testcases": {"common::four": {"ignored": false}}}}}"#;

const JUNIT: &str = r#"<testsuites><testsuite name="some-crate" tests="3">
    <testcase name="a::tests::one" classname="some-crate" timestamp="x"></testcase>
    <testcase name="a::tests::two" classname="some-crate"><failure type="x">text</failure></testcase>
    <testcase classname="some-crate" name="a::tests::three"><skipped/></testcase>
    <testcase name="common::four" classname="some-crate::scenarios"/></testsuite></testsuites>"#;

const OUTPUT: &str = "    Starting 4 tests\n        PASS [   0.003s] (1/4) some-crate a::tests::one\n        \
    FAIL [   0.003s] (2/4) some-crate a::tests::two\n        PASS [   0.004s] (  3/4) some-crate::scenarios common::four\n";

#[test]
fn reports_of_every_kind_are_read() {
    for report in [LIST, JUNIT, OUTPUT] {
        let ran = Ran::parse(report).unwrap();
        assert!(ran.has("some-crate", "a::tests::one"));
        assert!(!ran.has("some-crate", "a::tests::two"));
        assert!(!ran.has("some-crate", "a::tests::three"));
        assert!(!ran.has("other", "a::tests::one"));
        assert!(ran.has("some-crate", "common::four"));
        // A file that is included under another name.
        assert!(ran.has("some-crate", "b::tests::one") && !ran.has("some-crate", "b::one"));
    }
    assert!(Ran::parse("nothing").is_err());
    assert!(Ran::parse("{}").is_err());
}

#[test]
fn a_test_that_did_not_run_is_a_gap() {
    let code = "// req: R-1-01\n#[test]\nfn one() {}\n// bad: valn-0101, valn-0102\n#[test]\nfn two() {}\n";
    let folder = Folder::new("ran", &[("src/a.rs", "// req: R-1-01\nfn f() {}\n"), ("src/a/tests.rs", code)]);
    let ran = Ran::parse(LIST).unwrap();
    let matrix = Matrix::new(lists(&[("R-1-01", true)], &[]), &Sources::read(&folder.0).unwrap(), Some(&ran));
    assert!(matches!(matrix.gaps.as_slice(), [Gap::NotRun(test)] if test.name == "a::tests::two"));
}

/// The project's own lists are sound, whatever is still missing.
#[test]
fn the_lists_parse() {
    let lists = Lists::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(lists.requirements.len(), 498);
    assert_eq!(lists.requirements.iter().filter(|row| row.testable).count(), 477);
    let matrix = Matrix::new(lists, &Sources::default(), None);
    assert_eq!(matrix.faults, []);
}
