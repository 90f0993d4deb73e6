//! `check --format sarif`: SARIF 2.1.0, which code hosts and editors show beside the code.
//!
//! The parts of the format that are used, as the standard names them:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

mod format;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use format::{
    ArtifactLocation, Configuration, Driver, Invocation, Location, Log, Message, Notification,
    PhysicalLocation, Region, ReportingDescriptor, Result, Run, Suppression, Tool,
};

use super::finding::Finding;
use super::report::{CheckedFile, Place, Report};
use crate::cli::baseline::Key;
use crate::cli::json;
use crate::diagnostics::{Diagnostic, Severity, Source};
use crate::rules::RuleSet;

/// The name of the fingerprint by which results of two runs are compared.
const FINGERPRINT: &str = "jaxpeepFinding/v1";

/// The document.
pub(super) fn document(report: &Report, rules: &RuleSet) -> String {
    let mut results = Results::default();
    let mut notifications: Vec<Notification> = report
        .wrong
        .iter()
        .map(|wrong| notification(wrong, None))
        .collect();
    for file in &report.files {
        let source = Source::new(&file.name, &file.text);
        for finding in &file.findings {
            results.add(finding, file, &source, None);
        }
        for (finding, reason) in &file.allowed {
            results.add(finding, file, &source, Some(reason));
        }
        for error in &file.errors {
            let place = Place::of_error(error, file, &source);
            notifications.push(notification(error, Some(&place)));
        }
    }
    let driver = Driver {
        name: "jaxpeep",
        version: env!("CARGO_PKG_VERSION"),
        rules: descriptors(rules, &mut results.all),
    };
    json::document(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            column_kind: "unicodeCodePoints",
            invocations: [Invocation {
                execution_successful: report.broken() == 0,
                tool_execution_notifications: notifications,
            }],
            results: results.all,
        }],
    })
}

/// Results so far, and how often each fingerprint was given.
#[derive(Default)]
struct Results {
    all: Vec<Result>,
    seen: BTreeMap<String, usize>,
}

impl Results {
    fn add(&mut self, finding: &Finding, file: &CheckedFile, source: &Source<'_>, allowed: Option<&str>) {
        let place = Place::of(finding, file, source);
        let in_print_out = Place::in_print_out(finding, file, source);
        let related = (in_print_out != place).then(|| Location {
            message: Some(Message::new(format!("in the print-out: {}", finding.equation))),
            ..location(&in_print_out)
        });
        let suppression = allowed.map(|reason| Suppression {
            kind: "external",
            justification: reason.to_owned(),
        });
        let text = format!("{}: {}\n{}", finding.message, finding.equation, finding.help);
        let fingerprint = self.fingerprint(finding, file);
        self.all.push(Result {
            rule_id: finding.rule.clone(),
            rule_index: 0,
            level: level(finding.severity),
            message: Message::new(text),
            locations: vec![location(&place)],
            related_locations: related.into_iter().collect(),
            partial_fingerprints: BTreeMap::from([(FINGERPRINT, fingerprint)]),
            suppressions: suppression.into_iter().collect(),
        });
    }

    /// What stays the same when the print-out is made anew: rule and place, as in baselines. Equal ones are counted.
    fn fingerprint(&mut self, finding: &Finding, file: &CheckedFile) -> String {
        let folder = std::env::current_dir().unwrap_or_default();
        let Key { file, rule, place } = Key::new(file.path.as_deref(), finding, &folder);
        let key = format!("{rule}|{file}|{place}");
        let count = self.seen.entry(key.clone()).or_default();
        *count += 1;
        format!("{key}|{count}")
    }
}

/// The rules that results speak of, in order of their names; results get their index.
fn descriptors(rules: &RuleSet, results: &mut [Result]) -> Vec<ReportingDescriptor> {
    let mut names: Vec<String> = results.iter().map(|result| result.rule_id.clone()).collect();
    names.sort();
    names.dedup();
    for result in results {
        result.rule_index = names.iter().position(|name| *name == result.rule_id).unwrap_or(0);
    }
    let describe = |name: String| {
        let info = rules.infos().iter().find(|info| info.name == name);
        ReportingDescriptor {
            short_description: info.map(|info| Message::new(info.summary.clone())),
            full_description: info.map(|info| Message::new(info.identity.clone())),
            help: Message::new(format!("`jaxpeep explain {name}` tells more")),
            default_configuration: Configuration { level: "warning" },
            id: name,
        }
    };
    names.into_iter().map(describe).collect()
}

fn notification(error: &Diagnostic, place: Option<&Place>) -> Notification {
    let text = match &error.help {
        Some(help) => format!("{}\n{help}", error.message),
        None => error.message.clone(),
    };
    Notification {
        level: level(error.severity),
        message: Message::new(text),
        locations: place.map(location).into_iter().collect(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn location(place: &Place) -> Location {
    let region = place.start.map(|(start_line, start_column)| Region {
        start_line,
        start_column,
    });
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&place.file),
            },
            region,
        },
        message: None,
    }
}

/// A path as a reference: relative ones are seen from the root of the sources.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    } else if path.as_bytes().get(1) == Some(&b':') {
        out.push_str("file:///");
    }
    for byte in path.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&byte);
        if plain {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("dumps/loss.jaxpr"), "dumps/loss.jaxpr");
        assert_eq!(uri("/a b/ü.py"), "file:///a%20b/%C3%BC.py");
        assert_eq!(uri("C:\\x\\a.py"), "file:///C:/x/a.py");
        assert_eq!(uri("<string>"), "%3Cstring%3E");
    }
}
