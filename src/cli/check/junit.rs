//! `check --format junit`: a suite a file and a case a finding, for servers that show results of tests.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::finding::Finding;
use super::report::{CheckedFile, Place, Report};
use crate::diagnostics::{Diagnostic, Source};

/// The document. A finding below `--fail-on` is a case that passed and says something.
pub(super) fn document(report: &Report) -> String {
    let mut document = Document::new("jaxpeep check");
    if !report.wrong.is_empty() {
        let mut suite = TestSuite::new("arguments");
        suite.add_test_cases(report.wrong.iter().map(|wrong| broken("arguments", wrong, None)));
        document.add_test_suite(suite);
    }
    for file in &report.files {
        let source = Source::new(&file.name, &file.text);
        let mut suite = TestSuite::new(&*file.name);
        for error in &file.errors {
            let place = Place::of_error(error, file, &source);
            suite.add_test_case(broken(&file.name, error, Some(&place)));
        }
        for finding in &file.findings {
            suite.add_test_case(found(report, file, finding, &source));
        }
        if suite.test_cases.is_empty() {
            suite.add_test_case(case("no findings", &file.name, TestCaseStatus::success()));
        }
        document.add_test_suite(suite);
    }
    match document.to_string() {
        Ok(text) => text,
        // Names, messages and counts always serialize: what XML cannot hold is left out of strings.
        Err(error) => unreachable!("{error}"),
    }
}

fn case(name: &str, class: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

fn found(report: &Report, file: &CheckedFile, finding: &Finding, source: &Source<'_>) -> TestCase {
    let place = Place::of(finding, file, source);
    let in_print_out = Place::in_print_out(finding, file, source);
    // Servers take cases of one name for one, and a line of Python makes several equations.
    let name = match in_print_out.start {
        Some((line, _)) if in_print_out != place => {
            format!("{} at {}, equation at line {line}", finding.rule, spelled(&place))
        }
        _ => format!("{} at {}", finding.rule, spelled(&place)),
    };
    let text = format!("{}\n{}\n{}", finding.message, finding.equation, finding.help);
    if !report.fails(finding) {
        let mut case = case(&name, &file.name, TestCaseStatus::success());
        case.set_system_out(text);
        return case;
    }
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(&*finding.message);
    status.set_type(&*finding.rule);
    status.set_description(text);
    case(&name, &file.name, status)
}

fn broken(class: &str, error: &Diagnostic, place: Option<&Place>) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(&*error.message);
    status.set_type(&*error.code);
    status.set_description(error.help.as_deref().unwrap_or_default());
    let name = place.map_or_else(|| class.to_owned(), spelled);
    case(&name, class, status)
}

/// `train.py:7:25`
fn spelled(place: &Place) -> String {
    match place.start {
        Some((line, column)) => format!("{}:{line}:{column}", place.file),
        None => place.file.clone(),
    }
}
